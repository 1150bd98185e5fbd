/* SPDX-License-Identifier: MIT */
/*
 * completions.c - OpenAI's chat completions, with the memory of a session.
 *
 * A request that names no session is handed on as it is.  For one that does,
 * the session's history is put before its messages, and those that are new are
 * stored with the answer.  Of all else only our member of metadata is changed.
 */
#include <stdlib.h>

#include "core/chain/chain.h"
#include "core/memory/run.h"
#include "schema/forms/parse.h"
#include "schema/json/write.h"
#include "server/api/completions_body.h"
#include "server/api/completions_input.h"
#include "server/api/input.h"
#include "server/api/turn.h"
#include "server/upstream/upstream.h"

#define PATH "/chat/completions"

/* A run of the handler, and what it needs to know. */
struct completions {
	struct turn_run turn;
	const struct completions_input *asked;
};

/* --- the question ----------------------------------------------------- */

/*
 * Writes the newest message that says something, as the input that a class
 * reads.
 */
static void completions_write_inputs(struct text *out,
	const struct completions *run, const struct settings *settings)
{
	struct slice content;

	for (size_t i = run->asked->list.count; i > 0; i--) {
		content =
			completion_content(run->asked->list.items[i - 1].body);
		if (slice_is(content, "\"\""))
			continue;
		json_begin_object(out);
		json_put_string(out, settings->has_input_key
					     ? text_view(&settings->input_key)
					     : SLICE("input"));
		text_string(out, ":");
		json_put(out, content);
		json_end_object(out);
		return;
	}
}

static int completions_load(const struct completions *run,
	const struct question *question, struct text *variables,
	struct error *error)
{
	const struct turn_run *turn = &run->turn;
	struct settings settings = { 0 };
	struct text inputs = { 0 };
	struct memory_scope scope = turn_scope(turn, &settings);
	int result =
		session_settings(turn->store, &turn->session, &settings, error);

	settings.return_messages = true;
	completions_write_inputs(&inputs, run, &settings);
	scope.inputs = text_view(&inputs);
	scope.window.paired = true;
	scope.window.following = question->list;
	scope.window.following_first = question->overlap.known;
	scope.window.asked = question->overlap.known == question->list->count;
	if (question->overlap.archived.last > 0)
		scope.before = question->overlap.archived.first;
	if (question->overlap.leading > 0)
		scope.window.keep_system = 0;
	if (result == 0 && inputs.failed)
		result = error_out_of_memory(error);
	if (result == 0)
		result = turn_load(turn, &scope, variables, error);
	settings_clear(&settings);
	text_clear(&inputs);
	return result;
}

/* Hands the stream on as it came, event by event. */
static void completions_hand_on(
	struct text *out, const struct completion_event *event)
{
	sse_write(out, NULL, event->data);
}

static int completions_put_question(const struct completions *run,
	const struct question *question, struct error *error)
{
	struct reply *reply = run->turn.reply;
	const struct turn_facts facts = {
		.next = TURN_READ,
		.kind = COMPLETION_CHAT,
		.session = run->turn.session.id,
		.overlap = question->overlap,
	};

	reply->next = NEXT_CALL;
	reply->call.path = PATH;
	turn_note(&run->turn, &facts);
	if (completions_body_write(question, &reply->call.body, error))
		return -1;
	return run->asked->streams ? turn_stream(&run->turn, COMPLETION_CHAT,
					     completions_hand_on, error)
				   : 0;
}

static int completions_ask(struct completions *run, struct error *error)
{
	struct turn_run *turn = &run->turn;
	struct question question = {
		.body = turn->request->body,
		.list = &run->asked->list,
		.put_history = chain_history,
		.put = json_put,
	};
	struct text variables = { 0 };
	int result;

	if (turn_find(turn, error) ||
		turn_compare(turn, question.list, &question.overlap, error))
		return -1;
	result = completions_load(run, &question, &variables, error);
	question.variables = text_view(&variables);
	if (result == 0)
		result = completions_put_question(run, &question, error);
	text_clear(&variables);
	return result < 0 ? -1 : 0;
}

/* --- what is stored --------------------------------------------------- */

static int completions_choose(const struct completions *run,
	struct message_list *list, struct error *error)
{
	const struct turn_run *turn = &run->turn;

	if (turn_choose(turn, &run->asked->list, list, error))
		return -1;
	if (message_parse(list, turn_message(turn), "the answer", error))
		return -1;
	list->items[list->count - 1].answer = true;
	return 0;
}

static int completions_answer(
	const struct request *request, struct reply *reply, struct error *error)
{
	const struct turn_filter *filter =
		(const struct turn_filter *)request->filter;

	reply->status = 200;
	if (filter == NULL) {
		text_slice(&reply->body, text_view(&request->answer->body));
	} else {
		struct text chunk = { 0 };

		completion_write_chunk(&chunk, &filter->completion);
		if (!chunk.failed)
			sse_write(&reply->body, NULL, text_view(&chunk));
		reply->body.failed = reply->body.failed || chunk.failed;
		text_clear(&chunk);
		sse_write(&reply->ending, NULL, SLICE("[DONE]"));
		text_slice(&reply->body, text_view(&reply->ending));
	}
	return reply_is_short(reply) ? error_out_of_memory(error) : 0;
}

static int completions_save(struct completions *run, struct error *error)
{
	struct turn_run *turn = &run->turn;
	struct message_list list = { 0 };
	int result = turn_find(turn, error);

	if (result == 0)
		result = completions_choose(run, &list, error);
	if (result == 0)
		result = turn_archive(turn, error);
	if (result == 0)
		result = turn_append(
			turn, request_ref(turn->request), &list, error);
	if (result == 0) {
		reply_etag(turn->reply, &turn->session);
		result = completions_answer(turn->request, turn->reply, error);
	}
	if (result == 0)
		result = reply_reflect(turn->store, turn->request,
			&turn->session, turn->reply, error);
	message_list_clear(&list);
	return result;
}

static int completions_pass_on(const struct request *request,
	const struct completions *run, struct reply *reply, struct error *error)
{
	const char *name = request_sessions_header(request);

	if (name != NULL)
		return error_set(error, ERROR_INVALID,
			"%s needs a session: name it in X-Session-Id or in "
			"metadata.session_id",
			name);
	return request_pass_on(
		request, PATH, run->asked->streams, reply, error);
}

int api_completions_post(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct completions run = {
		.turn = { .store = store, .request = request, .reply = reply },
		.asked = request_input(request),
	};

	if (request->session.data == NULL)
		return completions_pass_on(request, &run, reply, error);
	switch (turn_step(&run.turn)) {
	case TURN_READ:
		return turn_read(&run.turn, error);
	case TURN_SAVE:
		return completions_save(&run, error);
	case TURN_ASK:
		return completions_ask(&run, error);
	case TURN_BEGIN:
		break;
	}
	return turn_arrive(&run.turn, error);
}
