/* SPDX-License-Identifier: MIT */
/*
 * join.h - messages of one form that follow each other become one.
 *
 * Contents, calls, parts and thoughts are those of both, in order; of all other
 * members the one message has the last.
 */
#ifndef SCHEMA_FORMS_JOIN_H
#define SCHEMA_FORMS_JOIN_H

#include "schema/text.h"

/* Appends one message of both, the second behind it; they are objects. */
void join_write(struct text *out, struct slice message, struct slice next);

/* The one message of so many, at least one. */
void join_elements(
	struct text *out, const struct slice *elements, size_t count);

#endif
