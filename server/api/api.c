/* SPDX-License-Identifier: MIT */
/* api.c - the route table, and what every request goes through. */
#include "server/api/api.h"

#include <stdio.h>
#include <string.h>

#include "server/api/conditions.h"
#include "server/api/handlers.h"
#include "server/observe/metrics.h"

struct api_route {
	enum api_method method;
	const char *pattern;
	enum api_lane lane;
	enum api_body body;
	api_handler *handle;
	const char *parameters; /* between spaces */
	bool open;		/* needs no key, answers any peer */
	bool completes;		/* see api_completions_session() */
};

#define MEMORY_PARAMETERS                                           \
	" class k max_token_limit memory_key input_key output_key " \
	"return_messages human_prefix ai_prefix "

#define WINDOW_PARAMETERS " last turns max_tokens tokenizer align keep_system "

#define ROUTE(method_, pattern_, lane_, body_, handle_, ...)                   \
	{                                                                      \
		.method = METHOD_##method_, .pattern = pattern_,               \
		.lane = LANE_##lane_, .body = BODY_##body_, .handle = handle_, \
		.parameters = __VA_ARGS__                                      \
	}

/* clang-format off */
static const struct api_route routes[] = {
	ROUTE(GET, "/healthz", READ, NONE, api_health_alive, "", .open = true),
	ROUTE(GET, "/readyz", WRITE, NONE, api_health_ready, "", .open = true),
	ROUTE(GET, "/metrics", READ, NONE, api_metrics_get, ""),
	ROUTE(GET, "/openapi.json", READ, NONE, api_openapi_get, ""),
	ROUTE(GET, "/sessions", READ, NONE, api_sessions_get,
		" prefix owner metadata. limit cursor "),
	ROUTE(POST, "/sessions", WRITE, OPTIONAL, api_sessions_post, ""),
	ROUTE(DELETE, "/sessions", WRITE, NONE, api_sessions_delete,
		" owner "),
	ROUTE(GET, "/sessions/{id}", READ, NONE, api_session_get, ""),
	ROUTE(PUT, "/sessions/{id}", WRITE, REQUIRED, api_session_put, ""),
	ROUTE(PATCH, "/sessions/{id}", WRITE, REQUIRED, api_session_patch, ""),
	ROUTE(DELETE, "/sessions/{id}", WRITE, NONE, api_session_delete, ""),
	ROUTE(GET, "/sessions/{id}/messages", READ, NONE, api_messages_get,
		" limit after before order type format as_of" WINDOW_PARAMETERS),
	ROUTE(POST, "/sessions/{id}/messages", WRITE, REQUIRED,
		api_messages_post, ""),
	ROUTE(DELETE, "/sessions/{id}/messages", WRITE, NONE,
		api_messages_delete, " last oldest before "),
	ROUTE(PUT, "/sessions/{id}/messages", WRITE, REQUIRED,
		api_messages_put, ""),
	ROUTE(PATCH, "/sessions/{id}/messages", WRITE, REQUIRED,
		api_messages_patch, ""),
	ROUTE(GET, "/sessions/{id}/messages/{message}", READ, NONE,
		api_message_get, " format as_of "),
	ROUTE(PUT, "/sessions/{id}/messages/{message}", WRITE, REQUIRED,
		api_message_put, ""),
	ROUTE(DELETE, "/sessions/{id}/messages/{message}", WRITE, NONE,
		api_message_delete, ""),
	ROUTE(POST, "/sessions/{id}/fork", WRITE, OPTIONAL, api_session_fork,
		""),
	ROUTE(GET, "/sessions/{id}/events", READ, NONE, api_events_get,
		" after "),
	ROUTE(GET, "/sessions/{id}/search", READER, NONE, api_search_session,
		" q limit "),
	ROUTE(GET, "/search", READER, NONE, api_search_all, " q limit "),
	ROUTE(GET, "/sessions/{id}/export", READ, NONE, api_session_export, ""),
	ROUTE(GET, "/export", READ, NONE, api_export_get, ""),
	ROUTE(POST, "/import", WRITE, LINES, api_import_post,
		" session line "),
	ROUTE(GET, "/sessions/{id}/load", READ, NONE, api_memory_load,
		MEMORY_PARAMETERS "as_of" WINDOW_PARAMETERS),
	ROUTE(POST, "/sessions/{id}/load", READ, OPTIONAL, api_memory_load,
		MEMORY_PARAMETERS "as_of" WINDOW_PARAMETERS),
	ROUTE(POST, "/sessions/{id}/save", WRITE, REQUIRED, api_memory_save,
		MEMORY_PARAMETERS),
	ROUTE(POST, "/sessions/{id}/chat", LOCK, REQUIRED, api_chat_post,
		MEMORY_PARAMETERS "prompt prompt_template system stream"
		WINDOW_PARAMETERS),
	ROUTE(GET, "/v1/models", READ, NONE, api_models_get, ""),
	ROUTE(POST, "/v1/chat/completions", LOCK, REQUIRED,
		api_completions_post, "", .completes = true),
};
/* clang-format on */

static const struct {
	enum api_method method;
	const char *name;
} methods[] = {
	{ METHOD_GET, "GET" },
	{ METHOD_HEAD, "HEAD" },
	{ METHOD_POST, "POST" },
	{ METHOD_PUT, "PUT" },
	{ METHOD_PATCH, "PATCH" },
	{ METHOD_DELETE, "DELETE" },
	{ METHOD_OPTIONS, "OPTIONS" },
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

_Static_assert(COUNT(routes) < METRICS_ROWS, "more routes than rows");

/* OPTIONS of any path that has a route. */
static int api_handle_options(struct store *store,
	const struct request *request, struct reply *reply, struct error *error)
{
	(void)store;
	(void)error;
	reply->status = 204;
	reply->allow = request->allow;
	return 0;
}

static const struct api_route options_route = ROUTE(
	OPTIONS, "*", READ, OPTIONAL, api_handle_options, NULL, .open = true);

/* No client has this route. */
static const struct api_route reflect_route =
	ROUTE(POST, "*", READER, NONE, api_memory_reflect, "");

const struct api_route *api_reflect_route(void)
{
	return &reflect_route;
}

static bool api_path_matches(const struct request *request, const char *pattern)
{
	for (int i = 0; i < request->segment_count; i++) {
		size_t length;

		if (*pattern++ != '/')
			return false;
		length = strcspn(pattern, "/");
		if (*pattern == '{'
				? request->segments[i].length == 0
				: !slice_equal(request->segments[i],
					  (struct slice){ pattern, length }))
			return false;
		pattern += length;
	}
	return *pattern == '\0';
}

/* Writes the names of all methods in the set: `GET, HEAD, OPTIONS`. */
static void api_write_allow(char *allow, size_t size, unsigned set)
{
	size_t used = 0;

	allow[0] = '\0';
	for (size_t i = 0; i < COUNT(methods); i++)
		if (set & methods[i].method)
			used += (size_t)snprintf(allow + used, size - used,
				"%s%s", used > 0 ? ", " : "", methods[i].name);
}

static bool api_method_matches(
	const struct request *request, const struct api_route *route)
{
	return route->method == request->method ||
	       (route->method == METHOD_GET && request->method == METHOD_HEAD);
}

int api_route(struct request *request, const char **allow, struct error *error)
{
	unsigned set = 0;

	request->route = NULL;
	if (request->segment_count > API_SEGMENTS_MAX)
		return error_set(error, ERROR_NOT_FOUND, "no such route");
	for (size_t i = 0; i < COUNT(routes); i++) {
		if (!api_path_matches(request, routes[i].pattern))
			continue;
		set |= routes[i].method;
		if (api_method_matches(request, &routes[i]))
			request->route = &routes[i];
	}
	if (set == 0)
		return error_set(error, ERROR_NOT_FOUND, "no such route");
	if (request->method != METHOD_OPTIONS && request->route != NULL)
		return 0;
	set |= METHOD_OPTIONS | (set & METHOD_GET ? METHOD_HEAD : 0);
	api_write_allow(request->allow, sizeof(request->allow), set);
	*allow = request->allow;
	request->route = &options_route;
	if (request->method == METHOD_OPTIONS)
		return 0;
	return error_set(
		error, ERROR_METHOD, "this route takes %s", request->allow);
}

enum api_method api_method(struct slice name)
{
	for (size_t i = 0; i < COUNT(methods); i++)
		if (slice_is(name, methods[i].name))
			return methods[i].method;
	return 0;
}

enum api_lane api_lane(const struct api_route *route)
{
	return route->lane;
}

enum api_body api_body(const struct api_route *route)
{
	return route->body;
}

bool api_open(const struct api_route *route)
{
	return route->open;
}

bool api_row(size_t at, struct api_row *row)
{
	if (at >= COUNT(routes))
		return false;
	*row = (struct api_row){
		.pattern = routes[at].pattern,
		.parameters = routes[at].parameters,
		.lane = routes[at].lane,
		.body = routes[at].body,
		.open = routes[at].open,
	};
	for (size_t i = 0; i < COUNT(methods); i++)
		if (methods[i].method == routes[at].method)
			row->method = methods[i].name;
	return true;
}

size_t api_row_of(const struct api_route *route)
{
	size_t at = 0;

	while (at < COUNT(routes) && &routes[at] != route)
		at++;
	return at;
}

/* Is the word in a list of words between spaces? */
static bool api_has_word(const char *words, struct slice word)
{
	const char *at = words;

	if (word.length == 0 || memchr(word.data, ' ', word.length) != NULL)
		return false;
	while ((at = memmem(at, strlen(at), word.data, word.length)) != NULL) {
		if (at[-1] == ' ' && at[word.length] == ' ')
			return true;
		at++;
	}
	return false;
}

/* Of a name like `metadata.KEY` what stands before the key. */
static struct slice api_family(struct slice name)
{
	const char *dot =
		name.length ? memchr(name.data, '.', name.length) : NULL;

	if (dot != NULL)
		name.length = (size_t)(dot + 1 - name.data);
	return name;
}

static int api_check_parameter(
	const struct request *request, int at, struct error *error)
{
	const struct target_parameter *parameter = &request->parameters[at];

	if (!api_has_word(
		    request->route->parameters, api_family(parameter->name)))
		return error_set(error, ERROR_INVALID,
			"unknown query parameter \"%.*s\"",
			SLICE_SHORT(parameter->name));
	if (!parameter->has_value)
		return error_set(error, ERROR_INVALID, "%.*s has no value",
			SLICE_SHORT(parameter->name));
	for (int i = 0; i < at; i++)
		if (slice_equal(request->parameters[i].name, parameter->name))
			return error_set(error, ERROR_INVALID,
				"%.*s is given twice",
				SLICE_SHORT(parameter->name));
	return 0;
}

int api_check(struct request *request, struct error *error)
{
	const enum api_body body = request->route->body;

	for (int i = 0; request->route->parameters != NULL &&
			i < request->parameter_count;
		i++)
		if (api_check_parameter(request, i, error))
			return -1;
	if (body == BODY_NONE && request->body.length > 0)
		return error_set(
			error, ERROR_INVALID, "this request takes no body");
	if (body == BODY_REQUIRED && request->body.length == 0)
		return error_set(
			error, ERROR_INVALID, "this request needs a JSON body");
	if (request->route->completes &&
		api_completions_session(request, error))
		return -1;
	return conditions_read(request, error);
}

int api_handle(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	api_handler *handle = request->route->handle;

	if (request->conditions.any ? conditions_handle(store, request, handle,
					      reply, error)
				    : handle(store, request, reply, error))
		return -1;
	/* Room for its end: nothing may fail after the commit. */
	if (reply->location.length > 0)
		text_reserve(&reply->location, 1);
	return reply_is_short(reply) ? error_out_of_memory(error) : 0;
}
