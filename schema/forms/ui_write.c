/* SPDX-License-Identifier: MIT */
/* ui_write.c - messages of any form as UIMessages of the AI SDK. */
#include "schema/forms/ui_write.h"

#include "schema/forms/form.h"
#include "schema/forms/openai_calls.h"
#include "schema/forms/ui_content.h"
#include "schema/json/value.h"
#include "schema/json/write.h"
#include "schema/message/call_ids.h"
#include "schema/message/tool_calls.h"

void ui_write_own(struct text *out, const struct message *message)
{
	struct slice value;

	if (json_find_kind(message->body, "id", JSON_KIND_STRING, &value)) {
		json_put(out, message->body);
		return;
	}
	json_begin_object(out);
	json_member_string(out, "id", message->id);
	json_members_but(out, message->body, "id");
	json_end_object(out);
}

/* --- calls -------------------------------------------------------------- */

static bool ui_write_is_id(struct slice id)
{
	return json_kind(id) == JSON_KIND_STRING && !slice_is(id, "\"\"");
}

static void ui_write_call_id(struct text *out, struct slice id,
	struct slice name, struct slice arguments)
{
	json_name(out, "toolCallId");
	if (ui_write_is_id(id))
		json_put(out, id);
	else
		call_ids_put(out, name, arguments);
}

static void ui_write_call(struct text *out, struct slice call)
{
	struct slice name = SLICE("\"\""), id = SLICE("null");
	struct slice args = SLICE("{}");

	json_find_kind(call, "name", JSON_KIND_STRING, &name);
	json_find(call, "id", &id);
	json_find(call, "args", &args);
	json_begin_object(out);
	json_name(out, "type");
	json_begin_string(out);
	text_string(out, "tool-");
	text_slice(out, json_inner(name));
	json_end_string(out);
	ui_write_call_id(out, id, name, args);
	json_member_string(out, "state", SLICE("input-available"));
	json_member(out, "input", args);
	json_end_object(out);
}

/* Its arguments could not be read: the SDK has that as an error. */
static void ui_write_invalid(struct text *out, struct slice call)
{
	struct slice name = SLICE("\"\""), id = SLICE("null");
	struct slice args = SLICE("\"\""), wrong = SLICE("\"Malformed args.\"");

	json_find_kind(call, "name", JSON_KIND_STRING, &name);
	json_find(call, "id", &id);
	json_find_kind(call, "args", JSON_KIND_STRING, &args);
	json_find_kind(call, "error", JSON_KIND_STRING, &wrong);
	json_begin_object(out);
	json_member_string(out, "type", SLICE("dynamic-tool"));
	json_member(out, "toolName", name);
	ui_write_call_id(out, id, name, args);
	json_member_string(out, "state", SLICE("output-error"));
	json_member(out, "input", args);
	json_member(out, "errorText", wrong);
	json_end_object(out);
}

static void ui_write_each(struct text *out, struct slice data,
	const char *member, void (*write)(struct text *out, struct slice call))
{
	struct slice calls, call;
	struct json_walk walk;

	if (!json_find_kind(data, member, JSON_KIND_ARRAY, &calls))
		return;
	walk = json_walk(calls);
	while (json_next_element(&walk, &call))
		write(out, call);
}

/* The calls of data in one shape, wherever they stand. */
static void ui_write_calls(struct text *out, struct slice data)
{
	struct slice calls = SLICE("[]"), invalid = SLICE("[]");
	struct slice extra = SLICE("{}"), function;
	struct text shaped = { 0 }, legacy = { 0 };

	json_find_kind(data, "additional_kwargs", JSON_KIND_OBJECT, &extra);
	json_find(data, "invalid_tool_calls", &invalid);
	json_find_kind(tool_calls_are_listed(data) ? data : extra, "tool_calls",
		JSON_KIND_ARRAY, &calls);
	if (json_count(calls) == 0 && json_find_kind(extra, "function_call",
					      JSON_KIND_OBJECT, &function)) {
		json_begin_array(&legacy);
		json_put(&legacy, function);
		json_end_array(&legacy);
		calls = text_view(&legacy);
	}
	json_begin_object(&shaped);
	openai_calls_write_both(&shaped, calls, invalid);
	json_end_object(&shaped);
	out->failed |= shaped.failed || legacy.failed;
	if (!out->failed) {
		ui_write_each(
			out, text_view(&shaped), "tool_calls", ui_write_call);
		ui_write_each(out, text_view(&shaped), "invalid_tool_calls",
			ui_write_invalid);
	}
	text_clear(&shaped);
	text_clear(&legacy);
}

/* --- messages ----------------------------------------------------------- */

static const char *ui_write_role(enum message_type type)
{
	static const char *const roles[] = {
		[MESSAGE_HUMAN] = "user",
		[MESSAGE_AI] = "assistant",
		[MESSAGE_SYSTEM] = "system",
		[MESSAGE_TOOL] = "tool",
		[MESSAGE_FUNCTION] = "tool",
		[MESSAGE_GENERIC] = "user",
	};

	return roles[type];
}

static void ui_write_result(struct text *out, struct slice data)
{
	struct slice content = SLICE("\"\""), name = SLICE("\"tool\"");
	struct slice id = SLICE("null"), status = SLICE("\"\"");
	bool wrong;

	message_find_content(data, &content);
	json_find_kind(data, "name", JSON_KIND_STRING, &name);
	json_find(data, "tool_call_id", &id);
	json_find_kind(data, "status", JSON_KIND_STRING, &status);
	wrong = json_string_is(status, SLICE("error"));
	json_begin_object(out);
	json_member_string(out, "type", SLICE("dynamic-tool"));
	json_member(out, "toolName", name);
	json_name(out, "toolCallId");
	if (ui_write_is_id(id))
		json_put(out, id);
	else
		call_ids_put_result(out, name);
	json_member(out, "input", SLICE("{}"));
	json_member_string(out, "state",
		wrong ? SLICE("output-error") : SLICE("output-available"));
	if (!wrong)
		json_member(out, "output", content);
	else if (json_kind(content) == JSON_KIND_STRING)
		json_member(out, "errorText", content);
	else
		json_member_string(out, "errorText", content);
	json_end_object(out);
}

static void ui_write_parts(
	struct text *out, enum message_type type, struct slice data)
{
	struct slice content = SLICE("\"\""), extra, thought;

	if (type == MESSAGE_TOOL || type == MESSAGE_FUNCTION) {
		ui_write_result(out, data);
		return;
	}
	message_find_content(data, &content);
	if (json_find_kind(
		    data, "additional_kwargs", JSON_KIND_OBJECT, &extra) &&
		json_find_kind(
			extra, "reasoning_content", JSON_KIND_STRING, &thought))
		ui_content_put_text(out, "reasoning", thought);
	ui_content_write(out, content, type != MESSAGE_AI);
	if (type == MESSAGE_AI)
		ui_write_calls(out, data);
}

void ui_write_other(struct text *out, const struct message *message)
{
	struct text scratch = { 0 };
	const struct slice data = form_data(message, &scratch);

	json_begin_object(out);
	json_member_string(out, "id", message->id);
	json_member_string(out, "role", slice_of(ui_write_role(message->type)));
	json_name(out, "parts");
	json_begin_array(out);
	if (!scratch.failed)
		ui_write_parts(out, message->type, data);
	json_end_array(out);
	json_end_object(out);
	out->failed |= scratch.failed;
	text_clear(&scratch);
}
