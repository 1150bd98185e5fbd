/* SPDX-License-Identifier: MIT */
/*
 * media.h - images, sounds and files in a message.
 *
 * Every API has parts of its own: OpenAI's image_url, Anthropic's image with
 * a source, Gemini's inline_data, LangChain's standard blocks.  They are
 * media by their type, or by a member; and a string is, if it is a data: URL.
 */
#ifndef SCHEMA_MESSAGE_MEDIA_H
#define SCHEMA_MESSAGE_MEDIA_H

#include "schema/text.h"

enum media_kind { MEDIA_NONE, MEDIA_IMAGE, MEDIA_AUDIO, MEDIA_FILE };

/* Of an object or a string; MEDIA_NONE of any other value. */
enum media_kind media_of(struct slice value);

/*
 * Appends the value with each of its media as the string "[image]", "[audio]"
 * or "[file]", or as null if it is not `named`.  Returns how many there were.
 */
size_t media_write_without(struct text *out, struct slice value, bool named);

#endif
