/* SPDX-License-Identifier: MIT */
/*
 * mcp_version.h - the version of the Model Context Protocol that a message is
 * of.
 *
 * Versions of 2025 are agreed on by `initialize`.  Since 2026-07-28 there is no
 * such exchange: each request claims its version, in params._meta, and repeats
 * version, method and name of the tool in its head.
 */
#ifndef SERVER_API_MCP_VERSION_H
#define SERVER_API_MCP_VERSION_H

#include <stdbool.h>

#include "schema/text.h"

struct request;

/* Codes of JSON-RPC 2.0, and of the protocol. */
enum mcp_code {
	MCP_NOT_A_REQUEST = -32600,
	MCP_NO_SUCH_METHOD = -32601,
	MCP_WRONG_PARAMS = -32602,
	MCP_HEADER_MISMATCH = -32020,
	MCP_UNSUPPORTED_VERSION = -32022,
};

/* The version that each request claims. */
#define MCP_STATELESS "2026-07-28"

/* Why a message is refused, with 400; words NULL: it is not. */
struct mcp_fault {
	enum mcp_code code;
	const char *words;
	struct slice asked; /* a version that there is not, in JSON */
};

/* The one that `initialize` agrees on: the version asked for, or the newest. */
struct slice mcp_version_agreed(struct slice asked);

/* Is a message that has no fault one of MCP_STATELESS? */
bool mcp_version_is_stateless(const struct request *request);

/* Is the message, which is a JSON value, one of this protocol? */
struct mcp_fault mcp_version_fault(const struct request *request);

#endif
