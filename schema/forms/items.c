/* SPDX-License-Identifier: MIT */
/* items.c - whose items are, and LangChain's data of them. */
#include "schema/forms/items.h"
#include "schema/forms/chat_media.h"
#include "schema/forms/chat_parts.h"

#include "schema/forms/form.h"
#include "schema/forms/openai_calls.h"
#include "schema/forms/reader.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* --- types -------------------------------------------------------------- */

static const struct form_word items_roles[] = {
	{ "user", MESSAGE_HUMAN },
	{ "assistant", MESSAGE_AI },
	{ "system", MESSAGE_SYSTEM },
	{ "developer", MESSAGE_SYSTEM },
	{ NULL, MESSAGE_GENERIC },
};

/* A part of a content that no chat completion has. */
static bool items_is_part(struct slice part)
{
	static const struct slice types[] = { { "input_text", 10 },
		{ "output_text", 11 }, { "input_image", 11 },
		{ "input_file", 10 } };
	struct slice type;

	return json_find_kind(part, "type", JSON_KIND_STRING, &type) &&
	       json_string_among(type, types, COUNT(types)) < COUNT(types);
}

/* Is it a message whose type is left out, told by its parts? */
static bool items_is_untyped(struct slice item)
{
	struct slice role, content, part;
	struct json_walk walk;

	if (!json_find_kind(item, "content", JSON_KIND_ARRAY, &content) ||
		!json_find_kind(item, "role", JSON_KIND_STRING, &role) ||
		form_word_find(items_roles, role)->name == NULL ||
		json_find(item, "tool_calls", &part))
		return false;
	walk = json_walk(content);
	while (json_next_element(&walk, &part))
		if (items_is_part(part))
			return true;
	return false;
}

struct slice items_type(struct slice item)
{
	struct slice type;

	if (json_find(item, "type", &type))
		return json_kind(type) == JSON_KIND_STRING ? type
							   : SLICE("\"\"");
	return items_is_untyped(item) ? SLICE("\"message\"") : SLICE("\"\"");
}

static bool items_ends(struct slice type, struct slice end)
{
	const struct slice inner = json_inner(type);

	return inner.length > end.length &&
	       slice_equal(
		       (struct slice){ inner.data + inner.length - end.length,
			       end.length },
		       end);
}

bool items_is_call(struct slice type)
{
	return items_ends(type, SLICE("_call"));
}

bool items_is_output(struct slice type)
{
	return items_ends(type, SLICE("_output"));
}

/* All others end in _call, or are what came of it. */
static const struct form_word items_types[] = {
	{ "reasoning", MESSAGE_AI },
	{ "compaction", MESSAGE_AI },
	{ "program", MESSAGE_AI },
	{ "additional_tools", MESSAGE_AI },
	{ "configuration_update", MESSAGE_AI },
	{ "item_reference", MESSAGE_AI },
	{ "mcp_list_tools", MESSAGE_AI },
	{ "mcp_approval_request", MESSAGE_AI },
	{ "mcp_approval_response", MESSAGE_HUMAN },
	{ NULL, (enum message_type)0 },
};

enum message_type items_type_of(struct slice item)
{
	const struct slice type = items_type(item);
	struct slice role = SLICE("\"\"");

	if (slice_is(type, "\"\""))
		return (enum message_type)0;
	if (json_string_is(type, SLICE("message"))) {
		json_find_kind(item, "role", JSON_KIND_STRING, &role);
		return form_word_find(items_roles, role)->type;
	}
	if (items_is_call(type))
		return MESSAGE_AI;
	if (items_is_output(type))
		return MESSAGE_TOOL;
	return form_word_find(items_types, type)->type;
}

bool items_is_item(const struct message *message)
{
	static const struct slice names[] = { { "content", 7 }, { "role", 4 },
		{ "type", 4 }, { "id", 2 }, { "status", 6 }, { "phase", 5 } };
	struct json_walk walk = json_walk(message->body);
	struct slice name, value;
	bool has_text = false;

	if (message->form != MESSAGE_OPENAI || message->type > MESSAGE_SYSTEM)
		return message->form == MESSAGE_ITEM;
	while (json_next_member(&walk, &name, &value)) {
		const size_t at = json_string_among(name, names, COUNT(names));

		if (at == COUNT(names))
			return false;
		if (at == 0)
			has_text = json_kind(value) == JSON_KIND_STRING ||
				   slice_is(value, "[]");
	}
	return has_text;
}

static bool items_is_message(struct slice item)
{
	return json_string_is(items_type(item), SLICE("message"));
}

char items_kind(const struct message *message)
{
	if (message->form != MESSAGE_ITEM || message->type != MESSAGE_AI)
		return ITEM_NONE;
	if (json_string_is(items_type(message->body), SLICE("reasoning")))
		return ITEM_THOUGHT;
	return items_is_message(message->body) ? ITEM_TEXT : ITEM_CALL;
}

bool items_kinds_continue(char first, char next)
{
	if (first == ITEM_NONE || next == ITEM_NONE)
		return false;
	return first != ITEM_TEXT || next == ITEM_CALL;
}

/* --- content ------------------------------------------------------------ */

/* A chat has media of users only: elsewhere they are named. */
static void items_put_part(
	struct text *out, struct slice part, enum message_type type)
{
	struct slice text;

	if (json_find_kind(part, "text", JSON_KIND_STRING, &text) ||
		json_find_kind(part, "refusal", JSON_KIND_STRING, &text))
		chat_parts_put_text(out, text);
	else if (!chat_media_put(out, part, type == MESSAGE_HUMAN))
		json_put(out, part);
}

/* A text alone is a string. */
static void items_put_content(
	struct text *out, struct slice content, enum message_type type)
{
	struct json_walk walk = json_walk(content);
	struct slice part, text;

	json_name(out, "content");
	if (json_kind(content) != JSON_KIND_ARRAY) {
		json_put(out, json_kind(content) == JSON_KIND_STRING
				      ? content
				      : SLICE("\"\""));
		return;
	}
	if (json_count(content) == 1 && json_next_element(&walk, &part) &&
		json_find_kind(part, "text", JSON_KIND_STRING, &text)) {
		json_put(out, text);
		return;
	}
	walk = json_walk(content);
	json_begin_array(out);
	while (json_next_element(&walk, &part))
		items_put_part(out, part, type);
	json_end_array(out);
}

/* --- data --------------------------------------------------------------- */

static void items_put_message(struct text *out, const struct message *message)
{
	struct slice content = SLICE("\"\""), role = SLICE("\"\"");

	json_find(message->body, "content", &content);
	json_find_kind(message->body, "role", JSON_KIND_STRING, &role);
	items_put_content(out, content, message->type);
	if (message->type == MESSAGE_GENERIC)
		json_member(out, "role", role);
	if (!json_string_is(role, SLICE("developer")))
		return;
	json_name(out, "additional_kwargs");
	json_begin_object(out);
	json_member_string(out, "__openai_role__", SLICE("developer"));
	json_end_object(out);
}

/* The texts of a summary are the thought. */
static void items_put_thought(struct text *out, struct slice item)
{
	struct slice summary = SLICE("[]"), part, text;
	struct json_walk walk;
	bool begun = false;

	json_member_string(out, "content", SLICE(""));
	json_find_kind(item, "summary", JSON_KIND_ARRAY, &summary);
	if (json_count(summary) == 0)
		return;
	walk = json_walk(summary);
	json_name(out, "additional_kwargs");
	json_begin_object(out);
	json_name(out, "reasoning_content");
	json_begin_string(out);
	while (json_next_element(&walk, &part)) {
		if (!json_find_kind(part, "text", JSON_KIND_STRING, &text))
			continue;
		if (begun)
			text_string(out, "\\n");
		begun = true;
		text_slice(out, json_inner(text));
	}
	json_end_string(out);
	json_end_object(out);
}

/* The arguments of a call that is none of a function. */
static void items_put_arguments(struct text *out, struct slice item)
{
	static const char *const names[] = { "input", "action", "operation" };
	struct slice value;

	json_begin_object(out);
	for (size_t i = 0; i < COUNT(names); i++)
		if (json_find(item, names[i], &value))
			json_member(out, names[i], value);
	json_end_object(out);
}

/* The call in LangChain's shape; `arguments` may be an object or a string. */
static void items_put_call(struct text *out, struct slice item, struct slice id)
{
	struct slice type = json_inner(items_type(item)), name, value;

	json_begin_array(out);
	json_begin_object(out);
	json_member(out, "id", id);
	type.length -= sizeof("_call") - 1;
	json_name(out, "name");
	if (json_find_kind(item, "name", JSON_KIND_STRING, &name)) {
		json_put(out, name);
	} else {
		json_begin_string(out);
		text_slice(out, type);
		json_end_string(out);
	}
	json_name(out, "args");
	if (json_find(item, "arguments", &value))
		json_put(out, value);
	else
		items_put_arguments(out, item);
	json_end_object(out);
	json_end_array(out);
}

/* A tool of the server's own, which has no call_id, is no call to a chat. */
static void items_put_calls(struct text *out, struct slice item)
{
	struct text call = { 0 };
	struct slice id;

	json_member_string(out, "content", SLICE(""));
	if (!items_is_call(items_type(item)) ||
		!json_find_kind(item, "call_id", JSON_KIND_STRING, &id))
		return;
	items_put_call(&call, item, id);
	out->failed |= call.failed;
	if (!out->failed)
		openai_calls_write_data(out, text_view(&call));
	text_clear(&call);
}

static void items_put_output(struct text *out, struct slice item)
{
	struct slice output = SLICE("\"\""), id = SLICE("\"\"");

	json_find(item, "output", &output);
	if (!json_find_kind(item, "call_id", JSON_KIND_STRING, &id))
		json_find_kind(item, "id", JSON_KIND_STRING, &id);
	if (json_kind(output) == JSON_KIND_STRING ||
		json_kind(output) == JSON_KIND_ARRAY)
		items_put_content(out, output, MESSAGE_TOOL);
	else
		json_member_string(out, "content", output);
	json_member(out, "tool_call_id", id);
}

void items_put_data(struct text *out, const struct message *message)
{
	json_begin_object(out);
	if (items_is_message(message->body))
		items_put_message(out, message);
	else if (items_kind(message) == ITEM_THOUGHT)
		items_put_thought(out, message->body);
	else if (message->type == MESSAGE_TOOL)
		items_put_output(out, message->body);
	else
		items_put_calls(out, message->body);
	json_end_object(out);
}
