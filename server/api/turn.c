/* SPDX-License-Identifier: MIT */
/* turn.c - a turn of a session with a model, from run to run. */
#include "server/api/turn.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory/continuation.h"
#include "core/memory/registry.h"
#include "core/store/change_feed.h"
#include "server/upstream/upstream.h"

/* The fields of the continuation; those of memories are beside them. */
#define STEP	   "turn.step"
#define COMPLETION "turn.completion"
#define SESSION	   "turn.session"
#define KNOWN	   "turn.known"
#define INPUT	   "turn.input"
#define MESSAGE	   "turn.message"

enum turn_step turn_step(const struct request *request, struct turn_facts *turn)
{
	const struct slice noted = request->continuation;

	*turn = (struct turn_facts){ 0 };
	if (request->next == NEXT_NONE)
		return TURN_BEGIN;
	turn->next = (enum turn_step)continuation_number(noted, STEP);
	if (turn->next != TURN_READ && turn->next != TURN_SAVE)
		return TURN_ASK;
	turn->kind =
		(enum completion_kind)continuation_number(noted, COMPLETION);
	turn->session = continuation_number(noted, SESSION);
	turn->known = continuation_number(noted, KNOWN);
	turn->input = continuation_number(noted, INPUT);
	return turn->next;
}

struct slice turn_message(const struct request *request)
{
	return continuation_find(request->continuation, MESSAGE);
}

void turn_note(struct reply *reply, const struct turn_facts *turn)
{
	struct text *out = &reply->continuation;

	continuation_put_number(out, STEP, turn->next);
	continuation_put_number(out, COMPLETION, turn->kind);
	continuation_put_number(out, SESSION, turn->session);
	continuation_put_number(out, KNOWN, turn->known);
	continuation_put_number(out, INPUT, turn->input);
}

void turn_wait(const struct request *request, struct reply *reply)
{
	reply->next = NEXT_LOCK;
	reply->lock =
		store_session_key(request->tenant, request_session(request));
}

int turn_load(const struct memory_scope *scope, const struct request *request,
	const struct session *session, struct text *variables,
	struct reply *reply, struct error *error)
{
	struct memory_continuation script = {
		.continuation = request->continuation,
	};
	struct memory_scope asking = *scope;
	struct text room = { 0 };
	int result = request_answer(request, &room, &script.answer, error);

	asking.script = &script;
	asking.writes = request->next == NEXT_WRITE;
	if (result == 0)
		result = memory_load(&asking, session, variables, error);
	if (result == MEMORY_AGAIN) {
		reply_ask(reply, scope->memories, &script);
	}
	memory_continuation_clear(&script);
	text_clear(&room);
	return result;
}

static int turn_read_message(const struct request *request,
	enum completion_kind kind, struct text *message, struct error *error)
{
	const struct turn_filter *filter =
		(const struct turn_filter *)request->filter;

	return filter != NULL
		       ? completion_message(&filter->completion, message, error)
		       : completion_read(kind,
				 text_view(&request->answer->body), message,
				 error);
}

/* What cannot be kept is no answer. */
static int turn_check_message(struct slice message, struct error *error)
{
	struct message_list list = { 0 };
	struct error why = { 0 };
	int result = message_parse(&list, message, "message", &why);

	message_list_clear(&list);
	if (result == 0)
		return 0;
	return error_set(error,
		why.code == ERROR_UNAVAILABLE ? why.code : ERROR_UPSTREAM,
		"the upstream answered what cannot be kept: %s", why.message);
}

static void turn_note_message(struct reply *reply,
	const struct turn_facts *turn, struct slice message)
{
	turn_note(reply, turn);
	continuation_put(&reply->continuation, MESSAGE, message);
}

int turn_read(const struct request *request, const struct turn_facts *turn,
	struct reply *reply, struct error *error)
{
	struct turn_facts read = *turn;
	struct text message = { 0 };
	struct error why = { 0 };
	int result = turn_read_message(request, turn->kind, &message, &why);

	read.next = TURN_SAVE;
	reply->next = NEXT_WRITE;
	if (result == 0)
		result = turn_check_message(text_view(&message), &why);
	if (result == 0)
		turn_note_message(reply, &read, text_view(&message));
	else if (why.code == ERROR_UPSTREAM)
		error_describe(error, why.code, "%s (status %d)", why.message,
			request->answer->status);
	else
		*error = why;
	text_clear(&message);
	return result;
}

int turn_find(struct store *store, const struct request *request,
	const struct turn_facts *turn, struct session *session,
	struct error *error)
{
	if (request_find(store, request, session, error))
		return -1;
	if (turn->session != 0 && session->id != turn->session)
		return error_set(error, ERROR_NOT_FOUND,
			"session \"%.*s\" ended during the turn",
			SLICE_SHORT(request_session(request)));
	return 0;
}

/* --- streams ---------------------------------------------------------- */

static struct turn_filter *turn_filter(struct stream_filter *filter)
{
	return (struct turn_filter *)(void *)filter;
}

static int turn_hand_on(void *context, const struct completion_event *event,
	struct error *error)
{
	struct turn_filter *filter = context;

	(void)error;
	if (!event->last)
		filter->hand_on(filter->out, event);
	return 0;
}

static void turn_begin(struct stream_filter *filter, struct text *out)
{
	(void)filter;
	(void)out;
}

static int turn_data(struct stream_filter *filter, struct slice bytes,
	struct text *out, struct error *error)
{
	struct turn_filter *self = turn_filter(filter);

	self->out = out;
	return completion_stream(&self->completion, bytes, error);
}

static void turn_free_filter(struct stream_filter *filter)
{
	completion_clear(&turn_filter(filter)->completion);
	free(turn_filter(filter));
}

int turn_stream(struct reply *reply, enum completion_kind kind,
	void (*write)(struct text *out, const struct completion_event *event),
	struct error *error)
{
	struct turn_filter *filter = calloc(1, sizeof(*filter));

	if (filter == NULL)
		return error_out_of_memory(error);
	*filter = (struct turn_filter){
		.filter = { turn_begin, turn_data, turn_free_filter },
		.hand_on = write,
		.completion = {
			.kind = kind,
			.visit = turn_hand_on,
			.context = filter,
		},
	};
	reply->call.filter = &filter->filter;
	return 0;
}
