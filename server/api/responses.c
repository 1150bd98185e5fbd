/* SPDX-License-Identifier: MIT */
/*
 * responses.c - OpenAI's responses, with a conversation's history.
 *
 * The history goes before the input, and both it and the output are stored
 * when the model has answered.  A request without a conversation is handed on.
 */
#include <stdlib.h>

#include "core/memory/continuation.h"
#include "core/memory/run.h"
#include "schema/forms/parse.h"
#include "schema/json/value.h"
#include "schema/json/write.h"
#include "schema/llm/response.h"
#include "server/api/conversation.h"
#include "server/api/responses_body.h"
#include "server/api/responses_input.h"
#include "server/api/responses_stream.h"
#include "server/api/turn.h"
#include "server/upstream/upstream.h"

#define PATH   "/responses"
#define ANSWER "responses.answer" /* in the continuation, compact */
#define BASE   "responses.base"	  /* of its ids */

/* Bytes of an id, with quotes and a space. */
#define ID_MOST 80

/* A run of the handler, and what it needs to know. */
struct responses {
	struct turn_run turn;
	const struct responses_input *asked;
};

/* --- the question ------------------------------------------------------- */

static int responses_load(const struct responses *run, struct text *variables,
	struct error *error)
{
	const struct turn_run *turn = &run->turn;
	struct settings settings = { 0 };
	struct memory_scope scope = turn_scope(turn, &settings);
	int result =
		session_settings(turn->store, &turn->session, &settings, error);

	settings.return_messages = true;
	scope.verbatim = false;
	scope.form = form_named(SLICE("openai-items"));
	scope.window.paired = true;
	scope.window.following = &run->asked->items.list;
	scope.window.asked = run->asked->items.list.count == 0;
	if (result == 0)
		result = turn_load(turn, &scope, variables, error);
	settings_clear(&settings);
	return result;
}

/* The ids of the response; `base` was made when it was asked for. */
static struct response_own responses_own(
	const struct responses *run, struct slice base)
{
	const struct request *request = run->turn.request;

	return (struct response_own){
		.base = base,
		.conversation = request_session(request),
		.hides = !responses_body_asks_for_thoughts(request->body),
	};
}

static int responses_call(const struct responses *run, struct slice variables,
	struct error *error)
{
	const struct turn_run *turn = &run->turn;
	struct reply *reply = turn->reply;
	char base[SESSION_NAME_MADE];
	const struct slice made = { base, sizeof(base) };
	const struct response_own own = responses_own(run, made);

	if (session_make_name(base, error))
		return -1;
	reply->next = NEXT_CALL;
	reply->call.path = PATH;
	turn_note(turn, &(struct turn_facts){ .next = TURN_READ,
				.session = turn->session.id });
	continuation_put(&reply->continuation, BASE, made);
	responses_body_write(&reply->call.body, turn->request->body, variables,
		&run->asked->items.list);
	if (reply->call.body.failed)
		return error_out_of_memory(error);
	return run->asked->streams ? responses_stream(reply, &own, error) : 0;
}

static int responses_ask(struct responses *run, struct error *error)
{
	struct text variables = { 0 };
	int result = turn_find(&run->turn, error);

	if (result == 0)
		result = responses_load(run, &variables, error);
	if (result == 0)
		result = responses_call(run, text_view(&variables), error);
	text_clear(&variables);
	return result < 0 ? -1 : 0;
}

/* --- the answer --------------------------------------------------------- */

/* The items of the output, with the ids that they have here. */
struct responses_output {
	struct message_list list;
	struct text ids;
};

static void responses_clear_output(struct responses_output *output)
{
	message_list_clear(&output->list);
	text_clear(&output->ids);
}

static void responses_name_item(const struct response_own *own,
	struct message *item, int64_t index, struct text *ids)
{
	struct slice theirs = SLICE("null");
	const size_t begun = ids->length;

	json_find(item->body, "id", &theirs);
	response_own_id(ids, own, theirs, index);
	text_byte(ids, ' ');
	item->id = (struct slice){ ids->data + begun + 1,
		ids->length - begun - 3 };
	item->answer = true;
}

static int responses_read_output(struct responses_output *output,
	const struct response_own *own, struct slice response,
	struct error *error)
{
	struct message_list *list = &output->list;
	struct error why = { 0 };

	if (message_items_parse(
		    list, response_output(response), "output", &why))
		return error_set(error,
			why.code == ERROR_UNAVAILABLE ? why.code
						      : ERROR_UPSTREAM,
			"the upstream answered what cannot be kept: %s",
			why.message);
	/* So that no id moves. */
	if (text_reserve(&output->ids, (list->count + 1) * ID_MOST))
		return error_out_of_memory(error);
	for (size_t i = 0; i < list->count; i++)
		responses_name_item(
			own, &list->items[i], (int64_t)i, &output->ids);
	return 0;
}

/* An event has the response inside. */
static struct slice responses_inside(
	const struct responses *run, struct slice answer)
{
	struct slice response = SLICE("{}");

	if (run->turn.request->filter == NULL)
		return answer;
	json_find_kind(answer, "response", JSON_KIND_OBJECT, &response);
	return response;
}

/*
 * Reads the answer: a response, or the event with one that ended its stream;
 * empty: it ended with a failure.
 */
static int responses_read_answer(
	const struct responses *run, struct text *answer, struct error *error)
{
	const struct request *request = run->turn.request;
	struct slice event;

	if (request->filter == NULL)
		return response_read(
			text_view(&request->answer->body), answer, error);
	if (responses_stream_end(request, &event, error))
		return -1;
	text_slice(answer, event);
	return answer->failed ? error_out_of_memory(error) : 0;
}

/* Notes it for the run in the batch; of what has failed nothing is kept. */
static void responses_note_answer(const struct responses *run,
	const struct response_own *own, struct slice answer)
{
	const struct turn_run *turn = &run->turn;
	struct reply *reply = turn->reply;
	struct turn_facts facts = turn->noted;

	if (answer.length == 0 ||
		!response_is_kept(responses_inside(run, answer))) {
		reply->status = 200;
		if (turn->request->filter == NULL)
			response_own_write(&reply->body, own, answer);
		return;
	}
	facts.next = TURN_SAVE;
	reply->next = NEXT_WRITE;
	turn_note(turn, &facts);
	continuation_put(&reply->continuation, BASE,
		continuation_find(turn->request->continuation, BASE));
	continuation_put(&reply->continuation, ANSWER, answer);
}

static int responses_read(const struct responses *run, struct error *error)
{
	const struct response_own own = responses_own(
		run, continuation_find(run->turn.request->continuation, BASE));
	struct responses_output output = { .list = { 0 } };
	struct text answer = { 0 };
	int result = responses_read_answer(run, &answer, error);

	if (result == 0 && answer.length > 0)
		result = responses_read_output(&output, &own,
			responses_inside(run, text_view(&answer)), error);
	if (result == 0)
		responses_note_answer(run, &own, text_view(&answer));
	responses_clear_output(&output);
	text_clear(&answer);
	return result;
}

/* --- what is stored ----------------------------------------------------- */

/* Input and output, in this order. */
static int responses_join(const struct responses *run,
	const struct responses_output *output, struct message_list *list,
	struct error *error)
{
	const struct message_list *parts[] = { &run->asked->items.list,
		&output->list };

	for (size_t part = 0; part < 2; part++)
		for (size_t i = 0; i < parts[part]->count; i++)
			if (message_list_push(
				    list, &parts[part]->items[i], error))
				return -1;
	return 0;
}

/* A request that comes again gets the beginning and the end of a stream. */
static void responses_tell(const struct responses *run,
	const struct response_own *own, struct slice answer)
{
	struct reply *reply = run->turn.reply;
	struct text first = { 0 };

	reply->status = 200;
	if (run->turn.request->filter == NULL) {
		response_own_write(&reply->body, own, answer);
		return;
	}
	json_begin_object(&first);
	json_member_string(&first, "type", SLICE("response.created"));
	json_member_number(&first, "sequence_number", 0);
	json_member(&first, "response", responses_inside(run, answer));
	json_end_object(&first);
	reply->body.failed |= first.failed;
	if (!first.failed)
		responses_stream_write(&reply->body, own, text_view(&first));
	responses_stream_write(&reply->ending, own, answer);
	text_slice(&reply->body, text_view(&reply->ending));
	text_clear(&first);
}

static int responses_save(struct responses *run, struct error *error)
{
	struct turn_run *turn = &run->turn;
	const struct slice noted = turn->request->continuation;
	const struct slice answer = continuation_find(noted, ANSWER);
	const struct response_own own =
		responses_own(run, continuation_find(noted, BASE));
	struct responses_output output = { .list = { 0 } };
	struct message_list list = { 0 };
	int result = turn_find(turn, error);

	if (result == 0)
		result = responses_read_output(
			&output, &own, responses_inside(run, answer), error);
	if (result == 0)
		result = responses_join(run, &output, &list, error);
	if (result == 0)
		result = turn_append(turn, &list, error);
	if (result == 0) {
		reply_etag(turn->reply, &turn->session);
		responses_tell(run, &own, answer);
		result = reply_reflect(turn->store, turn->request,
			&turn->session, turn->reply, error);
	}
	message_list_clear(&list);
	responses_clear_output(&output);
	return result;
}

/* --- without a conversation --------------------------------------------- */

static int responses_pass_on(const struct request *request,
	const struct responses *run, struct reply *reply, struct error *error)
{
	const char *name = request_sessions_header(request);

	if (name != NULL)
		return error_set(
			error, ERROR_INVALID, "%s needs a conversation", name);
	if (request_pass_on(request, PATH, run->asked->streams, reply, error))
		return -1;
	if (request->next == NEXT_NONE) {
		reply->call.body.length = 0;
		responses_body_hand_on(&reply->call.body, request->body);
	}
	return 0;
}

int api_responses_post(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct responses run = {
		.turn = { .store = store, .request = request, .reply = reply },
		.asked = request_input(request),
	};
	struct session session;

	if (request->session.data == NULL)
		return responses_pass_on(request, &run, reply, error);
	switch (turn_step(&run.turn)) {
	case TURN_READ:
		return responses_read(&run, error);
	case TURN_SAVE:
		return responses_save(&run, error);
	case TURN_ASK:
		return responses_ask(&run, error);
	case TURN_BEGIN:
		break;
	}
	if (conversation_find(store, request, &session, error))
		return -1;
	return turn_arrive(&run.turn, error);
}
