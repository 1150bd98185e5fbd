/* SPDX-License-Identifier: MIT */
/* chat_parts.h - parts of content, as chat completions have them. */
#ifndef SCHEMA_FORMS_CHAT_PARTS_H
#define SCHEMA_FORMS_CHAT_PARTS_H

#include "schema/text.h"

/* Appends a part of text, which is a JSON string. */
void chat_parts_put_text(struct text *out, struct slice text);
/* Appends a part of an image, whose URL is a JSON string. */
void chat_parts_put_image(struct text *out, struct slice url);
/*
 * Appends the text of parts as one JSON string, a line each: of a part that has
 * no text its JSON.
 */
void chat_parts_put_lines(struct text *out, struct slice parts);

#endif
