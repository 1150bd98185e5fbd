/* SPDX-License-Identifier: MIT */
/*
 * chat_media.h - images, sounds and files of other APIs, as parts of chat
 * completions.
 */
#ifndef SCHEMA_FORMS_CHAT_MEDIA_H
#define SCHEMA_FORMS_CHAT_MEDIA_H

#include "schema/text.h"

/*
 * Appends a part with a medium: OpenAI's own as it is, Anthropic's, Gemini's
 * and LangChain's as OpenAI's.  Media that have no such part there, and those
 * of others than users, are named in a text: [audio].  False: the part has no
 * medium, and nothing was appended.
 */
bool chat_media_put(struct text *out, struct slice part, bool users);

/* Is it a medium as OpenAI has it? */
bool chat_media_is_openais(struct slice part);

/* Appends the part of an image that is base64 alone, as Ollama's are. */
void chat_media_put_base64(struct text *out, struct slice data);

#endif
