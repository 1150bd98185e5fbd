/* SPDX-License-Identifier: MIT */
/*
 * mcp.h - the result of a tool that was called by the Model Context Protocol.
 */
#ifndef SERVER_API_MCP_H
#define SERVER_API_MCP_H

struct error;
struct reply;
struct request;

/*
 * Makes the result of the request's mcp_call of what its route has replied, or
 * of the reason why it has not.  Without memory its body has failed.
 */
void api_mcp_answer(struct reply *reply, const struct request *request,
	const struct error *error);

#endif
