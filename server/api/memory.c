/* SPDX-License-Identifier: MIT */
/* memory.c - BaseMemory over HTTP: load and save. */
#include <stdlib.h>

#include "core/memory/run.h"
#include "schema/json/value.h"
#include "server/api/handlers.h"
#include "server/api/input.h"

static struct memory_scope memory_scope_of(struct store *store,
	const struct request *request, const struct settings *settings)
{
	return (struct memory_scope){
		.store = store,
		.ref = request_ref(request),
		.settings = settings,
		.memories = request->memories,
		.window = WINDOW_NONE,
		.now = request->now,
	};
}

/* The replay of this run: its continuation, and the answer to it. */
static int memory_read_replay(const struct request *request,
	struct llm_replay *replay, struct text *buf, struct error *error)
{
	replay->continuation = request->continuation;
	return request_answer(request, buf, &replay->answer, error);
}

/* Does the session keep for itself what the query has it show? */
static int memory_is_kept(const struct memory_scope *scope,
	const struct session *session, bool *kept, struct error *error)
{
	struct settings own = { 0 };
	int result = session_settings(scope->store, session, &own, error);

	*kept = scope->replay->upto > 0 ||
		(slice_equal(text_view(&own.class),
			 text_view(&scope->settings->class)) &&
			slice_equal(text_view(&own.memory_key),
				text_view(&scope->settings->memory_key)));
	settings_clear(&own);
	return result;
}

/* How far what is kept reaches; or nothing is made for this class. */
static int memory_reply_reach(struct reply *reply,
	const struct memory_scope *scope, const struct session *session,
	struct error *error)
{
	bool kept;

	if (!scope->replay->keeps)
		return 0;
	if (memory_is_kept(scope, session, &kept, error))
		return -1;
	reply_header(reply, "Chatmem-Memory-Upto", "%lld",
		(long long)scope->replay->upto);
	reply_header(reply, "Chatmem-Memory-Behind", "%lld",
		(long long)scope->replay->lacks);
	if (!kept)
		reply_header(reply, "Chatmem-Memory-Kept", "false");
	return 0;
}

/* A form of messages is one of lists. */
static int memory_check_form(const struct memory_scope *scope,
	const struct request *request, struct error *error)
{
	const bool line = scope->form->shape == FORM_LINE;
	struct slice name = { 0 };

	request_parameter(request, "format", &name);
	if (scope->settings->return_messages && line)
		return error_set(error, ERROR_INVALID,
			"format=text is a string, return_messages=true a list "
			"of messages");
	if (!scope->settings->return_messages && !line &&
		scope->form != form_default())
		return error_set(error, ERROR_INVALID,
			"format=%.*s is one of messages: say "
			"return_messages=true",
			SLICE_SHORT(name));
	return 0;
}

static void memory_reply_variables(struct reply *reply,
	const struct request *request, const struct memory_scope *scope,
	const struct session *session)
{
	reply->status = 200;
	if (memory_is_pure(scope->memories, scope->settings))
		reply_etag(reply, session);
	if (scope->figures->omitted >= 0)
		reply_figures(reply, scope->figures);
	if (scope->replay->behind &&
		memory_reflects(scope->memories, scope->settings))
		text_slice(&reply->reflect, request_session(request));
}

static int memory_load_variables(const struct memory_scope *scope,
	const struct request *request, const struct session *session,
	struct reply *reply, struct error *error)
{
	struct text buf = { 0 };
	int result = memory_read_replay(request, scope->replay, &buf, error);

	if (result == 0)
		result = memory_load(scope, session, &reply->body, error);
	if (result == MEMORY_AGAIN)
		reply_ask(reply, scope->memories, scope->replay);
	else if (result == 0)
		memory_reply_variables(reply, request, scope, session);
	if (result == 0)
		result = memory_reply_reach(reply, scope, session, error);
	llm_replay_clear(scope->replay);
	text_clear(&buf);
	return result < 0 ? -1 : 0;
}

int api_memory_load(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct settings settings = { 0 };
	struct memory_scope scope = memory_scope_of(store, request, &settings);
	struct history_figures figures = { .omitted = -1 };
	struct llm_replay replay = { 0 };
	struct reply_form form;
	struct session session;
	int result;

	scope.inputs = request->body;
	if (scope.inputs.length > 0 &&
		json_kind(scope.inputs) != JSON_KIND_OBJECT)
		return error_set(error, ERROR_INVALID,
			"the input values must be an object, as "
			"{\"input\":\"Hi!\"}");
	scope.figures = &figures;
	scope.replay = &replay;
	scope.max_bytes = request_bytes(request, MEMORY_LOAD_MAX);
	if (request_form(request, &form, error) ||
		request_window(request, &scope.window, error) ||
		request_find_at(store, request, &session, error))
		return -1;
	scope.form = form.form;
	result = request_settings(store, request, &session, &settings, error);
	if (result == 0)
		result = memory_check_form(&scope, request, error);
	/*
	 * A class that looks at more than the newest messages may take its
	 * time.
	 */
	if (result == 0 && request->next == NEXT_NONE &&
		!memory_is_pure(scope.memories, &settings))
		reply->next = NEXT_READER;
	else if (result == 0)
		result = memory_load_variables(
			&scope, request, &session, reply, error);
	settings_clear(&settings);
	return reply_elsewhere(reply, request,
		       result && error->code == ERROR_TOO_LARGE, error)
		       ? 0
		       : result;
}

#define SAVE_TAKES \
	"/save takes {\"inputs\":{\"input\":\"Hi!\"},\"outputs\":{\"output\":\"Hello!\"}}"

/* Reads the two members of the body, and refuses others. */
static int memory_read_context(struct slice body, struct slice *inputs,
	struct slice *outputs, struct error *error)
{
	struct slice name, value;
	struct json_walk walk;

	if (json_kind(body) != JSON_KIND_OBJECT)
		return error_set(error, ERROR_INVALID,
			"the body must be an object; " SAVE_TAKES);
	walk = json_walk(body);
	while (json_next_member(&walk, &name, &value)) {
		if (json_string_is(name, SLICE("inputs")))
			*inputs = value;
		else if (json_string_is(name, SLICE("outputs")))
			*outputs = value;
		else
			return error_set(error, ERROR_INVALID,
				"unknown member %.*s; " SAVE_TAKES,
				SLICE_SHORT(name));
	}
	if (inputs->length == 0 || outputs->length == 0)
		return error_set(error, ERROR_INVALID,
			"%s is missing; " SAVE_TAKES,
			inputs->length == 0 ? "inputs" : "outputs");
	return 0;
}

struct memory_save_input {
	struct input input;
	struct slice inputs;
	struct slice outputs;
};

static void memory_free_save(struct input *input)
{
	free(input);
}

int api_memory_parse_save(struct request *request, struct error *error)
{
	struct memory_save_input *input =
		input_new(request, sizeof(*input), memory_free_save, error);

	if (input == NULL || memory_read_context(request->body, &input->inputs,
				     &input->outputs, error))
		return -1;
	return request_check_settings(request, error);
}

int api_memory_save(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct settings settings = { 0 };
	struct memory_scope scope = memory_scope_of(store, request, &settings);
	/* Messages that are added have no ids of their own. */
	struct message plain[MEMORY_ADDED_MAX] = { { 0 } };
	struct message_list list = { .items = plain };
	const struct memory_save_input *input = request_input(request);
	struct memory_added added;
	struct session session;
	int result;

	scope.inputs = input->inputs;
	scope.outputs = input->outputs;
	scope.writes = true;
	if (request_find(store, request, &session, error))
		return -1;
	result = request_settings(store, request, &session, &settings, error);
	if (result == 0)
		result = memory_save(&scope, &session, &added, error);
	if (result == 0) {
		list.count = added.count;
		reply_appended(reply, request, &session, &list, added.items);
	}
	if (result == 0 && memory_reflects(scope.memories, &settings))
		text_slice(&reply->reflect, scope.ref.name);
	settings_clear(&settings);
	return result;
}

/* --- behind the requests ------------------------------------------------- */

int reply_reflect(struct store *store, const struct request *request,
	const struct session *session, struct reply *reply, struct error *error)
{
	struct settings settings = { 0 };
	int result = 0;

	if (memories_reflect(request->memories)) {
		result = session_settings(store, session, &settings, error);
		if (result == 0 &&
			memory_reflects(request->memories, &settings))
			text_slice(&reply->reflect, request_session(request));
		settings_clear(&settings);
	}
	return result;
}

int request_cleared(struct store *store, const struct request *request,
	struct session *session, struct error *error)
{
	struct settings settings = { 0 };
	struct memory_scope scope = memory_scope_of(store, request, &settings);
	int result = session_settings(store, session, &settings, error);

	scope.writes = true;
	if (result == 0)
		result = memory_clear(&scope, session, error);
	settings_clear(&settings);
	return result;
}

static int memory_reflect_work(const struct memory_scope *scope,
	const struct request *request, struct session *session,
	struct reply *reply, struct error *error)
{
	struct text buf = { 0 };
	int result = memory_read_replay(request, scope->replay, &buf, error);

	if (result == 0)
		result = memory_reflect(scope, session, error);
	if (result == MEMORY_AGAIN)
		reply_ask(reply, scope->memories, scope->replay);
	/* There may be more to do until nothing is kept any more. */
	else if (result == 0 && scope->replay->kept)
		text_slice(&reply->reflect, scope->ref.name);
	reply->status = 204;
	llm_replay_clear(scope->replay);
	text_clear(&buf);
	return result < 0 ? -1 : 0;
}

int api_memory_reflect(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct settings settings = { 0 };
	struct memory_scope scope = memory_scope_of(store, request, &settings);
	struct llm_replay replay = { 0 };
	struct session session;
	int result;

	scope.replay = &replay;
	scope.writes = request->next == NEXT_WRITE;
	if (request_find(store, request, &session, error))
		return -1;
	result = session_settings(store, &session, &settings, error);
	if (result == 0)
		result = memory_reflect_work(
			&scope, request, &session, reply, error);
	settings_clear(&settings);
	return result;
}
