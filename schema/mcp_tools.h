/* SPDX-License-Identifier: MIT */
/*
 * mcp_tools.h - the file schema/mcp_tools.json, embedded by CMake.
 */
#ifndef SCHEMA_MCP_TOOLS_H
#define SCHEMA_MCP_TOOLS_H

/* The list of tools/list. */
extern const char *const mcp_tools_json;

#endif
