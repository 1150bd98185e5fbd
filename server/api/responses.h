/* SPDX-License-Identifier: MIT */
/*
 * responses.h - a request for a response, and what it goes on from.
 *
 * That is a conversation, an earlier response, or nothing.  An earlier one that
 * was asked for alone becomes a session of its name when another goes on from
 * it, the newest of such a chain is gone on from in its session, and any other
 * in a fork.
 */
#ifndef SERVER_API_RESPONSES_H
#define SERVER_API_RESPONSES_H

#include "core/store/response.h"
#include "schema/llm/response_own.h"
#include "server/api/responses_input.h"
#include "server/api/turn.h"

/* The items of the input, those that it refers to among them. */
struct responses_given {
	const struct message_list *list;
	struct slice items; /* a JSON array of them */
	struct message_list own;
	struct text made;
};

/* A run of the handler, and what it needs to know. */
struct responses {
	struct turn_run turn;
	const struct responses_input *asked;
	struct responses_given given; /* of responses_give() */
	/* The history before it, whose turn.session is found with it. */
	struct session_ref ref;		/* name NULL: no session's history */
	struct store_response previous; /* id 0: none; to be cleared */
	/* Of what it gives with the history, where it compares. */
	struct history_overlap overlap;
};

/* The items of an answer's output, with the ids that they have here. */
struct responses_output {
	struct message_list list;
	struct text ids;
};
/* Reads it; to be cleared, also after a failure. */
int responses_read_output(struct responses_output *output,
	const struct response_own *own, struct slice response,
	struct error *error);
void responses_clear_output(struct responses_output *output);

/* In the continuation of the run that asks: */
#define RESPONSES_BASE "responses.base" /* of the ids */
#define RESPONSES_CHAT "responses.chat" /* 1: it asks for a chat completion */

/* The ids of the response; `base` was made when it was asked for. */
struct response_own responses_own(
	const struct responses *run, struct slice base);
/* Replies with the call to the model's server, or with what comes before. */
int responses_ask(struct responses *run, struct error *error);

/* Does it name an earlier response? */
bool responses_goes_on(const struct responses *run);

/*
 * Finds what it goes on from.  ERROR_NOT_FOUND, ERROR_PREVIOUS_RESPONSE;
 * ERROR_QUOTA.
 */
int responses_find(struct responses *run, struct error *error);

/*
 * Fills `given`, to be cleared; comes after responses_find().  An item that it
 * refers to is left out where the history has it.  ERROR_NOT_FOUND.
 */
int responses_give(struct responses *run, struct error *error);
/* Appends the array of the items alone. */
int responses_resolve(
	const struct responses *run, struct text *out, struct error *error);

/*
 * Loads the memory of what it goes on from, an object of memory variables; as
 * turn_load().
 */
int responses_load(const struct responses *run, struct text *variables,
	struct error *error);

/* Stores input and output, and keeps the response. */
int responses_store(struct responses *run, const struct response_own *own,
	struct slice response, struct error *error);

#endif
