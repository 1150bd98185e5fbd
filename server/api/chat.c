/* SPDX-License-Identifier: MIT */
/*
 * chat.c - ConversationChain over HTTP: load, ask, save.
 */
#include <stdlib.h>

#include "core/chain/chain.h"
#include "core/memory/run.h"
#include "schema/json/value.h"
#include "schema/json/write.h"
#include "server/api/input.h"
#include "server/api/turn.h"

/* The part of the request that depends on no session. */
struct chat_input {
	struct input input;
	struct chain_turn said;
	struct window window;
	bool streams;
};

/* A run of the handler, and what it needs to know. */
struct chat {
	struct turn_run turn;
	const struct chat_input *asked;
	struct settings settings;
	struct slice input; /* a JSON string, of `asked->said` */
};

static enum completion_kind chat_kind_of(const struct chat *chat)
{
	return chain_is_text(&chat->settings) ? COMPLETION_TEXT
					      : COMPLETION_CHAT;
}

static void chat_free_input(struct input *input)
{
	chain_clear(&((struct chat_input *)(void *)input)->said);
	free(input);
}

int api_chat_parse(struct request *request, struct error *error)
{
	struct chat_input *input =
		input_new(request, sizeof(*input), chat_free_input, error);

	if (input == NULL ||
		request_flag(request, "stream", &input->streams, error) ||
		chain_read(&input->said, request->body, error) ||
		request_window(request, &input->window, error))
		return -1;
	input->input.size +=
		input->said.inputs.capacity + input->said.options.capacity;
	return 0;
}

static struct memory_scope chat_scope_of(const struct chat *chat)
{
	struct memory_scope scope = turn_scope(&chat->turn, &chat->settings);

	scope.inputs = text_view(&chat->asked->said.inputs);
	return scope;
}

/* Adds a hint where an input is called like an option of OpenAI's API. */
static int chat_hint(struct slice inputs, struct error *error)
{
	const struct error why = *error;
	struct slice stream;

	if (why.code != ERROR_INVALID ||
		json_kind(inputs) != JSON_KIND_OBJECT ||
		!json_find(inputs, "stream", &stream))
		return -1;
	return error_set(error, why.code,
		"%s; for a stream ask with ?stream=true, not in the body",
		why.message);
}

static int chat_read_input(const struct memory_scope *scope, struct chat *chat,
	struct error *error)
{
	if (memory_input(scope, &chat->input, error))
		return chat_hint(scope->inputs, error);
	if (json_kind(chat->input) != JSON_KIND_STRING)
		return error_set(error, ERROR_INVALID,
			"the input must be a string, not %.*s; /chat takes "
			"{\"input\":\"Hi!\"}, /v1/chat/completions messages",
			SLICE_SHORT(chat->input));
	return 0;
}

/* Finds what every run needs: the session and its settings. */
static int chat_prepare(struct chat *chat, struct error *error)
{
	struct turn_run *turn = &chat->turn;

	if (turn_find(turn, error))
		return -1;
	return request_settings(turn->store, turn->request, &turn->session,
		&chat->settings, error);
}

static int chat_check(struct chat *chat, struct error *error)
{
	const struct memory_scope scope = chat_scope_of(chat);

	if (chain_check(&chat->settings, error))
		return -1;
	return chat_read_input(&scope, chat, error);
}

static int64_t chat_input_position(const struct chat *chat)
{
	struct json_walk walk = json_walk(text_view(&chat->asked->said.inputs));
	struct slice name, value;
	int64_t position = 0;

	while (json_next_member(&walk, &name, &value) &&
		value.data != chat->input.data)
		position++;
	return position;
}

/* The settings may have changed while the model was asked. */
static int chat_keep_input(
	struct chat *chat, int64_t position, struct error *error)
{
	const struct slice inputs = text_view(&chat->asked->said.inputs);
	struct json_walk walk = json_walk(inputs);
	struct text *key = &chat->settings.input_key;
	struct slice name, value;

	if (!chat->settings.has_input_key && json_count(inputs) == 1)
		return 0;
	key->length = 0;
	while (json_next_member(&walk, &name, &value))
		if (position-- == 0)
			json_decode(key, name);
	chat->settings.has_input_key = true;
	return key->failed ? error_out_of_memory(error) : 0;
}

/* --- the question ----------------------------------------------------- */

/* The history as messages must be one that a model takes with the input. */
static int chat_load(
	struct chat *chat, struct text *variables, struct error *error)
{
	struct memory_scope scope;

	chat->settings.return_messages = chat_kind_of(chat) == COMPLETION_CHAT;
	scope = chat_scope_of(chat);
	scope.window = chat->asked->window;
	scope.window.paired = scope.window.asked =
		chat->settings.return_messages;
	return turn_load(&chat->turn, &scope, variables, error);
}

/* A piece of text, as it comes. */
static void chat_hand_on(struct text *out, const struct completion_event *event)
{
	struct text data = { 0 };

	if (event->delta.length == 0 || slice_is(event->delta, "\"\""))
		return;
	json_begin_object(&data);
	json_member(&data, "delta", event->delta);
	json_end_object(&data);
	if (!data.failed)
		sse_write(out, NULL, text_view(&data));
	out->failed = out->failed || data.failed;
	text_clear(&data);
}

static int chat_put_question(
	const struct chat *chat, struct slice variables, struct error *error)
{
	const enum completion_kind kind = chat_kind_of(chat);
	const char *model = chat->turn.request->memories->model;
	struct reply *reply = chat->turn.reply;
	const struct turn_facts facts = {
		.next = TURN_READ,
		.kind = kind,
		.session = chat->turn.session.id,
		.input = chat_input_position(chat),
	};
	const struct chain_question question = {
		.settings = &chat->settings,
		.turn = &chat->asked->said,
		.input = chat->input,
		.variables = variables,
		.model = slice_of(model ? model : ""),
		.streams = chat->asked->streams,
	};

	reply->next = NEXT_CALL;
	reply->call.path =
		kind == COMPLETION_TEXT ? "/completions" : "/chat/completions";
	turn_note(&chat->turn, &facts);
	if (chain_ask(&question, &reply->call.body, error))
		return -1;
	return chat->asked->streams
		       ? turn_stream(&chat->turn, kind, chat_hand_on, error)
		       : 0;
}

static int chat_ask(struct chat *chat, struct error *error)
{
	struct text variables = { 0 };
	int result = chat_load(chat, &variables, error);

	if (result == 0)
		result = chat_put_question(chat, text_view(&variables), error);
	text_clear(&variables);
	return result < 0 ? -1 : 0;
}

/* --- what is stored --------------------------------------------------- */

static void chat_put_members(struct text *out, struct slice object)
{
	struct json_walk walk = json_walk(object);
	struct slice name, value;

	while (json_next_member(&walk, &name, &value))
		json_member_json(out, name, value);
}

/* Writes the outputs and what was appended, as events. */
static void chat_write_stream(struct reply *reply, struct slice outputs)
{
	struct text *appended = &reply->body;
	struct text done = { 0 };
	struct slice response;

	json_begin_object(&done);
	chat_put_members(&done, outputs);
	chat_put_members(&done, text_view(appended));
	json_end_object(&done);
	appended->length = 0;
	if (!done.failed)
		sse_write(&reply->ending, "done", text_view(&done));
	if (json_find(outputs, "response", &response))
		chat_hand_on(&reply->body,
			&(struct completion_event){ .delta = response });
	text_slice(&reply->body, text_view(&reply->ending));
	reply->ending.failed = reply->ending.failed || done.failed;
	text_clear(&done);
}

static int chat_answer(const struct chat *chat,
	const struct memory_added *added, struct slice outputs,
	struct error *error)
{
	struct reply *reply = chat->turn.reply;
	/* Messages that are added have no ids of their own. */
	struct message plain[MEMORY_ADDED_MAX] = { { 0 } };
	const struct message_list list = {
		.items = plain,
		.count = added->count,
	};

	reply_appended(reply, chat->turn.request, &chat->turn.session, &list,
		added->items);
	if (reply_is_short(reply))
		return error_out_of_memory(error);
	reply->status = 200;
	if (chat->asked->streams) {
		chat_write_stream(reply, outputs);
		reply->content_type = STREAM_TYPE;
	} else {
		reply->body.length = 0;
		text_slice(&reply->body, outputs);
	}
	return reply_is_short(reply) ? error_out_of_memory(error) : 0;
}

/* Saves one form of the outputs, and answers with another. */
static int chat_save(struct chat *chat, struct slice saved,
	struct slice outputs, struct error *error)
{
	struct turn_run *turn = &chat->turn;
	struct memory_scope scope = chat_scope_of(chat);
	struct memory_added added;

	/* There is only one output, whatever its key is called. */
	chat->settings.has_output_key = false;
	scope.outputs = saved;
	scope.writes = scope.answer = true;
	if (memory_save(&scope, &turn->session, &added, error) ||
		reply_reflect(turn->store, turn->request, &turn->session,
			turn->reply, error))
		return -1;
	return chat_answer(chat, &added, outputs, error);
}

static int chat_save_answer(struct chat *chat, struct error *error)
{
	const struct slice message = turn_message(&chat->turn);
	struct text said = { 0 }, outputs = { 0 }, saved = { 0 };
	int result = -1;

	if (chat_keep_input(chat, chat->turn.noted.input, error))
		return -1;
	completion_write_said(&said, message);
	json_begin_object(&outputs);
	json_member(&outputs, "response", text_view(&said));
	json_end_object(&outputs);
	if (!said.failed)
		chain_output(&saved, message, text_view(&said));
	if (said.failed || outputs.failed || saved.failed)
		result = error_out_of_memory(error);
	else
		result = chat_save(
			chat, text_view(&saved), text_view(&outputs), error);
	text_clear(&said);
	text_clear(&outputs);
	text_clear(&saved);
	return result;
}

static int chat_run(struct chat *chat, enum turn_step step, struct error *error)
{
	if (chat_prepare(chat, error))
		return -1;
	if (step == TURN_SAVE)
		return chat_save_answer(chat, error);
	if (chat_check(chat, error))
		return -1;
	if (step == TURN_ASK)
		return chat_ask(chat, error);
	turn_wait(&chat->turn);
	return 0;
}

int api_chat_post(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct chat chat = {
		.turn = { .store = store, .request = request, .reply = reply },
		.asked = request_input(request),
	};
	const enum turn_step step = turn_step(&chat.turn);
	int result;

	if (step == TURN_READ)
		return turn_read(&chat.turn, error);
	result = chat_run(&chat, step, error);
	settings_clear(&chat.settings);
	return result;
}
