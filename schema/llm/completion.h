/* SPDX-License-Identifier: MIT */
/*
 * completion.h - what a model server answers, whole or as a stream.
 *
 * Two kinds: a chat completion's first choice is a message, a completion's is
 * a text.  An answer that cannot be read is ERROR_UPSTREAM, which quotes it.
 */
#ifndef SCHEMA_LLM_COMPLETION_H
#define SCHEMA_LLM_COMPLETION_H

#include "schema/json/delta.h"
#include "schema/json/scan.h"
#include "schema/llm/sse.h"

enum completion_kind { COMPLETION_CHAT, COMPLETION_TEXT };

/*
 * Appends the answer's message, an assistant's in OpenAI's form, as it came
 * but for white space.  A text becomes the content of a message.
 */
int completion_read(enum completion_kind kind, struct slice answer,
	struct text *message, struct error *error);

/* The content of such a message, a JSON string; `""` if it is none. */
struct slice completion_content(struct slice message);

/*
 * Appends what it says, a JSON string: its content, the text of all parts where
 * it has some, or its refusal where there is no text.
 */
void completion_write_said(struct text *out, struct slice message);

/* An event of a stream. */
struct completion_event {
	struct slice data;  /* as it came */
	struct slice delta; /* of the content, a JSON string; empty: none */
	bool last;	    /* [DONE]; `data` is this */
};

/* A stream that is being read.  `kind` is the caller's to set, the rest {0}. */
struct completion {
	enum completion_kind kind;
	/* Gets each event; -1 ends the reading. */
	int (*visit)(void *context, const struct completion_event *event,
		struct error *error);
	void *context;
	struct sse sse;
	struct json_scratch scratch;
	struct text buf;       /* the event that is being looked at */
	struct json_delta sum; /* of the chunks */
	bool finished;	       /* the choice has a reason to end */
	bool done;	       /* [DONE]: what follows is not read */
};

/* Reads some more bytes of it. */
int completion_stream(
	struct completion *completion, struct slice bytes, struct error *error);

/*
 * The stream has ended: appends the message, as completion_read() does.
 * ERROR_UPSTREAM if it was cut off before.
 */
int completion_message(const struct completion *completion,
	struct text *message, struct error *error);

/*
 * Appends the whole stream as one chunk, to be read as the stream was: what
 * another reader gets who comes later.
 */
void completion_write_chunk(
	struct text *out, const struct completion *completion);

void completion_clear(struct completion *completion);

#endif
