/* SPDX-License-Identifier: MIT */
/*
 * embedding.h - where the meaning of a text points to, and what is near.
 *
 * An embedding is an array of floats as this machine has them, in bytes that
 * may begin at any address.
 */
#ifndef CORE_MEMORY_EMBEDDING_H
#define CORE_MEMORY_EMBEDDING_H

#include "schema/text.h"

/* Appends the numbers of a JSON array of numbers. */
void embedding_read(struct text *out, struct slice array);

/*
 * The cosine of the angle between two, from -1 to 1; -2 where there is none,
 * since their lengths differ or one of them points nowhere.
 */
double embedding_closeness(struct slice a, struct slice b);

#endif
