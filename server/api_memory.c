/* SPDX-License-Identifier: MIT */
/* api_memory.c - BaseMemory over HTTP: load and save. */
#include "core/memories.h"
#include "schema/json_value.h"
#include "server/api_handlers.h"

static struct memory_scope scope_of(struct store *store,
	const struct request *request, const struct settings *settings)
{
	return (struct memory_scope){
		.store = store,
		.tenant = request->tenant,
		.name = request_session(request),
		.settings = settings,
		.memories = request->memories,
		.now = request->now,
	};
}

int api_memory_load(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct settings settings = { 0 };
	struct memory_scope scope = scope_of(store, request, &settings);
	struct history_figures figures = { .omitted = -1 };
	struct session session;
	int result = -1;

	scope.inputs = request->body;
	if (scope.inputs.length > 0 &&
		json_kind(scope.inputs) != JSON_KIND_OBJECT)
		return error_set(error, ERROR_INVALID,
			"the input values must be an object");
	scope.figures = &figures;
	scope.max_bytes = request_bytes(request, MEMORY_LOAD_MAX);
	if (request_window(request, &scope.window, error) ||
		request_find_at(store, request, &session, error))
		return -1;
	reply->status = 200;
	if (request_settings(store, request, &session, &settings, error) == 0)
		result = memory_load(&scope, &session, &reply->body, error);
	if (memory_is_pure(scope.memories, &settings))
		reply_etag(reply, &session);
	if (figures.omitted >= 0)
		reply_figures(reply, &figures);
	settings_clear(&settings);
	return reply_elsewhere(reply, request,
		       result && error->code == ERROR_TOO_LARGE, error)
		       ? 0
		       : result;
}

/* The two members of the body, and no others. */
static int read_context(struct slice body, struct slice *inputs,
	struct slice *outputs, struct error *error)
{
	struct json_walk walk = json_walk(body);
	struct slice name, value;

	if (json_kind(body) != JSON_KIND_OBJECT)
		return error_set(error, ERROR_INVALID,
			"the body must be an object with inputs and outputs");
	while (json_next_member(&walk, &name, &value)) {
		if (json_string_is(name, SLICE("inputs")))
			*inputs = value;
		else if (json_string_is(name, SLICE("outputs")))
			*outputs = value;
		else
			return error_set(error, ERROR_INVALID,
				"unknown member %.*s", SLICE_SHORT(name));
	}
	if (inputs->length == 0 || outputs->length == 0)
		return error_set(error, ERROR_INVALID, "%s is missing",
			inputs->length == 0 ? "inputs" : "outputs");
	return 0;
}

int api_memory_save(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct settings settings = { 0 };
	struct memory_scope scope = scope_of(store, request, &settings);
	/* What is added has no ids of its own. */
	struct message plain[MEMORY_ADDED_MAX] = { { 0 } };
	struct message_list list = { .items = plain };
	struct memory_added added;
	struct session session;
	int result;

	scope.writes = true;
	if (read_context(request->body, &scope.inputs, &scope.outputs, error) ||
		request_find(store, request, &session, error))
		return -1;
	result = request_settings(store, request, &session, &settings, error);
	if (result == 0)
		result = memory_save(&scope, &session, &added, error);
	if (result == 0) {
		list.count = added.count;
		result = reply_appended(
			reply, request, &session, &list, added.items, error);
	}
	settings_clear(&settings);
	return result;
}
