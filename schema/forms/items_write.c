/* SPDX-License-Identifier: MIT */
/* items_write.c - messages of other forms as items. */
#include "schema/forms/chat_parts.h"
#include "schema/forms/form.h"
#include "schema/forms/items.h"
#include "schema/forms/openai_calls.h"
#include "schema/forms/ui_content.h"
#include "schema/json/value.h"
#include "schema/json/write.h"
#include "schema/message/call_ids.h"
#include "schema/message/media.h"

/* --- content ------------------------------------------------------------ */

static void items_write_text(struct text *out, struct slice text)
{
	json_begin_object(out);
	json_member_string(out, "type", SLICE("input_text"));
	json_member(out, "text", text);
	json_end_object(out);
}

static void items_write_media(
	struct text *out, enum media_kind kind, struct slice url)
{
	json_begin_object(out);
	if (kind == MEDIA_IMAGE) {
		json_member_string(out, "type", SLICE("input_image"));
		json_member_string(out, "detail", SLICE("auto"));
		json_member(out, "image_url", url);
	} else {
		json_member_string(out, "type", SLICE("input_file"));
		json_member(out, "file_data", url);
	}
	json_end_object(out);
}

static void items_write_part(struct text *out, struct slice part)
{
	const enum media_kind kind = media_of(part);
	struct slice value;

	if (json_kind(part) == JSON_KIND_STRING) {
		items_write_text(out, part);
	} else if (json_find_kind(part, "text", JSON_KIND_STRING, &value)) {
		items_write_text(out, value);
	} else if (kind != MEDIA_NONE && kind != MEDIA_AUDIO &&
		   ui_content_find_url(part, &value)) {
		items_write_media(out, kind, value);
	} else { /* as its JSON */
		json_begin_object(out);
		json_member_string(out, "type", SLICE("input_text"));
		json_member_string(out, "text", part);
		json_end_object(out);
	}
}

/* The text of parts: an assistant and a tool have no others. */
static void items_write_string(struct text *out, struct slice content)
{
	if (json_kind(content) == JSON_KIND_ARRAY)
		chat_parts_put_lines(out, content);
	else
		json_put(out, json_kind(content) == JSON_KIND_STRING
				      ? content
				      : SLICE("\"\""));
}

static void items_write_content(
	struct text *out, struct slice content, enum message_type type)
{
	struct json_walk walk = json_walk(content);
	struct slice part;

	json_name(out, "content");
	if (type == MESSAGE_AI || json_kind(content) != JSON_KIND_ARRAY) {
		items_write_string(out, content);
		return;
	}
	json_begin_array(out);
	while (json_next_element(&walk, &part))
		items_write_part(out, part);
	json_end_array(out);
}

/* --- items -------------------------------------------------------------- */

static void items_write_message(
	struct text *out, enum message_type type, struct slice data)
{
	static const char *const roles[] = {
		[MESSAGE_HUMAN] = "\"user\"",
		[MESSAGE_AI] = "\"assistant\"",
		[MESSAGE_SYSTEM] = "\"system\"",
		[MESSAGE_TOOL] = "\"user\"",
		[MESSAGE_FUNCTION] = "\"user\"",
		[MESSAGE_GENERIC] = "\"user\"",
	};
	struct slice content = SLICE("\"\""), extra = SLICE("{}");
	struct slice role = slice_of(roles[type]);

	message_find_content(data, &content);
	json_find_kind(data, "additional_kwargs", JSON_KIND_OBJECT, &extra);
	if (type == MESSAGE_SYSTEM)
		json_find_kind(
			extra, "__openai_role__", JSON_KIND_STRING, &role);
	json_begin_object(out);
	json_member_string(out, "type", SLICE("message"));
	json_member(out, "role", role);
	items_write_content(out, content, type);
	json_end_object(out);
}

static bool items_write_is_id(struct slice id)
{
	return json_kind(id) == JSON_KIND_STRING && !slice_is(id, "\"\"");
}

static void items_write_output(struct text *out, struct slice data)
{
	struct slice content = SLICE("\"\""), id = SLICE("null");
	struct slice name = SLICE("\"\"");

	message_find_content(data, &content);
	json_find(data, "tool_call_id", &id);
	json_find_kind(data, "name", JSON_KIND_STRING, &name);
	json_begin_object(out);
	json_member_string(out, "type", SLICE("function_call_output"));
	json_name(out, "call_id");
	if (items_write_is_id(id))
		json_put(out, id);
	else
		call_ids_put_result(out, name);
	json_name(out, "output");
	items_write_string(out, content);
	json_end_object(out);
}

/* A call as OpenAI's chat has it. */
static void items_write_call(struct text *out, struct slice call)
{
	struct slice id = SLICE("null"), function = SLICE("{}");
	struct slice name = SLICE("\"\""), arguments = SLICE("\"\"");

	json_find(call, "id", &id);
	if (!json_find_kind(call, "function", JSON_KIND_OBJECT, &function))
		function = call;
	json_find_kind(function, "name", JSON_KIND_STRING, &name);
	json_find_kind(function, "arguments", JSON_KIND_STRING, &arguments);
	json_begin_object(out);
	json_member_string(out, "type", SLICE("function_call"));
	json_name(out, "call_id");
	if (items_write_is_id(id))
		json_put(out, id);
	else
		call_ids_put(out, name, arguments);
	json_member(out, "name", name);
	json_member(out, "arguments", arguments);
	json_end_object(out);
}

/* Text first, then the calls of the message; at least one item. */
static void items_write_answer(
	struct text *out, const struct message *message, struct slice data)
{
	struct slice content = SLICE("\"\""), calls = SLICE("[]"), call;
	struct slice legacy = { 0 };
	struct text chat = { 0 };
	struct json_walk walk;

	format_openai(&chat, message);
	out->failed |= chat.failed;
	if (!out->failed) {
		json_find_kind(text_view(&chat), "tool_calls", JSON_KIND_ARRAY,
			&calls);
		json_find_kind(text_view(&chat), "function_call",
			JSON_KIND_OBJECT, &legacy);
		message_find_content(data, &content);
		if ((json_count(calls) == 0 && legacy.length == 0) ||
			!(slice_is(content, "\"\"") ||
				slice_is(content, "null") ||
				slice_is(content, "[]")))
			items_write_message(out, message->type, data);
		walk = json_walk(calls);
		while (json_next_element(&walk, &call))
			items_write_call(out, call);
		if (legacy.length > 0)
			items_write_call(out, legacy);
	}
	text_clear(&chat);
}

void items_write(struct text *out, const struct message *message)
{
	struct text scratch = { 0 };
	struct slice data = form_data(message, &scratch);

	if (scratch.failed)
		data = SLICE("{}");
	if (message->type == MESSAGE_TOOL || message->type == MESSAGE_FUNCTION)
		items_write_output(out, data);
	else if (message->type == MESSAGE_AI)
		items_write_answer(out, message, data);
	else
		items_write_message(out, message->type, data);
	out->failed |= scratch.failed;
	text_clear(&scratch);
}
