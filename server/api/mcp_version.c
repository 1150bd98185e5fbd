/* SPDX-License-Identifier: MIT */
/* mcp_version.c - versions of the Model Context Protocol. */
#include "server/api/mcp_version.h"

#include "schema/json/value.h"
#include "server/api/request.h"

#define CLAIM	   "io.modelcontextprotocol/protocolVersion"
#define MCP_AGREED "2025-11-25, 2025-06-18 and 2025-03-26"

/* The newest first; the words for these are MCP_AGREED. */
static const char *const mcp_versions[] = { "2025-11-25", "2025-06-18",
	"2025-03-26" };

static bool mcp_version_is_one(struct slice version)
{
	for (size_t i = 0; i < sizeof(mcp_versions) / sizeof(*mcp_versions);
		i++)
		if (slice_is(version, mcp_versions[i]))
			return true;
	return false;
}

struct slice mcp_version_agreed(struct slice asked)
{
	return mcp_version_is_one(asked) ? asked : slice_of(mcp_versions[0]);
}

bool mcp_version_is_stateless(const struct request *request)
{
	return slice_is(request->mcp_version, MCP_STATELESS);
}

static bool mcp_version_claim(struct slice params, struct slice *claim)
{
	struct slice meta;

	return json_find_kind(params, "_meta", JSON_KIND_OBJECT, &meta) &&
	       json_find_kind(meta, CLAIM, JSON_KIND_STRING, claim);
}

/* A field of the head repeats a string of the body. */
static bool mcp_version_repeats(
	struct slice object, const char *name, struct slice field)
{
	struct slice value;

	if (!json_find_kind(object, name, JSON_KIND_STRING, &value))
		return true; /* that is refused elsewhere */
	return field.data != NULL && json_string_is(value, field);
}

static struct mcp_fault mcp_version_claimed_fault(
	const struct request *request, struct slice params, struct slice claim)
{
	struct slice method;

	if (!json_string_is(claim, request->mcp_version))
		return (struct mcp_fault){ MCP_HEADER_MISMATCH,
			"MCP-Protocol-Version must be the version of "
			"params._meta",
			{ 0 } };
	if (!mcp_version_is_stateless(request))
		return (struct mcp_fault){ MCP_UNSUPPORTED_VERSION,
			"this server has " MCP_STATELESS
			" and, by initialize, " MCP_AGREED,
			claim };
	if (!mcp_version_repeats(request->body, "method", request->mcp_method))
		return (struct mcp_fault){ MCP_HEADER_MISMATCH,
			"Mcp-Method must be the method of the body", { 0 } };
	if (json_find_kind(
		    request->body, "method", JSON_KIND_STRING, &method) &&
		json_string_is(method, SLICE("tools/call")) &&
		!mcp_version_repeats(params, "name", request->mcp_name))
		return (struct mcp_fault){ MCP_HEADER_MISMATCH,
			"Mcp-Name must be the name of the tool in params",
			{ 0 } };
	return (struct mcp_fault){ 0 };
}

/* Of a message of JSON-RPC. */
static struct mcp_fault mcp_version_other_fault(const struct request *request)
{
	struct slice params = SLICE("{}"), claim, id;

	json_find_kind(request->body, "params", JSON_KIND_OBJECT, &params);
	if (mcp_version_claim(params, &claim))
		return mcp_version_claimed_fault(request, params, claim);
	if (mcp_version_is_stateless(request))
		return json_find(request->body, "id", &id)
			       ? (struct mcp_fault){ MCP_WRONG_PARAMS,
					 "params._meta has no " CLAIM, { 0 } }
			       : (struct mcp_fault){ 0 };
	if (request->mcp_version.data &&
		!mcp_version_is_one(request->mcp_version))
		return (struct mcp_fault){ MCP_NOT_A_REQUEST,
			"MCP-Protocol-Version names no version of this server, "
			"which are " MCP_STATELESS ", " MCP_AGREED,
			{ 0 } };
	return (struct mcp_fault){ 0 };
}

struct mcp_fault mcp_version_fault(const struct request *request)
{
	struct slice version;

	if (json_kind(request->body) == JSON_KIND_ARRAY)
		return (struct mcp_fault){ MCP_NOT_A_REQUEST,
			"the protocol has no batches: send one message",
			{ 0 } };
	if (!json_find_kind(
		    request->body, "jsonrpc", JSON_KIND_STRING, &version) ||
		!json_string_is(version, SLICE("2.0")))
		return (struct mcp_fault){ MCP_NOT_A_REQUEST,
			"the body is no message of JSON-RPC 2.0", { 0 } };
	return mcp_version_other_fault(request);
}
