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
/* Sends what is said of items; the context is a struct chat_events. */
extern const struct chat_items_watch chat_events_watch;

#endif
