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
#include "server/api/mcp_version.h"

/* A client may keep the list of tools so long. */
#define MCP_KEEP_MS 300000

/* A string or a whole number, short enough to be kept. */
static bool mcp_is_id(struct slice id)
{
	int64_t number;

	return id.length < MCP_ID_MAX &&
	       (json_kind(id) == JSON_KIND_STRING || json_int64(id, &number));
}

/* --- answers ------------------------------------------------------------ */

static void mcp_begin(struct text *out, struct slice id)
{
	json_begin_object(out);
	json_member_string(out, "jsonrpc", SLICE("2.0"));
	json_member(out, "id", id);
}

static int mcp_refuse(struct reply *reply, int status, struct slice id,
	struct mcp_fault fault)
{
	struct text *out = &reply->body;

	reply->status = status;
	mcp_begin(out, id.length ? id : SLICE("null"));
	json_name(out, "error");
	json_begin_object(out);
	json_member_number(out, "code", fault.code);
	json_member_string(out, "message", slice_of(fault.words));
	if (fault.asked.length > 0) {
		json_name(out, "data");
		json_begin_object(out);
		json_member(out, "supported", SLICE("[\"" MCP_STATELESS "\"]"));
		json_member(out, "requested", fault.asked);
		json_end_object(out);
	}
	json_end_object(out);
	json_end_object(out);
	return 0;
}

static void mcp_write_server(struct text *out, const char *name)
{
	json_name(out, name);
	json_begin_object(out);
	json_member_string(out, "name", SLICE("chatmem"));
	json_member_string(out, "version", SLICE(CHATMEM_VERSION));
	json_end_object(out);
}

/* The abilities of the server, in the results of two methods. */
static void mcp_write_abilities(struct text *out)
{
	json_member(out, "capabilities", SLICE("{\"tools\":{}}"));
	json_member_string(out, "instructions",
		SLICE("Keeps conversations, word for word. A session is one "
		      "conversation; it is made by the first message."));
}

/* Members of each result since MCP_STATELESS. */
static void mcp_write_complete(struct text *out, bool kept)
{
	json_member_string(out, "resultType", SLICE("complete"));
	if (kept) {
		json_member_number(out, "ttlMs", MCP_KEEP_MS);
		json_member_string(out, "cacheScope", SLICE("public"));
	}
	json_name(out, "_meta");
	json_begin_object(out);
	mcp_write_server(out, "io.modelcontextprotocol/serverInfo");
	json_end_object(out);
}

/* --- methods: each writes the members of its result ---------------------- */

static void mcp_write_initialized(struct text *out, struct slice params)
{
	struct slice asked = { 0 };

	json_find_kind(params, "protocolVersion", JSON_KIND_STRING, &asked);
	asked = asked.length ? json_inner(asked) : asked;
	json_member_string(out, "protocolVersion", mcp_version_agreed(asked));
	mcp_write_abilities(out);
	mcp_write_server(out, "serverInfo");
}

static void mcp_write_pong(struct text *out, struct slice params)
{
	(void)out;
	(void)params;
}

static void mcp_write_discovered(struct text *out, struct slice params)
{
	(void)params;
	json_member(out, "supportedVersions", SLICE("[\"" MCP_STATELESS "\"]"));
	mcp_write_abilities(out);
}

static void mcp_write_tools(struct text *out, struct slice params)
{
	(void)params;
	json_member(out, "tools", slice_of(mcp_tools_json));
}

static const struct mcp_method {
	const char *name;
	void (*write)(struct text *out, struct slice params);
	/* Of versions that are agreed on, and of those that are claimed. */
	bool agreed, claimed;
} mcp_methods[] = {
	{ "initialize", mcp_write_initialized, .agreed = true },
	{ "ping", mcp_write_pong, .agreed = true },
	{ "server/discover", mcp_write_discovered, .claimed = true },
	{ "tools/list", mcp_write_tools, .agreed = true, .claimed = true },
};

static const struct mcp_method *mcp_method_find(
	struct slice name, bool stateless)
{
	const size_t count = sizeof(mcp_methods) / sizeof(*mcp_methods);

	for (const struct mcp_method *m = mcp_methods; m < mcp_methods + count;
		m++)
		if (json_string_is(name, slice_of(m->name)) &&
			(stateless ? m->claimed : m->agreed))
			return m;
	return NULL;
}

static int mcp_refuse_method(struct reply *reply, struct slice method,
	struct slice id, bool stateless)
{
	if (json_string_is(method, SLICE("tools/call")))
		return mcp_refuse(reply, 200, id,
			(struct mcp_fault){ MCP_WRONG_PARAMS,
				"params must have the name of a tool "
				"of tools/list and its arguments, an object",
				{ 0 } });
	if (stateless)
		return mcp_refuse(reply, 404, id,
			(struct mcp_fault){ MCP_NO_SUCH_METHOD,
				"the methods are server/discover, "
				"tools/list and tools/call",
				{ 0 } });
	return mcp_refuse(reply, 200, id,
		(struct mcp_fault){ MCP_NO_SUCH_METHOD,
			"the methods are initialize, ping, "
			"tools/list and tools/call",
			{ 0 } });
}

static int mcp_answer_method(struct reply *reply, const struct request *request,
	struct slice method, struct slice id)
{
	const bool stateless = mcp_version_is_stateless(request);
	const struct mcp_method *found = mcp_method_find(method, stateless);
	struct slice params = SLICE("{}");

	if (found == NULL)
		return mcp_refuse_method(reply, method, id, stateless);
	json_find_kind(request->body, "params", JSON_KIND_OBJECT, &params);
	reply->status = 200;
	mcp_begin(&reply->body, id);
	json_name(&reply->body, "result");
	json_begin_object(&reply->body);
	found->write(&reply->body, params);
	if (stateless)
		mcp_write_complete(&reply->body, true);
	json_end_object(&reply->body);
	json_end_object(&reply->body);
	return 0;
}

/* Answers all but calls of tools, which have become other requests. */
int api_mcp_post(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	const struct slice body = request->body;
	const struct mcp_fault fault = mcp_version_fault(request);
	struct slice method, id = { 0 }, result;

	(void)store;
	(void)error;
	if (fault.words != NULL) {
		if (fault.code == MCP_NOT_A_REQUEST ||
			!json_find(body, "id", &id) || !mcp_is_id(id))
			id = (struct slice){ 0 };
		return mcp_refuse(reply, 400, id, fault);
	}
	if (!json_find_kind(body, "method", JSON_KIND_STRING, &method)) {
		if (json_find(body, "result", &result) ||
			json_find(body, "error", &result)) {
			reply->status = 202; /* an answer to nothing */
			return 0;
		}
		return mcp_refuse(reply, 400, id,
			(struct mcp_fault){ MCP_NOT_A_REQUEST,
				"method must be a string", { 0 } });
	}
	if (!json_find(body, "id", &id)) {
		reply->status = 202; /* a notification */
		return 0;
	}
	if (!mcp_is_id(id))
		return mcp_refuse(reply, 400, (struct slice){ 0 },
			(struct mcp_fault){ MCP_NOT_A_REQUEST,
				"id must be a whole number or a string of 1 to "
				"125 bytes",
				{ 0 } });
	return mcp_answer_method(reply, request, method, id);
}

/* --- calls -------------------------------------------------------------- */

int api_mcp_parse(struct request *request, struct error *error)
{
	struct slice method, id, params;

	if (mcp_version_fault(request).words != NULL ||
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
	if (mcp_version_is_stateless(request))
		mcp_write_complete(&out, false);
	json_end_object(&out);
	json_end_object(&out);
	reply_clear(reply);
	reply->status = 200;
	reply->body = out;
}
