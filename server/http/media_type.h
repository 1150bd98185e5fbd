/* SPDX-License-Identifier: MIT */
/* media_type.h - types and encodings that a body is declared as. */
#ifndef SERVER_HTTP_MEDIA_TYPE_H
#define SERVER_HTTP_MEDIA_TYPE_H

#include <stdbool.h>

#include "schema/text.h"

/* The same word, whatever the case of its letters. */
bool media_type_is(struct slice text, const char *name);

/*
 * Accepts JSON by any of its names, no type, and the types that curl -d and
 * JavaScript's fetch() of a string send by default; with `lines` also those of
 * JSON in lines.
 */
bool media_type_is_json(struct slice type, bool lines);

#endif
