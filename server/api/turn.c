/* SPDX-License-Identifier: MIT */
/* turn.c - a turn of a session with a model, from run to run. */
#include "server/api/turn.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory/continuation.h"
#include "core/memory/run.h"
#include "core/store/change_feed.h"
#include "core/store/quota.h"
#include "schema/forms/parse.h"
#include "server/upstream/upstream.h"

/* The fields of the continuation; those of memories are beside them. */
#define STEP	   "turn.step"
#define COMPLETION "turn.completion"
#define SESSION	   "turn.session"
#define ARRIVED_IN "turn.arrived-in"
#define ARRIVED	   "turn.arrived"
#define LEADING	   "turn.leading"
#define KNOWN	   "turn.known"
#define CUT_FIRST  "turn.cut-first"
#define CUT_LAST   "turn.cut-last"
#define SHORTENS   "turn.shortens"
#define INPUT	   "turn.input"
#define MESSAGE	   "turn.message"

static void turn_read_overlap(
	struct slice noted, struct history_overlap *overlap)
{
	overlap->leading = (size_t)continuation_number(noted, LEADING);
	overlap->known = (size_t)continuation_number(noted, KNOWN);
	overlap->archived = (struct seq_range){
		continuation_number(noted, CUT_FIRST),
		continuation_number(noted, CUT_LAST),
	};
	overlap->shortens = continuation_number(noted, SHORTENS) != 0;
}

static void turn_note_overlap(
	struct text *out, const struct history_overlap *overlap)
{
	continuation_put_number(out, LEADING, (int64_t)overlap->leading);
	continuation_put_number(out, KNOWN, (int64_t)overlap->known);
	continuation_put_number(out, CUT_FIRST, overlap->archived.first);
	continuation_put_number(out, CUT_LAST, overlap->archived.last);
	continuation_put_number(out, SHORTENS, overlap->shortens);
}

static void turn_note_arrival(
	struct text *out, const struct turn_arrival *arrival)
{
	continuation_put_number(out, ARRIVED_IN, arrival->session);
	continuation_put_number(out, ARRIVED, arrival->last_seq);
}

enum turn_step turn_step(struct turn_run *turn)
{
	const struct slice noted = turn->request->continuation;
	struct turn_facts *facts = &turn->noted;

	*facts = (struct turn_facts){ 0 };
	if (turn->request->next == NEXT_NONE)
		return TURN_BEGIN;
	facts->arrival.session = continuation_number(noted, ARRIVED_IN);
	facts->arrival.last_seq = continuation_number(noted, ARRIVED);
	facts->next = (enum turn_step)continuation_number(noted, STEP);
	if (facts->next != TURN_READ && facts->next != TURN_SAVE)
		return TURN_ASK;
	facts->kind =
		(enum completion_kind)continuation_number(noted, COMPLETION);
	facts->session = continuation_number(noted, SESSION);
	turn_read_overlap(noted, &facts->overlap);
	facts->input = continuation_number(noted, INPUT);
	return facts->next;
}

struct slice turn_message(const struct turn_run *turn)
{
	return continuation_find(turn->request->continuation, MESSAGE);
}

void turn_note(const struct turn_run *turn, const struct turn_facts *facts)
{
	struct text *out = &turn->reply->continuation;

	continuation_put_number(out, STEP, facts->next);
	continuation_put_number(out, COMPLETION, facts->kind);
	continuation_put_number(out, SESSION, facts->session);
	turn_note_arrival(out, &facts->arrival);
	turn_note_overlap(out, &facts->overlap);
	continuation_put_number(out, INPUT, facts->input);
}

void turn_wait(const struct turn_run *turn)
{
	const struct request *request = turn->request;

	turn->reply->next = NEXT_LOCK;
	turn->reply->lock = store_session_key(request_ref(request));
}

int turn_arrive(struct turn_run *turn, struct error *error)
{
	if (request_find(turn->store, turn->request, &turn->session, error))
		return -1;
	turn_note_arrival(&turn->reply->continuation,
		&(struct turn_arrival){
			turn->session.id, turn->session.last_seq });
	turn_wait(turn);
	return 0;
}

int64_t turn_arrived(const struct turn_run *turn)
{
	const struct turn_arrival *arrival = &turn->noted.arrival;

	return arrival->session == turn->session.id ? arrival->last_seq : 0;
}

int turn_find(struct turn_run *turn, struct error *error)
{
	const int64_t began = turn->noted.session;

	if (request_find(turn->store, turn->request, &turn->session, error) ||
		store_quota_check(turn->store, turn->request->tenant, 2, error))
		return -1;
	if (began != 0 && turn->session.id != began)
		return error_set(error, ERROR_NOT_FOUND,
			"session \"%.*s\" ended during the turn",
			SLICE_SHORT(request_session(turn->request)));
	return 0;
}

int turn_append(struct turn_run *turn, struct session_ref ref,
	const struct message_list *list, struct error *error)
{
	struct history_edit edit = { .ref = ref, .now = turn->request->now };
	int result;

	edit.appended = calloc(list->count + 1, sizeof(*edit.appended));
	if (edit.appended == NULL)
		return error_out_of_memory(error);
	result = history_append(turn->store, &edit, list, error);
	turn->session = edit.session;
	free(edit.appended);
	return result;
}

struct memory_scope turn_scope(
	const struct turn_run *turn, const struct settings *settings)
{
	const struct request *request = turn->request;

	return (struct memory_scope){
		.store = turn->store,
		.memories = request->memories,
		.ref = request_ref(request),
		.settings = settings,
		.window = WINDOW_NONE,
		.max_bytes = MEMORY_LOAD_MAX,
		.verbatim = true,
		.now = request->now,
	};
}

int turn_load(const struct turn_run *turn, const struct memory_scope *scope,
	struct text *variables, struct error *error)
{
	struct llm_replay replay = {
		.continuation = turn->request->continuation,
	};
	struct memory_scope asking = *scope;
	struct text buf = { 0 };
	int result = request_answer(turn->request, &buf, &replay.answer, error);

	asking.replay = &replay;
	asking.writes = turn->request->next == NEXT_WRITE;
	if (result == 0)
		result = memory_load(&asking, &turn->session, variables, error);
	if (result == MEMORY_AGAIN) {
		reply_ask(turn->reply, scope->memories, &replay);
		turn_note_arrival(
			&turn->reply->continuation, &turn->noted.arrival);
	}
	llm_replay_clear(&replay);
	text_clear(&buf);
	return result;
}

/* --- the answer ------------------------------------------------------- */

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

/* Refuses a message that cannot be kept. */
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

static void turn_note_message(const struct turn_run *turn, struct slice message)
{
	struct turn_facts facts = turn->noted;

	facts.next = TURN_SAVE;
	turn_note(turn, &facts);
	continuation_put(&turn->reply->continuation, MESSAGE, message);
}

int turn_read(const struct turn_run *turn, struct error *error)
{
	const struct request *request = turn->request;
	struct text message = { 0 };
	struct error why = { 0 };
	int result =
		turn_read_message(request, turn->noted.kind, &message, &why);

	turn->reply->next = NEXT_WRITE;
	if (result == 0)
		result = turn_check_message(text_view(&message), &why);
	if (result == 0)
		turn_note_message(turn, text_view(&message));
	else if (why.code == ERROR_UPSTREAM)
		error_describe(error, why.code, "%s (status %d)", why.message,
			request->answer->status);
	else
		*error = why;
	text_clear(&message);
	return result;
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

int turn_stream(const struct turn_run *turn, enum completion_kind kind,
	void (*write)(struct text *out, const struct completion_event *event),
	struct error *error)
{
	struct turn_filter *filter = calloc(1, sizeof(*filter));

	if (filter == NULL)
		return error_out_of_memory(error);
	*filter = (struct turn_filter){
		.filter = { .begin = turn_begin,
			.data = turn_data,
			.free = turn_free_filter },
		.hand_on = write,
		.completion = {
			.kind = kind,
			.visit = turn_hand_on,
			.context = filter,
		},
	};
	turn->reply->call.filter = &filter->filter;
	return 0;
}
