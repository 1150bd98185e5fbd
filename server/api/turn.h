/* SPDX-License-Identifier: MIT */
/*
 * turn.h - a turn of a session with a model: what the ways to ask for one
 * have in common.
 *
 * Its handler runs at least four times: `begin` looks at what was asked for,
 * `ask` makes the question when the session's lock is held, `read` takes the
 * answer apart, and `save` stores both in a batch.  Only the session that the
 * turn began with gets them.
 */
#ifndef SERVER_API_TURN_H
#define SERVER_API_TURN_H

#include "core/history/history.h"
#include "schema/llm/completion.h"
#include "server/api/handlers.h"
#include "server/api/stream_filter.h"

enum turn_step { TURN_BEGIN, TURN_ASK, TURN_READ, TURN_SAVE };

/* The session as it was when the request arrived. */
struct turn_arrival {
	int64_t session; /* 0: there was none */
	int64_t last_seq;
};

/*
 * The facts that later runs must know, beside the answer and what a memory
 * asks.
 */
struct turn_facts {
	enum turn_step next;
	enum completion_kind kind; /* of the answer */
	int64_t session;	   /* that it began with; 0: there was none */
	struct turn_arrival arrival;
	struct history_overlap overlap;
	int64_t input; /* which of the request's values is the input */
};

/* A run of such a handler: what it was given, and what it finds. */
struct turn_run {
	struct store *store;
	const struct request *request;
	struct reply *reply;
	struct turn_facts noted; /* by the run before */
	struct session session;	 /* of turn_find(); id 0: none */
};

/* Tells which run this is, and fills `noted`. */
enum turn_step turn_step(struct turn_run *turn);

/* The model's message, which turn_read() has noted. */
struct slice turn_message(const struct turn_run *turn);

/* Asks for the session's lock, and notes the arrival for the next run. */
int turn_arrive(struct turn_run *turn, struct error *error);

/* The same, without. */
void turn_wait(const struct turn_run *turn);

/* The last seq that the session had then; 0 if it is another one now. */
int64_t turn_arrived(const struct turn_run *turn);

/* Notes facts for the next run, in the reply's continuation. */
void turn_note(const struct turn_run *turn, const struct turn_facts *facts);

/* Finds the session: ERROR_NOT_FOUND if it is not the one that was noted. */
int turn_find(struct turn_run *turn, struct error *error);

/* Finds what of the request is new, by the rule of overlap.h. */
int turn_compare(const struct turn_run *turn, const struct message_list *list,
	struct history_overlap *overlap, struct error *error);

/*
 * Chooses the messages to store, by the overlap that was noted: the system
 * messages that a request begins with are for the model alone, but for those of
 * a session that begins.
 */
int turn_choose(const struct turn_run *turn, const struct message_list *all,
	struct message_list *chosen, struct error *error);

/* Archives what the client has gone back over. */
int turn_archive(struct turn_run *turn, struct error *error);

/*
 * Appends the messages, which the turn comes to, to the session of this name;
 * `session` is as it is then.
 */
int turn_append(struct turn_run *turn, struct session_ref ref,
	const struct message_list *list, struct error *error);

/* The memory of the session, with these settings. */
struct memory_scope;
struct memory_scope turn_scope(
	const struct turn_run *turn, const struct settings *settings);

/*
 * Loads the session's memory.  A class may have something to ask first: then
 * the reply asks for a next run and the result is 1; that run is at TURN_ASK.
 */
int turn_load(const struct turn_run *turn, const struct memory_scope *scope,
	struct text *variables, struct error *error);

/*
 * After the answer: the message is read, from the answer or from what the
 * filter gathered, and noted for the run in the writer's batch.
 */
int turn_read(const struct turn_run *turn, struct error *error);

/* A stream that is gathered while it is handed on. */
struct turn_filter {
	struct stream_filter filter;
	struct completion completion;
	/* Hands an event on; the last one waits for the commit. */
	void (*hand_on)(struct text *out, const struct completion_event *event);
	struct text *out; /* of the bytes that are being read */
};

/* The reply's call streams through a new one. */
int turn_stream(const struct turn_run *turn, enum completion_kind kind,
	void (*write)(struct text *out, const struct completion_event *event),
	struct error *error);

#endif
