/* SPDX-License-Identifier: MIT */
/*
 * routes.c - the table of all routes: a new endpoint is a handler and a row.
 */
#include "server/api/route.h"

#include "schema/error.h"
#include "server/api/handlers.h"
#include "server/observe/metrics.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

#define MEMORY_PARAMETERS                                           \
	" class k max_token_limit memory_key input_key output_key " \
	"return_messages human_prefix ai_prefix string_format "

#define LOAD_PARAMETERS "as_of format" WINDOW_PARAMETERS
#define WINDOW_PARAMETERS \
	" last turns max_tokens tokenizer align start keep_system "

#define OPENAI_PARAMETERS " limit after order "
/* As SDKs write a list; nothing is left out that they could ask for. */
#define INCLUDE_PARAMETERS " include include[] "

/*
 * A row: method and pattern; the lane of the first run, whether there is a
 * body, and the handler; what else must be known.
 */
/* clang-format off */
static const struct api_route routes[] = {
	{ METHOD_GET, "/",
		LANE_READ, BODY_NONE, .handle = api_page_get,
		.storeless = true, .open = true },
	{ METHOD_GET, "/page.js",
		LANE_READ, BODY_NONE, .handle = api_page_script,
		.storeless = true, .open = true },
	{ METHOD_GET, "/page.css",
		LANE_READ, BODY_NONE, .handle = api_page_style,
		.storeless = true, .open = true },
	{ METHOD_GET, "/healthz",
		LANE_READ, BODY_NONE, .handle = api_health_alive,
		.storeless = true, .open = true, .health = true },
	{ METHOD_GET, "/readyz",
		LANE_WRITE, BODY_NONE, .handle = api_health_ready,
		.open = true, .health = true },
	{ METHOD_GET, "/metrics",
		LANE_READ, BODY_NONE, .handle = api_metrics_get,
		.storeless = true, .scope = SCOPE_METRICS },
	{ METHOD_GET, "/openapi.json",
		LANE_READ, BODY_NONE, .handle = api_openapi_get,
		.storeless = true, .open = true },
	{ METHOD_GET, "/sessions",
		LANE_READ, BODY_NONE, .handle = api_sessions_get,
		.parameters = " prefix owner metadata. limit cursor " },
	{ METHOD_POST, "/sessions",
		LANE_WRITE, BODY_OPTIONAL, .handle = api_sessions_post,
		.parse = api_session_parse_new,
		.expects = EXPECT_MADE | EXPECT_OWNER },
	{ METHOD_DELETE, "/sessions",
		LANE_WRITE, BODY_NONE, .handle = api_sessions_delete,
		.parse = api_sessions_parse_owner,
		.parameters = " owner ", .scope = SCOPE_ADMIN,
		.expects = EXPECT_ERASED, .alone = true,
		.audit = "erasure of an owner" },
	{ METHOD_GET, "/sessions/{id}",
		LANE_READ, BODY_NONE, .handle = api_session_get },
	{ METHOD_PUT, "/sessions/{id}",
		LANE_WRITE, BODY_REQUIRED, .handle = api_session_put,
		.parse = api_session_parse,
		.expects = EXPECT_PROFILE | EXPECT_OWNER },
	{ METHOD_PATCH, "/sessions/{id}",
		LANE_WRITE, BODY_REQUIRED, .handle = api_session_patch,
		.parse = api_session_parse_patch,
		.expects = EXPECT_PROFILE | EXPECT_OWNER },
	{ METHOD_DELETE, "/sessions/{id}",
		LANE_WRITE, BODY_NONE, .handle = api_session_delete,
		.erases = true, .audit = "erasure" },
	{ METHOD_GET, "/sessions/{id}/messages",
		LANE_READ, BODY_NONE, .handle = api_messages_get,
		.recalls = true,
		.parameters = " limit after before order type calls format "
			"as_of" WINDOW_PARAMETERS,
		.expects = EXPECT_NEWEST },
	{ METHOD_POST, "/sessions/{id}/messages",
		LANE_WRITE, BODY_REQUIRED, .handle = api_messages_post,
		.parse = api_messages_parse,
		.expects = EXPECT_IDS | EXPECT_REFLECT },
	{ METHOD_DELETE, "/sessions/{id}/messages",
		LANE_WRITE, BODY_NONE, .handle = api_messages_delete,
		.parse = api_messages_parse_cut,
		.parameters = " last oldest before format ",
		.expects = EXPECT_PROFILE, .alone = true },
	{ METHOD_PUT, "/sessions/{id}/messages",
		LANE_WRITE, BODY_REQUIRED, .handle = api_messages_put,
		.parse = api_messages_parse_all,
		.parameters = " dropped ", .alone = true },
	{ METHOD_PATCH, "/sessions/{id}/messages",
		LANE_WRITE, BODY_REQUIRED, .handle = api_messages_patch,
		.parse = api_messages_parse_suffix, .alone = true },
	{ METHOD_GET, "/sessions/{id}/messages/{message}",
		LANE_READ, BODY_NONE, .handle = api_message_get,
		.parameters = " format as_of " },
	{ METHOD_PUT, "/sessions/{id}/messages/{message}",
		LANE_WRITE, BODY_REQUIRED, .handle = api_message_put,
		.parse = api_message_parse, .alone = true },
	{ METHOD_DELETE, "/sessions/{id}/messages/{message}",
		LANE_WRITE, BODY_NONE, .handle = api_message_delete,
		.alone = true },
	{ METHOD_POST, "/sessions/{id}/fork",
		LANE_WRITE, BODY_OPTIONAL, .handle = api_session_fork,
		.parse = api_session_parse_fork, .alone = true,
		.forks = true },
	{ METHOD_GET, "/sessions/{id}/events",
		LANE_READ, BODY_NONE, .handle = api_events_get,
		.parameters = " after " },
	{ METHOD_GET, "/sessions/{id}/search",
		LANE_READER, BODY_NONE, .handle = api_search_session,
		.parameters = " q limit " },
	{ METHOD_GET, "/search",
		LANE_READER, BODY_NONE, .handle = api_search_all,
		.parameters = " q limit " },
	{ METHOD_GET, "/sessions/{id}/export",
		LANE_READ, BODY_NONE, .handle = api_session_export,
		.audit = "export" },
	{ METHOD_GET, "/export",
		LANE_READ, BODY_NONE, .handle = api_export_get,
		.scope = SCOPE_ADMIN, .audit = "export" },
	{ METHOD_POST, "/import",
		LANE_WRITE, BODY_LINES, .handle = api_import_post,
		.parse = api_import_parse,
		.larger = "the command chatmem import takes a file of any size",
		.parameters = " session line from ", .scope = SCOPE_ADMIN,
		.alone = true, .audit = "import" },
	{ METHOD_GET, "/sessions/{id}/load",
		LANE_READ, BODY_NONE, .handle = api_memory_load,
		.recalls = true,
		.parameters = MEMORY_PARAMETERS LOAD_PARAMETERS },
	{ METHOD_POST, "/sessions/{id}/load",
		LANE_READ, BODY_OPTIONAL, .handle = api_memory_load,
		.recalls = true,
		.parameters = MEMORY_PARAMETERS LOAD_PARAMETERS,
		.scope = SCOPE_READ },
	{ METHOD_POST, "/sessions/{id}/save",
		LANE_WRITE, BODY_REQUIRED, .handle = api_memory_save,
		.parse = api_memory_parse_save,
		.parameters = MEMORY_PARAMETERS, .expects = EXPECT_PROFILE },
	{ METHOD_GET, "/sessions/{id}/memory",
		LANE_READ, BODY_NONE, .handle = api_memory_kept_get },
	{ METHOD_PUT, "/sessions/{id}/memory",
		LANE_WRITE, BODY_REQUIRED, .handle = api_memory_kept_put,
		.parse = api_memory_kept_parse, .expects = EXPECT_PROFILE,
		.alone = true },
	{ METHOD_DELETE, "/sessions/{id}/memory",
		LANE_WRITE, BODY_NONE, .handle = api_memory_kept_delete,
		.expects = EXPECT_PROFILE, .alone = true },
	{ METHOD_POST, "/sessions/{id}/chat",
		LANE_LOCK, BODY_REQUIRED, .handle = api_chat_post,
		.parse = api_chat_parse,
		.parameters = MEMORY_PARAMETERS
			"prompt prompt_template system stream"
			WINDOW_PARAMETERS,
		.expects = EXPECT_PROFILE },
	{ METHOD_POST, "/mcp",
		LANE_READ, BODY_REQUIRED, .handle = api_mcp_post,
		.parse = api_mcp_parse, .storeless = true,
		.any_parameter = true, .scope = SCOPE_READ },
	{ METHOD_GET, "/v1/conversations",
		LANE_READ, BODY_NONE, .handle = api_conversations_get,
		.parameters = OPENAI_PARAMETERS },
	{ METHOD_POST, "/v1/conversations",
		LANE_WRITE, BODY_OPTIONAL, .handle = api_conversations_post,
		.parse = api_conversation_parse_new,
		.expects = EXPECT_MADE | EXPECT_IDS },
	{ METHOD_GET, "/v1/conversations/{id}",
		LANE_READ, BODY_NONE, .handle = api_conversation_get },
	{ METHOD_POST, "/v1/conversations/{id}",
		LANE_WRITE, BODY_REQUIRED, .handle = api_conversation_post,
		.parse = api_conversation_parse_metadata,
		.expects = EXPECT_PROFILE },
	{ METHOD_DELETE, "/v1/conversations/{id}",
		LANE_WRITE, BODY_NONE, .handle = api_conversation_delete,
		.erases = true, .audit = "erasure" },
	{ METHOD_GET, "/v1/conversations/{id}/items",
		LANE_READ, BODY_NONE, .handle = api_items_get,
		.recalls = true,
		.parameters = OPENAI_PARAMETERS INCLUDE_PARAMETERS },
	{ METHOD_POST, "/v1/conversations/{id}/items",
		LANE_WRITE, BODY_REQUIRED, .handle = api_items_post,
		.parse = api_items_parse, .parameters = INCLUDE_PARAMETERS,
		.expects = EXPECT_IDS | EXPECT_REFLECT },
	{ METHOD_GET, "/v1/conversations/{id}/items/{item}",
		LANE_READ, BODY_NONE, .handle = api_item_get,
		.parameters = INCLUDE_PARAMETERS },
	{ METHOD_DELETE, "/v1/conversations/{id}/items/{item}",
		LANE_WRITE, BODY_NONE, .handle = api_item_delete,
		.expects = EXPECT_PROFILE, .alone = true },
	{ METHOD_POST, "/v1/responses",
		LANE_LOCK, BODY_REQUIRED, .handle = api_responses_post,
		.parse = api_responses_parse, .expects = EXPECT_PROFILE,
		.forks = true, .hands_on = true, .replays = true },
	{ METHOD_GET, "/v1/responses/{id}",
		LANE_READ, BODY_NONE, .handle = api_response_get,
		.parameters = " stream starting_after include_obfuscation"
			INCLUDE_PARAMETERS },
	{ METHOD_DELETE, "/v1/responses/{id}",
		LANE_WRITE, BODY_NONE, .handle = api_response_delete },
	{ METHOD_GET, "/v1/responses/{id}/input_items",
		LANE_READ, BODY_NONE, .handle = api_response_inputs_get,
		.parameters = OPENAI_PARAMETERS INCLUDE_PARAMETERS },
	{ METHOD_POST, "/v1/responses/{id}/cancel",
		LANE_READ, BODY_OPTIONAL, .handle = api_response_cancel,
		.storeless = true },
	{ METHOD_GET, "/v1/models",
		LANE_READ, BODY_NONE, .handle = api_models_get,
		.storeless = true, .hands_on = true },
	{ METHOD_GET, "/v1/models/{model}",
		LANE_READ, BODY_NONE, .handle = api_model_get,
		.storeless = true, .hands_on = true },
	{ METHOD_POST, "/v1/embeddings", API_HANDED_ON },
	{ METHOD_POST, "/v1/completions", API_HANDED_ON },
	{ METHOD_POST, "/v1/moderations", API_HANDED_ON },
	{ METHOD_POST, "/v1/rerank", API_HANDED_ON },
	{ METHOD_POST, "/v1/audio/speech", API_HANDED_ON },
	{ METHOD_POST, "/v1/audio/transcriptions", API_HANDED_ON },
	{ METHOD_POST, "/v1/audio/translations", API_HANDED_ON },
	{ METHOD_POST, "/v1/images/generations", API_HANDED_ON },
	{ METHOD_POST, "/v1/images/edits", API_HANDED_ON },
	{ METHOD_POST, "/v1/images/variations", API_HANDED_ON },
	{ METHOD_POST, "/v1/chat/completions",
		LANE_LOCK, BODY_REQUIRED, .handle = api_completions_post,
		.parse = api_completions_parse, .expects = EXPECT_PROFILE,
		.hands_on = true, .replays = true },
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

_Static_assert(COUNT(routes) < METRICS_ROWS, "more routes than rows");

/* No client has this route. */
static const struct api_route reflect_route = { METHOD_POST, "*", LANE_READER,
	BODY_NONE, .handle = api_memory_reflect, .expects = EXPECT_PROFILE };

enum scope api_scope(const struct api_route *route)
{
	if (route->open || route->scope != SCOPE_NONE)
		return route->scope;
	return route->method == METHOD_GET ? SCOPE_READ : SCOPE_WRITE;
}

void api_name_larger(const struct api_route *route, struct error *error)
{
	const struct error why = *error;

	if (why.code == ERROR_TOO_LARGE && route != NULL &&
		route->larger != NULL)
		error_describe(
			error, why.code, "%s; %s", why.message, route->larger);
}

const struct api_route *api_reflect_route(void)
{
	return &reflect_route;
}

enum api_method api_method(struct slice name)
{
	for (size_t i = 0; i < COUNT(methods); i++)
		if (slice_is(name, methods[i].name))
			return methods[i].method;
	return 0;
}

const char *api_method_name(enum api_method method)
{
	for (size_t i = 0; i < COUNT(methods); i++)
		if (methods[i].method == method)
			return methods[i].name;
	return NULL;
}

const struct api_route *api_route_at(size_t at)
{
	return at < COUNT(routes) ? &routes[at] : NULL;
}

size_t api_row_of(const struct api_route *route)
{
	size_t at = 0;

	while (at < COUNT(routes) && &routes[at] != route)
		at++;
	return at;
}
