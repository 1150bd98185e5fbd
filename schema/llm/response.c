/* SPDX-License-Identifier: MIT */
/* response.c - what a model's server with /responses is told and answers. */
#include "schema/llm/response.h"

#include "schema/error.h"
#include "schema/json/scan.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* --- the answer --------------------------------------------------------- */

bool response_is_one(struct slice answer)
{
	struct slice output;

	return answer.length > 0 && json_kind(answer) == JSON_KIND_OBJECT &&
	       json_find_kind(answer, "output", JSON_KIND_ARRAY, &output);
}

int response_read(struct slice answer, struct text *out, struct error *error)
{
	static const struct json_limits limits = { .depth = 64,
		.values = 1000000 };
	struct json_scratch scratch = { 0 };
	struct error why = { 0 };
	const int result = json_scan_copy(out, answer, &limits, &scratch, &why);

	json_scratch_clear(&scratch);
	if (why.code == ERROR_UNAVAILABLE)
		return error_out_of_memory(error);
	if (result == 0 && response_is_one(text_view(out)))
		return 0;
	return error_set(error, ERROR_UPSTREAM,
		"the upstream answered what is no response: %.*s",
		SLICE_SHORT(answer));
}

struct slice response_output(struct slice response)
{
	struct slice output = SLICE("[]");

	json_find_kind(response, "output", JSON_KIND_ARRAY, &output);
	return output;
}

bool response_is_kept(struct slice response)
{
	static const struct slice kept[] = { { "completed", 9 },
		{ "incomplete", 10 } };
	struct slice status;

	/* Some servers leave it out. */
	return !json_find_kind(response, "status", JSON_KIND_STRING, &status) ||
	       json_string_among(status, kept, COUNT(kept)) < COUNT(kept);
}

/* --- what a model is told ----------------------------------------------- */

static struct slice response_type(struct slice item)
{
	struct slice type = SLICE("\"message\"");

	json_find_kind(item, "type", JSON_KIND_STRING, &type);
	return type;
}

/* Of these a server takes all that it is told, and looks up no id. */
static bool response_needs_no_id(struct slice item)
{
	static const struct slice types[] = { { "message", 7 },
		{ "function_call", 13 }, { "function_call_output", 20 },
		{ "reasoning", 9 }, { "custom_tool_call", 16 },
		{ "custom_tool_call_output", 23 } };

	return json_string_among(response_type(item), types, COUNT(types)) <
	       COUNT(types);
}

bool response_is_opaque(struct slice item)
{
	struct slice content;

	return json_string_is(response_type(item), SLICE("reasoning")) &&
	       !json_find_kind(
		       item, "encrypted_content", JSON_KIND_STRING, &content);
}

void response_tell(struct text *out, struct slice item)
{
	struct json_walk walk = json_walk(item);
	struct slice name, value;
	const bool bare = response_needs_no_id(item);

	if (response_is_opaque(item))
		return;
	json_begin_object(out);
	while (json_next_member(&walk, &name, &value))
		if (!bare || !json_string_is(name, SLICE("id")))
			json_member_json(out, name, value);
	json_end_object(out);
}
