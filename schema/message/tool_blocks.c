/* SPDX-License-Identifier: MIT */
/* tool_blocks.c - calls and results that are blocks of a content. */
#include "schema/message/tool_blocks.h"

#include "schema/json/value.h"

bool tool_block_is(bool human, struct slice block, struct tool_call *call)
{
	static const struct slice types[] = { { "tool_use", 8 },
		{ "tool_call", 9 }, { "function_call", 13 } };
	struct slice type;

	if (!json_find_kind(block, "type", JSON_KIND_STRING, &type))
		return false;
	*call = (struct tool_call){ .block = true, .id = SLICE("\"\"") };
	if (human) {
		json_find_kind(
			block, "tool_use_id", JSON_KIND_STRING, &call->id);
		return json_string_is(type, SLICE("tool_result"));
	}
	if (!json_find_kind(block, "call_id", JSON_KIND_STRING, &call->id))
		json_find_kind(block, "id", JSON_KIND_STRING, &call->id);
	return json_string_among(type, types, 3) < 3;
}
