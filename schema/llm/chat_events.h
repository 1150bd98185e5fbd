/* SPDX-License-Identifier: MIT */
/*
 * chat_events.h - a streamed chat completion, as the events of a response.
 *
 * Each item begins when the one before it has ended; the event that ends the
 * response comes by itself, when the stream has ended.
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
	int64_t sequence;  /* of the next event */
	int64_t index;	   /* of the item that is open, in the output */
	const char *kind;  /* of its text; "": a call; NULL: none is open */
	struct text call;  /* which of the calls it is: index or id */
	struct text said;  /* so far; the inside of a JSON string */
	struct text head;  /* of a call: its id and name, an object */
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
