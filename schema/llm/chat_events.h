/* SPDX-License-Identifier: MIT */
/*
 * chat_events.h - a streamed chat completion, as the events of a response.
 *
 * The event that ends the response comes by itself, when the stream has ended.
 */
#ifndef SCHEMA_LLM_CHAT_EVENTS_H
#define SCHEMA_LLM_CHAT_EVENTS_H

#include "schema/llm/chat_response.h"
#include "schema/llm/completion.h"

/* `visit`, `context` and `request` are the caller's to set, the rest {0}. */
struct chat_events {
	/* Gets each event, valid and compact JSON; -1 ends the reading. */
	int (*visit)(void *context, struct slice event, struct error *error);
	void *context;
	struct text request; /* at /responses */
	struct completion completion;
	struct text model, created, finish, usage;
	struct chat_items items;
	int64_t sequence;  /* of the next event */
	struct text event; /* that is being written */
	bool begun;
};

/* Reads some more bytes. */
int chat_events_read(
	struct chat_events *events, struct slice bytes, struct error *error);

/*
 * The stream has ended: appends the event that ends the response.
 * ERROR_UPSTREAM: it was cut off.
 */
int chat_events_end(const struct chat_events *events, struct text *event,
	struct error *error);

void chat_events_clear(struct chat_events *events);

#endif
