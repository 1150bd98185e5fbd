/* SPDX-License-Identifier: MIT */
/*
 * turn.h - a turn of a session with a model: what the ways to ask for one
 * have in common.
 *
 * Its handler runs at least four times: `begin` looks at what was asked for,
 * `ask` makes the question when the turn has come, `read` takes the answer
 * apart, and `save` stores both in a batch.  It is the session that the turn
 * began with that gets them, or nobody.
 */
#ifndef SERVER_API_TURN_H
#define SERVER_API_TURN_H

#include "schema/llm/completion.h"
#include "server/api/handlers.h"
#include "server/api/stream_filter.h"

enum turn_step { TURN_BEGIN, TURN_ASK, TURN_READ, TURN_SAVE };

/* What later runs must know, beside the answer and what a memory asks. */
struct turn_facts {
	enum turn_step next;
	enum completion_kind kind; /* of the answer */
	int64_t session;	   /* that it began with; 0: there was none */
	int64_t known; /* messages of the request that it had already */
	int64_t input; /* which of the request's values is the input */
};

/* Which run this is; *turn is what the run before has noted. */
enum turn_step turn_step(
	const struct request *request, struct turn_facts *turn);

/* The model's message, which turn_read() has noted. */
struct slice turn_message(const struct request *request);

/* Asks for the session's turn. */
void turn_wait(const struct request *request, struct reply *reply);

/* Notes it for the next run, in the reply's continuation. */
void turn_note(struct reply *reply, const struct turn_facts *turn);

/*
 * Loads the session's memory.  A class may have something to ask first: then
 * the reply hops and the result is 1; the run comes again, at TURN_ASK.
 */
struct memory_scope;
int turn_load(const struct memory_scope *scope, const struct request *request,
	const struct session *session, struct text *variables,
	struct reply *reply, struct error *error);

/*
 * After the answer: the message is read, from the answer or from what the
 * filter gathered, and carried into the writer's batch.
 */
int turn_read(const struct request *request, const struct turn_facts *turn,
	struct reply *reply, struct error *error);

/* Finds the session again: ERROR_NOT_FOUND if it is not the same any more. */
int turn_find(struct store *store, const struct request *request,
	const struct turn_facts *turn, struct session *session,
	struct error *error);

/* A stream that is gathered while it is handed on. */
struct turn_filter {
	struct stream_filter filter;
	struct completion completion;
	/* Hands an event on; the last one waits for the commit. */
	void (*hand_on)(struct text *out, const struct completion_event *event);
	struct text *out; /* of the bytes that are being read */
};

/* The reply's call streams through a new one. */
int turn_stream(struct reply *reply, enum completion_kind kind,
	void (*write)(struct text *out, const struct completion_event *event),
	struct error *error);

#endif
