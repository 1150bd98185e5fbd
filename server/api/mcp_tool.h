/* SPDX-License-Identifier: MIT */
/*
 * mcp_tool.h - the call of a tool becomes the request of a route.
 */
#ifndef SERVER_API_MCP_TOOL_H
#define SERVER_API_MCP_TOOL_H

#include "schema/text.h"

struct error;
struct request;

/*
 * Makes the request that the call `params` stands for, in place, and checks it.
 * 0 with an empty request->mcp_call: there is no such tool.  -1 describes what
 * is wrong with the arguments.
 */
int mcp_tool_begin(struct request *request, struct slice id,
	struct slice params, struct error *error);

#endif
