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
#include "server/api/turn.h"
#include "server/upstream/upstream.h"

#define PATH "/chat/completions"
/* --- what was asked for ----------------------------------------------- */

/* Starts as {0}. */
struct completions {
	struct session session;
	struct message_list list; /* all of the request's */
	bool streams;
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

static int completions_prepare(const struct request *request,
	struct completions *asked, struct error *error)
{
	struct slice messages;

	if (json_kind(request->body) != JSON_KIND_OBJECT)
		return error_set(error, ERROR_INVALID,
			"the body must be an object with messages, not %.*s",
			SLICE_SHORT(request->body));
	asked->streams = completions_wants_stream(request->body);
	if (request->session.data == NULL)
		return 0;
	if (!json_find(request->body, "messages", &messages) ||
		json_kind(messages) != JSON_KIND_ARRAY)
		return error_set(
			error, ERROR_INVALID, "messages must be an array");
	if (message_list_parse(&asked->list, messages, error))
		return -1;
	return completions_check_form(&asked->list, error);
}

/* --- the question ----------------------------------------------------- */

/* The newest message that says something, as the input that a class reads. */
static void completions_write_inputs(struct text *out,
	const struct completions *asked, const struct settings *settings)
{
	struct slice content;

	for (size_t i = asked->list.count; i > 0; i--) {
		content = completion_content(asked->list.items[i - 1].body);
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
	const struct completions *asked, struct text *variables,
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
	int result = session_settings(store, &asked->session, &settings, error);

	settings.return_messages = true;
	completions_write_inputs(&inputs, asked, &settings);
	scope.inputs = text_view(&inputs);
	if (result == 0 && inputs.failed)
		result = error_out_of_memory(error);
	if (result == 0)
		result = turn_load(&scope, request, &asked->session, variables,
			reply, error);
	settings_clear(&settings);
	text_clear(&inputs);
	return result;
}

static void completions_write_comma(struct text *out)
{
	const char last = out->length > 0 ? out->data[out->length - 1] : '[';

	if (last != '[' && last != '{')
		text_append(out, ",", 1);
}

/*
 * Clients say to the model who it is each time; it is told once where the
 * history begins with that.
 */
static bool completions_is_told(
	const struct completions *asked, size_t known, struct slice history)
{
	const struct message_list *list = &asked->list;
	struct json_walk walk = json_walk(history);
	struct slice told;

	return known < list->count &&
	       list->items[known].type == MESSAGE_SYSTEM &&
	       json_next_element(&walk, &told) &&
	       slice_equal(told, list->items[known].body);
}

static int completions_write_messages(struct text *out,
	const struct completions *asked, struct slice variables, size_t known,
	struct error *error)
{
	text_append(out, "[", 1);
	if (chain_history(variables, out, error))
		return -1;
	text_append(out, "]", 1);
	if (out->failed)
		return error_out_of_memory(error);
	known += completions_is_told(asked, known, text_view(out));
	out->length--;
	for (size_t i = known; i < asked->list.count; i++) {
		completions_write_comma(out);
		text_slice(out, asked->list.items[i].body);
	}
	text_append(out, "]", 1);
	return 0;
}

static void completions_write_member(
	struct text *out, struct slice name, struct slice value)
{
	completions_write_comma(out);
	text_slice(out, name);
	text_append(out, ":", 1);
	text_slice(out, value);
}

/* Without the session's name, which is ours; not at all if it had no more. */
static void completions_write_metadata(
	struct text *out, struct slice name, struct slice metadata)
{
	struct json_walk walk = json_walk(metadata);
	struct text rest = { 0 };
	struct slice key, value;

	if (json_kind(metadata) != JSON_KIND_OBJECT ||
		!json_find(metadata, "session_id", &value)) {
		completions_write_member(out, name, metadata);
		return;
	}
	text_append(&rest, "{", 1);
	while (json_next_member(&walk, &key, &value))
		if (!json_string_is(key, SLICE("session_id")))
			completions_write_member(&rest, key, value);
	text_append(&rest, "}", 1);
	if (rest.length > 2)
		completions_write_member(out, name, text_view(&rest));
	out->failed = out->failed || rest.failed;
	text_clear(&rest);
}

static int completions_write_body(struct text *out,
	const struct request *request, struct slice messages,
	struct error *error)
{
	struct json_walk walk = json_walk(request->body);
	struct slice name, value;

	text_append(out, "{", 1);
	while (json_next_member(&walk, &name, &value)) {
		if (json_string_is(name, SLICE("messages")))
			completions_write_member(out, name, messages);
		else if (json_string_is(name, SLICE("metadata")))
			completions_write_metadata(out, name, value);
		else
			completions_write_member(out, name, value);
	}
	text_append(out, "}", 1);
	return out->failed ? error_out_of_memory(error) : 0;
}

/* The stream as it came, event by event. */
static void completions_hand_on(
	struct text *out, const struct completion_event *event)
{
	sse_write(out, NULL, event->data);
}

static int completions_put_question(const struct request *request,
	const struct completions *asked, size_t known, struct slice variables,
	struct reply *reply, struct error *error)
{
	const struct turn_facts turn = {
		.next = TURN_READ,
		.kind = COMPLETION_CHAT,
		.session = asked->session.id,
		.known = (int64_t)known,
	};
	struct text messages = { 0 };
	int result = completions_write_messages(
		&messages, asked, variables, known, error);

	reply->next = NEXT_CALL;
	reply->call.path = PATH;
	turn_note(reply, &turn, (struct slice){ 0 });
	if (result == 0 && messages.failed)
		result = error_out_of_memory(error);
	if (result == 0)
		result = completions_write_body(&reply->call.body, request,
			text_view(&messages), error);
	if (result == 0 && asked->streams)
		result = turn_stream(
			reply, COMPLETION_CHAT, completions_hand_on, error);
	text_clear(&messages);
	return result;
}

static int completions_ask(struct store *store, const struct request *request,
	struct completions *asked, struct reply *reply, struct error *error)
{
	struct text variables = { 0 };
	size_t known;
	int result;

	if (request_find(store, request, &asked->session, error) ||
		history_overlap(
			store, &asked->session, &asked->list, &known, error))
		return -1;
	result = completions_load(
		store, request, asked, &variables, reply, error);
	if (result == 0)
		result = completions_put_question(request, asked, known,
			text_view(&variables), reply, error);
	text_clear(&variables);
	return result < 0 ? -1 : 0;
}

/* --- what is stored --------------------------------------------------- */

/* What the request says to the model each time is no part of the history. */
static int completions_choose(const struct completions *asked,
	const struct turn_facts *turn, struct slice answer,
	struct message_list *list, struct error *error)
{
	const bool first = session_message_count(&asked->session) == 0;

	for (size_t i = (size_t)turn->known; i < asked->list.count; i++) {
		const struct message *message = &asked->list.items[i];

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
	const struct turn_facts *turn, struct completions *asked,
	struct reply *reply, struct error *error)
{
	struct message_list list = { 0 };
	struct appended *appended = NULL;
	int result = -1;

	if (turn_find(store, request, turn, &asked->session, error) ||
		completions_choose(
			asked, turn, turn_rest(request), &list, error))
		goto out;
	appended = calloc(list.count, sizeof(*appended));
	if (appended == NULL) {
		result = error_out_of_memory(error);
		goto out;
	}
	result =
		history_append(store, request->tenant, request_session(request),
			&list, request->now, &asked->session, appended, error);
	if (result == 0) {
		reply_etag(reply, &asked->session);
		result = completions_answer(request, reply, error);
	}
	if (result == 0)
		result = reply_reflect(
			store, request, &asked->session, reply, error);
out:
	free(appended);
	message_list_clear(&list);
	return result;
}

/* What is only handed on has no version, and its answer is not kept. */
static int completions_pass_on(const struct request *request,
	const struct completions *asked, struct reply *reply,
	struct error *error)
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
	return request_pass_on(request, PATH, asked->streams, reply, error);
}

static int completions_run(struct store *store, const struct request *request,
	struct completions *asked, struct reply *reply, struct error *error)
{
	struct turn_facts turn;
	const enum turn_step step = turn_step(request, &turn);

	if (completions_prepare(request, asked, error))
		return -1;
	if (request->session.data == NULL)
		return completions_pass_on(request, asked, reply, error);
	if (step == TURN_READ)
		return turn_read(request, &turn, reply, error);
	if (step == TURN_SAVE)
		return completions_save(
			store, request, &turn, asked, reply, error);
	if (step == TURN_ASK)
		return completions_ask(store, request, asked, reply, error);
	turn_wait(request, reply);
	return 0;
}

int api_completions_post(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct completions asked = { 0 };
	const int result =
		completions_run(store, request, &asked, reply, error);

	message_list_clear(&asked.list);
	return result;
}
