/* SPDX-License-Identifier: MIT */
/*
 * mcp_tool.c - the call of a tool becomes the request of a route.
 *
 * Its arguments are the session of the path, the body and the query.  Strings
 * of the query are decoded where they stand in the request's buffer: they only
 * get shorter.
 */
#include "server/api/mcp_tool.h"

#include <assert.h>
#include <string.h>

#include "schema/json/value.h"
#include "server/api/handlers.h"
#include "server/api/input.h"

#define PARAMETER_MAX 8192 /* bytes of a decoded string */

/* A row; of two with one name the first is for calls that name a session. */
static const struct mcp_tool {
	const char *name;
	enum api_method method;
	const char *pattern;
	/* The argument that is the body; "": what is left; NULL: none. */
	const char *body;
} mcp_tools[] = {
	{ "list_sessions", METHOD_GET, "/sessions", NULL },
	{ "load", METHOD_POST, "/sessions/{id}/load", "inputs" },
	{ "append", METHOD_POST, "/sessions/{id}/messages", "messages" },
	{ "search", METHOD_GET, "/sessions/{id}/search", NULL },
	{ "search", METHOD_GET, "/search", NULL },
	{ "fork", METHOD_POST, "/sessions/{id}/fork", "" },
};

static const struct mcp_tool *mcp_tool_find(struct slice name, bool has_session)
{
	const struct mcp_tool *found = NULL;

	for (size_t i = 0; i < sizeof(mcp_tools) / sizeof(*mcp_tools); i++) {
		if (!json_string_is(name, slice_of(mcp_tools[i].name)))
			continue;
		found = &mcp_tools[i];
		if (has_session)
			break;
	}
	return found;
}

/* An argument that is null is none. */
static bool mcp_tool_has_session(struct slice arguments)
{
	struct slice session;

	return json_find(arguments, "session", &session) &&
	       json_kind(session) != JSON_KIND_NULL;
}

static const struct api_route *mcp_tool_route(const struct mcp_tool *tool)
{
	const struct api_route *route;

	for (size_t i = 0; (route = api_route_at(i)) != NULL; i++)
		if (route->method == tool->method &&
			strcmp(route->pattern, tool->pattern) == 0)
			return route;
	assert(route != NULL); /* a tool without a route */
	return route;
}

/* --- arguments ---------------------------------------------------------- */

/* Where a piece of the body stands in the buffer. */
static char *mcp_tool_place(const struct request *request, struct slice piece)
{
	return request->buffer.data + (piece.data - request->buffer.data);
}

/* Refuses a string that a query could not hold, or is too short for. */
static int mcp_tool_check_string(struct slice name, const struct text *text,
	bool whole, struct error *error)
{
	if (text->failed)
		return error_out_of_memory(error);
	if (!whole)
		return error_set(error, ERROR_INVALID,
			"%.*s holds half a character, which UTF-8 cannot",
			SLICE_SHORT(name));
	if (text->length > 0 && memchr(text->data, '\0', text->length))
		return error_set(error, ERROR_INVALID,
			"%.*s holds U+0000: leave it out", SLICE_SHORT(name));
	if (text->length > PARAMETER_MAX)
		return error_set(error, ERROR_INVALID,
			"%.*s is over the bound of %d bytes", SLICE_SHORT(name),
			PARAMETER_MAX);
	return 0;
}

static int mcp_tool_decode(const struct request *request, struct slice name,
	struct slice *value, struct error *error)
{
	struct text text = { 0 };
	const bool whole = json_decode(&text, *value);
	const int result = mcp_tool_check_string(name, &text, whole, error);

	if (result == 0 && text.length > 0)
		memcpy(mcp_tool_place(request, *value), text.data, text.length);
	if (result == 0)
		value->length = text.length;
	text_clear(&text);
	return result;
}

static int mcp_tool_read_session(
	struct request *request, struct slice value, struct error *error)
{
	struct text name = { 0 };
	int result = 0;

	if (json_kind(value) != JSON_KIND_STRING)
		return error_set(
			error, ERROR_INVALID, "session must be a string");
	if (!json_decode(&name, value))
		result = error_set(error, ERROR_INVALID,
			"session holds half a character, which UTF-8 cannot");
	else if (name.failed)
		result = error_out_of_memory(error);
	else
		result = target_name(text_view(&name), value, error);
	if (result == 0) {
		memcpy(request->session_buf, name.data, name.length);
		request->segments[1] =
			(struct slice){ request->session_buf, name.length };
	}
	text_clear(&name);
	return result;
}

static int mcp_tool_add_parameter(struct request *request, struct slice name,
	struct slice value, struct error *error)
{
	const enum json_kind kind = json_kind(value);

	name = json_inner(name);
	if (kind == JSON_KIND_ARRAY || kind == JSON_KIND_OBJECT)
		return error_set(error, ERROR_INVALID,
			"%.*s must be a string, a number or a boolean",
			SLICE_SHORT(name));
	if (request->parameter_count == API_PARAMETERS_MAX)
		return error_set(error, ERROR_INVALID, "more than %d arguments",
			API_PARAMETERS_MAX);
	if (kind == JSON_KIND_STRING &&
		mcp_tool_decode(request, name, &value, error))
		return -1;
	request->parameters[request->parameter_count++] =
		(struct target_parameter){ name, value, true };
	return 0;
}

static int mcp_tool_read_arguments(struct request *request,
	const struct mcp_tool *tool, struct slice arguments,
	struct error *error)
{
	const char *body = tool->body ? tool->body : "";
	struct json_walk walk = json_walk(arguments);
	struct slice name, value;

	while (json_next_member(&walk, &name, &value)) {
		if (json_kind(value) == JSON_KIND_NULL)
			continue;
		if (json_string_is(name, SLICE("session"))) {
			if (mcp_tool_read_session(request, value, error))
				return -1;
		} else if (*body && json_string_is(name, slice_of(body))) {
			request->body = value;
		} else if (tool->body == NULL || *body) {
			if (mcp_tool_add_parameter(request, name, value, error))
				return -1;
		}
	}
	return 0;
}

/* The arguments without the session, closed up in the buffer. */
static struct slice mcp_tool_rest(
	const struct request *request, struct slice arguments)
{
	struct json_walk walk = json_walk(arguments);
	const char *end = arguments.data + arguments.length;
	struct slice name, value;
	const char *from, *to;

	while (json_next_member(&walk, &name, &value))
		if (json_string_is(name, SLICE("session")))
			break;
	from = name.data;
	to = value.data + value.length;
	if (*to == ',')
		to++;
	else if (from[-1] == ',')
		from--;
	memmove(mcp_tool_place(request, (struct slice){ from, 0 }), to,
		(size_t)(end - to));
	arguments.length -= (size_t)(to - from);
	return arguments;
}

/* --- the request -------------------------------------------------------- */

/* The words of the pattern; the session's name comes from the arguments. */
static void mcp_tool_set_path(struct request *request, const char *pattern)
{
	request->segment_count = 0;
	while (*pattern == '/') {
		const size_t length = strcspn(++pattern, "/");

		request->segments[request->segment_count++] =
			*pattern == '{' ? (struct slice){ 0 }
					: (struct slice){ pattern, length };
		pattern += length;
	}
}

static int mcp_tool_fill(struct request *request, const struct mcp_tool *tool,
	struct slice arguments, struct error *error)
{
	struct slice session;

	request->route = mcp_tool_route(tool);
	request->method = tool->method;
	request->parameter_count = 0;
	request->body = (struct slice){ 0 };
	mcp_tool_set_path(request, tool->pattern);
	if (mcp_tool_read_arguments(request, tool, arguments, error))
		return -1;
	for (int i = 0; i < request->segment_count; i++)
		if (request->segments[i].length == 0)
			return error_set(error, ERROR_INVALID,
				"session is missing: it names the "
				"conversation");
	if (tool->body && !*tool->body)
		request->body = json_find(arguments, "session", &session)
					? mcp_tool_rest(request, arguments)
					: arguments;
	return 0;
}

int mcp_tool_begin(struct request *request, struct slice id,
	struct slice params, struct error *error)
{
	struct slice arguments = SLICE("{}"), name;
	const struct mcp_tool *tool;

	if (!json_find_kind(params, "name", JSON_KIND_STRING, &name))
		return 0;
	if (json_find(params, "arguments", &arguments) &&
		json_kind(arguments) != JSON_KIND_OBJECT)
		return 0;
	tool = mcp_tool_find(name, mcp_tool_has_session(arguments));
	if (tool == NULL)
		return 0;
	memcpy(request->mcp_call, id.data, id.length);
	request->mcp_call[id.length] = '\0';
	if (mcp_tool_fill(request, tool, arguments, error))
		return -1;
	return api_check(request, error);
}
