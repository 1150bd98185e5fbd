/* SPDX-License-Identifier: MIT */
/*
 * completions.c - OpenAI's chat completions, with the memory of a session.
 *
 * A request that names no session is handed on as it is.  Else the session's
 * history is put before its messages, and those that are new are stored with
 * the answer; nothing else of the request is touched, but our own member of
 * its metadata.
 */
#include <stdlib.h>

#include "core/chain/chain.h"
#include "core/memory/registry.h"
#include "schema/json/value.h"
#include "server/api/completions_body.h"
#include "server/api/input.h"
#include "server/api/turn.h"
#include "server/upstream/upstream.h"

#define PATH "/chat/completions"
/* --- what was asked for ----------------------------------------------- */

struct completions_input {
	struct input input;
	struct message_list list; /* all of the request's */
	bool streams;
};

/* What a run needs to know. */
struct completions {
	const struct completions_input *asked;
	struct session session;
};

static bool completions_wants_stream(struct slice body)
{
	struct slice stream;

	return json_find(body, "stream", &stream) &&
	       json_kind(stream) == JSON_KIND_TRUE;
}

static int completions_check_form(
	const struct message_list *list, struct error *error)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].form != MESSAGE_OPENAI)
			return error_set(error, ERROR_INVALID,
				"messages[%zu].role is missing", i);
	return 0;
}

static int completions_read_messages(const struct request *request,
	struct message_list *list, struct error *error)
{
	struct slice messages;

	if (!json_find(request->body, "messages", &messages) ||
		json_kind(messages) != JSON_KIND_ARRAY)
		return error_set(
			error, ERROR_INVALID, "messages must be an array");
	if (message_list_parse(list, messages, error))
		return -1;
	return completions_check_form(list, error);
}

static void completions_free_input(struct input *input)
{
	message_list_clear(&((struct completions_input *)(void *)input)->list);
	free(input);
}

/* What is only handed on need not be understood. */
int api_completions_parse(struct request *request, struct error *error)
{
	struct completions_input *input;

	if (request_read_session(request, error))
		return -1;
	if (json_kind(request->body) != JSON_KIND_OBJECT)
		return error_set(error, ERROR_INVALID,
			"the body must be an object with messages, not %.*s",
			SLICE_SHORT(request->body));
	input = input_new(
		request, sizeof(*input), completions_free_input, error);
	if (input == NULL)
		return -1;
	input->streams = completions_wants_stream(request->body);
	if (request->session.data == NULL)
		return 0;
	if (completions_read_messages(request, &input->list, error))
		return -1;
	input_count_list(&input->input, &input->list);
	return 0;
}

/* --- the question ----------------------------------------------------- */

/* The newest message that says something, as the input that a class reads. */
static void completions_write_inputs(struct text *out,
	const struct completions *run, const struct settings *settings)
{
	struct slice content;

	for (size_t i = run->asked->list.count; i > 0; i--) {
		content =
			completion_content(run->asked->list.items[i - 1].body);
		if (slice_is(content, "\"\""))
			continue;
		text_append(out, "{", 1);
		text_json(out, settings->has_input_key
				       ? text_view(&settings->input_key)
				       : SLICE("input"));
		text_append(out, ":", 1);
		text_slice(out, content);
		text_append(out, "}", 1);
		return;
	}
}

static int completions_load(struct store *store, const struct request *request,
	const struct completions *run, struct text *variables,
	struct reply *reply, struct error *error)
{
	struct settings settings = { 0 };
	struct text inputs = { 0 };
	struct memory_scope scope = {
		.store = store,
		.memories = request->memories,
		.tenant = request->tenant,
		.name = request_session(request),
		.settings = &settings,
		.window = { -1, -1, -1, .align = 1, -1 },
		.max_bytes = MEMORY_LOAD_MAX,
		.verbatim = true,
		.now = request->now,
	};
	int result = session_settings(store, &run->session, &settings, error);

	settings.return_messages = true;
	completions_write_inputs(&inputs, run, &settings);
	scope.inputs = text_view(&inputs);
	if (result == 0 && inputs.failed)
		result = error_out_of_memory(error);
	if (result == 0)
		result = turn_load(&scope, request, &run->session, variables,
			reply, error);
	settings_clear(&settings);
	text_clear(&inputs);
	return result;
}

/* The stream as it came, event by event. */
static void completions_hand_on(
	struct text *out, const struct completion_event *event)
{
	sse_write(out, NULL, event->data);
}

static int completions_put_question(const struct completions *run,
	const struct completions_question *question, struct reply *reply,
	struct error *error)
{
	const struct turn_facts turn = {
		.next = TURN_READ,
		.kind = COMPLETION_CHAT,
		.session = run->session.id,
		.known = (int64_t)question->known,
	};

	reply->next = NEXT_CALL;
	reply->call.path = PATH;
	turn_note(reply, &turn);
	if (completions_body_write(question, &reply->call.body, error))
		return -1;
	return run->asked->streams ? turn_stream(reply, COMPLETION_CHAT,
					     completions_hand_on, error)
				   : 0;
}

static int completions_ask(struct store *store, const struct request *request,
	struct completions *run, struct reply *reply, struct error *error)
{
	struct completions_question question = {
		.body = request->body,
		.list = &run->asked->list,
	};
	struct text variables = { 0 };
	int result;

	if (request_find(store, request, &run->session, error) ||
		history_overlap(store, &run->session, question.list,
			&question.known, error))
		return -1;
	result =
		completions_load(store, request, run, &variables, reply, error);
	question.variables = text_view(&variables);
	if (result == 0)
		result = completions_put_question(run, &question, reply, error);
	text_clear(&variables);
	return result < 0 ? -1 : 0;
}

/* --- what is stored --------------------------------------------------- */

/* What the request says to the model each time is no part of the history. */
static int completions_choose(const struct completions *run,
	const struct turn_facts *turn, struct slice answer,
	struct message_list *list, struct error *error)
{
	const bool first = session_message_count(&run->session) == 0;

	for (size_t i = (size_t)turn->known; i < run->asked->list.count; i++) {
		const struct message *message = &run->asked->list.items[i];

		if (message->type == MESSAGE_SYSTEM && !first)
			continue;
		if (message_list_push(list, message, error))
			return -1;
	}
	return message_parse(list, answer, "the answer", error);
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

static int completions_save(struct store *store, const struct request *request,
	const struct turn_facts *turn, struct completions *run,
	struct reply *reply, struct error *error)
{
	struct message_list list = { 0 };
	struct appended *appended = NULL;
	int result = -1;

	if (turn_find(store, request, turn, &run->session, error) ||
		completions_choose(
			run, turn, turn_message(request), &list, error))
		goto out;
	appended = calloc(list.count, sizeof(*appended));
	if (appended == NULL) {
		result = error_out_of_memory(error);
		goto out;
	}
	result =
		history_append(store, request->tenant, request_session(request),
			&list, request->now, &run->session, appended, error);
	if (result == 0) {
		reply_etag(reply, &run->session);
		result = completions_answer(request, reply, error);
	}
	if (result == 0)
		result = reply_reflect(
			store, request, &run->session, reply, error);
out:
	free(appended);
	message_list_clear(&list);
	return result;
}

/* What is only handed on has no version, and its answer is not kept. */
static int completions_pass_on(const struct request *request,
	const struct completions *run, struct reply *reply, struct error *error)
{
	const char *name = request->if_match.data	   ? "If-Match"
			   : request->if_none_match.data   ? "If-None-Match"
			   : request->idempotency_key.data ? "Idempotency-Key"
							   : NULL;

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
	struct completions run = { .asked = request_input(request) };
	struct turn_facts turn;
	const enum turn_step step = turn_step(request, &turn);

	if (request->session.data == NULL)
		return completions_pass_on(request, &run, reply, error);
	if (step == TURN_READ)
		return turn_read(request, &turn, reply, error);
	if (step == TURN_SAVE)
		return completions_save(
			store, request, &turn, &run, reply, error);
	if (step == TURN_ASK)
		return completions_ask(store, request, &run, reply, error);
	turn_wait(request, reply);
	return 0;
}
