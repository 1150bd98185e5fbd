/* SPDX-License-Identifier: MIT */
/*
 * mcp.c - the Model Context Protocol, without a state: one POST, one answer.
 *
 * A tool is a route.  A call of it becomes that route's request, in place, and
 * is checked and run as any other; api_mcp_answer() makes the call's result of
 * the reply.  All other methods are answered here.
 */
#include "server/api/mcp.h"

#include <string.h>

#include "schema/json/value.h"
#include "schema/json/write.h"
#include "schema/mcp_tools.h"
#include "server/api/handlers.h"
#include "server/api/mcp_tool.h"

/* Codes of JSON-RPC 2.0. */
#define NOT_A_REQUEST  (-32600)
#define NO_SUCH_METHOD (-32601)
#define WRONG_PARAMS   (-32602)

/* The newest first. */
static const char *const mcp_versions[] = { "2025-11-25", "2025-06-18",
	"2025-03-26" };

static bool mcp_is_version(struct slice version)
{
	for (size_t i = 0; i < sizeof(mcp_versions) / sizeof(*mcp_versions);
		i++)
		if (slice_is(version, mcp_versions[i]))
			return true;
	return false;
}

/* A string or a whole number, short enough to be kept. */
static bool mcp_is_id(struct slice id)
{
	int64_t number;

	return id.length < MCP_ID_MAX &&
	       (json_kind(id) == JSON_KIND_STRING || json_int64(id, &number));
}

/* Is the message one of this protocol, and this version of it? */
static const char *mcp_find_fault(const struct request *request)
{
	const struct slice body = request->body;
	struct slice version;

	if (request->mcp_version.data && !mcp_is_version(request->mcp_version))
		return "MCP-Protocol-Version names no version of this server, "
		       "which are 2025-11-25, 2025-06-18 and 2025-03-26";
	if (json_kind(body) == JSON_KIND_ARRAY)
		return "the protocol has no batches: send one message";
	if (!json_find_kind(body, "jsonrpc", JSON_KIND_STRING, &version) ||
		!json_string_is(version, SLICE("2.0")))
		return "the body is no message of JSON-RPC 2.0";
	return NULL;
}

/* --- answers ------------------------------------------------------------ */

static void mcp_begin(struct text *out, struct slice id)
{
	json_begin_object(out);
	json_member_string(out, "jsonrpc", SLICE("2.0"));
	json_member(out, "id", id);
}

static int mcp_refuse(struct reply *reply, int status, struct slice id,
	int code, const char *words)
{
	struct text *out = &reply->body;

	reply->status = status;
	mcp_begin(out, id.length ? id : SLICE("null"));
	json_name(out, "error");
	json_begin_object(out);
	json_member_number(out, "code", code);
	json_member_string(out, "message", slice_of(words));
	json_end_object(out);
	json_end_object(out);
	return 0;
}

static void mcp_write_initialized(struct text *out, struct slice params)
{
	struct slice asked = { 0 };

	json_find_kind(params, "protocolVersion", JSON_KIND_STRING, &asked);
	asked = asked.length ? json_inner(asked) : asked;
	json_begin_object(out);
	json_member_string(out, "protocolVersion",
		mcp_is_version(asked) ? asked : slice_of(mcp_versions[0]));
	json_member(out, "capabilities", SLICE("{\"tools\":{}}"));
	json_name(out, "serverInfo");
	json_begin_object(out);
	json_member_string(out, "name", SLICE("chatmem"));
	json_member_string(out, "version", SLICE(CHATMEM_VERSION));
	json_end_object(out);
	json_member_string(out, "instructions",
		SLICE("Keeps conversations, word for word. A session is one "
		      "conversation; it is made by the first message."));
	json_end_object(out);
}

static void mcp_write_pong(struct text *out, struct slice params)
{
	(void)params;
	json_put(out, SLICE("{}"));
}

static void mcp_write_tools(struct text *out, struct slice params)
{
	(void)params;
	json_put(out, slice_of(mcp_tools_json));
}

static const struct {
	const char *name;
	void (*write)(struct text *out, struct slice params);
} mcp_methods[] = {
	{ "initialize", mcp_write_initialized },
	{ "ping", mcp_write_pong },
	{ "tools/list", mcp_write_tools },
};

static int mcp_answer_method(struct reply *reply, struct slice body,
	struct slice method, struct slice id)
{
	struct slice params = SLICE("{}");

	json_find_kind(body, "params", JSON_KIND_OBJECT, &params);
	for (size_t i = 0; i < sizeof(mcp_methods) / sizeof(*mcp_methods);
		i++) {
		if (!json_string_is(method, slice_of(mcp_methods[i].name)))
			continue;
		reply->status = 200;
		mcp_begin(&reply->body, id);
		json_name(&reply->body, "result");
		mcp_methods[i].write(&reply->body, params);
		json_end_object(&reply->body);
		return 0;
	}
	if (json_string_is(method, SLICE("tools/call")))
		return mcp_refuse(reply, 200, id, WRONG_PARAMS,
			"params must have the name of a tool of tools/list and "
			"its arguments, an object");
	return mcp_refuse(reply, 200, id, NO_SUCH_METHOD,
		"the methods are initialize, ping, tools/list and tools/call");
}

/* Answers all but calls of tools, which have become other requests. */
int api_mcp_post(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	const struct slice body = request->body;
	const char *fault = mcp_find_fault(request);
	struct slice method, id, result;

	(void)store;
	(void)error;
	if (fault != NULL)
		return mcp_refuse(
			reply, 400, (struct slice){ 0 }, NOT_A_REQUEST, fault);
	if (!json_find_kind(body, "method", JSON_KIND_STRING, &method)) {
		if (json_find(body, "result", &result) ||
			json_find(body, "error", &result)) {
			reply->status = 202; /* an answer to nothing */
			return 0;
		}
		return mcp_refuse(reply, 400, (struct slice){ 0 },
			NOT_A_REQUEST, "method must be a string");
	}
	if (!json_find(body, "id", &id)) {
		reply->status = 202; /* a notification */
		return 0;
	}
	if (!mcp_is_id(id))
		return mcp_refuse(reply, 400, (struct slice){ 0 },
			NOT_A_REQUEST,
			"id must be a whole number or a string of 1 to 125 "
			"bytes");
	return mcp_answer_method(reply, body, method, id);
}

/* --- calls -------------------------------------------------------------- */

int api_mcp_parse(struct request *request, struct error *error)
{
	struct slice method, id, params;

	if (mcp_find_fault(request) != NULL ||
		!json_find_kind(
			request->body, "method", JSON_KIND_STRING, &method) ||
		!json_string_is(method, SLICE("tools/call")) ||
		!json_find(request->body, "id", &id) || !mcp_is_id(id) ||
		!json_find_kind(
			request->body, "params", JSON_KIND_OBJECT, &params))
		return 0;
	return mcp_tool_begin(request, id, params, error);
}

void api_mcp_answer(struct reply *reply, const struct request *request,
	const struct error *error)
{
	const struct slice said =
		error ? slice_of(error->message) : text_view(&reply->body);
	struct text out = { 0 };

	mcp_begin(&out, slice_of(request->mcp_call));
	json_name(&out, "result");
	json_begin_object(&out);
	json_name(&out, "content");
	json_begin_array(&out);
	json_begin_object(&out);
	json_member_string(&out, "type", SLICE("text"));
	json_member_string(&out, "text", said);
	json_end_object(&out);
	json_end_array(&out);
	if (!error)
		json_member(&out, "structuredContent", said);
	json_member_bool(&out, "isError", error != NULL);
	json_end_object(&out);
	json_end_object(&out);
	reply_clear(reply);
	reply->status = 200;
	reply->body = out;
}
