/* SPDX-License-Identifier: MIT */
/* chat_events_parts.h - what the files of chat_events share. */
#ifndef SCHEMA_LLM_CHAT_EVENTS_PARTS_H
#define SCHEMA_LLM_CHAT_EVENTS_PARTS_H

#include "schema/llm/chat_events.h"

/* Begins an event: {"type":"response.TYPE","sequence_number":N */
void chat_events_put_head(struct text *out, const char *type, int64_t sequence);
/* The response as far as it is known, without output. */
struct chat_response chat_events_response(const struct chat_events *events);

/* Sends what begins the response, once. */
int chat_events_start(struct chat_events *events, struct error *error);
/* Ends the item that is open, if one is, and begins one of this kind. */
int chat_events_open(
	struct chat_events *events, const char *kind, struct error *error);
/* Adds to it; a JSON string. */
int chat_events_say(
	struct chat_events *events, struct slice delta, struct error *error);
int chat_events_close(struct chat_events *events, struct error *error);
/* Is the open item a call? */
bool chat_events_is_call(const struct chat_events *events);

#endif
