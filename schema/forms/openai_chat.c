/* SPDX-License-Identifier: MIT */
/* openai_chat.c - a message as OpenAI's chat completions take it. */
#include "schema/forms/chat_media.h"
#include "schema/forms/chat_parts.h"
#include "schema/forms/form.h"

#include "schema/error.h"
#include "schema/forms/openai_calls.h"
#include "schema/forms/reader.h"
#include "schema/json/value.h"
#include "schema/json/write.h"
#include "schema/message/call_ids.h"
#include "schema/message/tool_calls.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* --- reading ---------------------------------------------------------- */

static const struct form_word openai_chat_roles[] = {
	{ "user", MESSAGE_HUMAN },
	{ "assistant", MESSAGE_AI },
	{ "system", MESSAGE_SYSTEM },
	{ "developer", MESSAGE_SYSTEM },
	{ "tool", MESSAGE_TOOL },
	{ "function", MESSAGE_FUNCTION },
	{ NULL, MESSAGE_GENERIC },
};

/* Members of the Responses API have a role beside the type "message". */
static bool openai_chat_recognise(struct slice value)
{
	struct slice role, type;

	return json_kind(value) == JSON_KIND_OBJECT &&
	       json_find(value, "role", &role) &&
	       (!json_find(value, "type", &type) ||
		       (json_kind(type) == JSON_KIND_STRING &&
			       json_string_is(type, SLICE("message"))));
}

static int openai_chat_read(struct form_reader *reader, struct slice object)
{
	struct message message = { .form = MESSAGE_OPENAI, .body = object };
	struct slice role;

	if (!json_find(object, "role", &role) ||
		json_kind(role) != JSON_KIND_STRING)
		return error_set(reader->error, ERROR_INVALID,
			"%s.role must be a string", reader->path);
	message.type = form_word_find(openai_chat_roles, role)->type;
	return form_add(reader, &message);
}

/* --- from LangChain's data --------------------------------------------- */

static const char *const openai_chat_roles_of[] = {
	[MESSAGE_HUMAN] = "\"user\"",
	[MESSAGE_AI] = "\"assistant\"",
	[MESSAGE_SYSTEM] = "\"system\"",
	[MESSAGE_TOOL] = "\"tool\"",
	[MESSAGE_FUNCTION] = "\"function\"",
	[MESSAGE_GENERIC] = "\"\"", /* has one of its own */
};

/*
 * A block of LangChain 1 that OpenAI has no part for.  A call stays where no
 * list of calls is read in its place, as another API's.
 */
static bool openai_chat_has_no_part(struct slice part, bool listed)
{
	static const struct slice types[] = { { "tool_call_chunk", 15 },
		{ "invalid_tool_call", 17 }, { "reasoning", 9 },
		{ "non_standard", 12 }, { "server_tool_call", 16 },
		{ "server_tool_call_chunk", 22 },
		{ "server_tool_call_result", 23 } };
	struct slice type;

	return json_find_kind(part, "type", JSON_KIND_STRING, &type) &&
	       (json_string_among(type, types, COUNT(types)) < COUNT(types) ||
		       (listed && json_string_is(type, SLICE("tool_call"))));
}

/* A part may be a bare string in LangChain; OpenAI wants an object. */
static void openai_chat_put_parts(struct text *out,
	const struct message *message, struct slice parts, bool listed)
{
	struct json_walk walk = json_walk(parts);
	struct slice part;

	json_begin_array(out);
	while (json_next_element(&walk, &part)) {
		if (json_kind(part) == JSON_KIND_STRING)
			chat_parts_put_text(out, part);
		else if (!openai_chat_has_no_part(part, listed) &&
			 !chat_media_put(
				 out, part, message->type == MESSAGE_HUMAN))
			json_put(out, part);
	}
	json_end_array(out);
}

static void openai_chat_put_content(struct text *out,
	const struct message *message, struct slice content, bool listed)
{
	struct text parts = { 0 };

	json_name(out, "content");
	if (json_kind(content) != JSON_KIND_ARRAY) {
		json_put(out, content);
		return;
	}
	openai_chat_put_parts(&parts, message, content, listed);
	if (json_count(content) > 0 && text_view(&parts).length == 2)
		json_put_string(out, SLICE(""));
	else
		json_put(out, text_view(&parts));
	out->failed |= parts.failed;
	text_clear(&parts);
}

/* True for members that are written from elsewhere, if at all. */
static bool openai_chat_is_written(struct slice name)
{
	static const char *const names[] = { "role", "content", "name",
		"tool_calls", "tool_call_id", "__openai_role__" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (json_string_is(name, slice_of(names[i])))
			return true;
	}
	return false;
}

/* A call of the data itself is written in the place of another. */
static void openai_chat_put_others(
	struct text *out, struct slice body, struct slice extra)
{
	struct json_walk walk = json_walk(extra);
	struct slice name, value, function;
	const bool called = json_find_kind(
		body, "function_call", JSON_KIND_OBJECT, &function);

	if (called)
		json_member(out, "function_call", function);
	while (json_next_member(&walk, &name, &value))
		if (!openai_chat_is_written(name) &&
			!(called &&
				json_string_is(name, SLICE("function_call"))))
			json_member_json(out, name, value);
}

static void openai_chat_put_string_member(
	struct text *out, struct slice body, const char *name)
{
	struct slice value;

	if (json_find_kind(body, name, JSON_KIND_STRING, &value))
		json_member(out, name, value);
}

/* A result without an id has that which its call is given. */
static void openai_chat_put_call_id(struct text *out, struct slice body)
{
	struct slice id, name;

	if (!json_find_kind(body, "tool_call_id", JSON_KIND_STRING, &id))
		return;
	if (slice_is(id, "\"\"") &&
		json_find_kind(body, "name", JSON_KIND_STRING, &name)) {
		json_name(out, "tool_call_id");
		call_ids_put_result(out, name);
	} else {
		json_member(out, "tool_call_id", id);
	}
}

static void openai_chat_put_object(
	struct text *out, const struct message *message, struct slice body)
{
	struct slice role = slice_of(openai_chat_roles_of[message->type]);
	struct slice content = SLICE("null"), extra = SLICE("{}");

	json_find_kind(body, "additional_kwargs", JSON_KIND_OBJECT, &extra);
	if (message->type == MESSAGE_GENERIC)
		json_find_kind(body, "role", JSON_KIND_STRING, &role);
	json_find_kind(extra, "__openai_role__", JSON_KIND_STRING, &role);
	message_find_content(body, &content);
	json_begin_object(out);
	json_member(out, "role", role);
	openai_chat_put_content(out, message, content,
		tool_calls_are_listed(body) || tool_calls_are_listed(extra));
	openai_chat_put_string_member(out, body, "name");
	openai_chat_put_call_id(out, body);
	openai_calls_write(out, body, extra);
	openai_chat_put_others(out, body, extra);
	json_end_object(out);
}

void format_openai(struct text *out, const struct message *message)
{
	struct text data = { 0 };
	struct slice body;

	if (message->form == MESSAGE_OPENAI) {
		json_put(out, message->body);
		return;
	}
	body = form_data(message, &data);
	if (data.failed)
		out->failed = true;
	else
		openai_chat_put_object(out, message, body);
	text_clear(&data);
}

static int openai_chat_write_part(void *context, const struct message *part)
{
	struct text *out = context;

	json_comma(out);
	format_openai(out, part);
	return 0;
}

static void openai_chat_write(struct text *out, const struct message *message,
	const struct format_prefixes *prefixes)
{
	(void)prefixes;
	if (message->form == MESSAGE_OPENAI)
		json_put(out, message->body);
	else if (form_parts(message, openai_chat_write_part, out))
		out->failed = true;
}

/* --- to LangChain's data ----------------------------------------------- */

/* True if the member is one of LangChain's data, too. */
static bool openai_chat_is_in_data(struct slice name, struct slice value)
{
	return json_string_is(name, SLICE("role")) ||
	       json_string_is(name, SLICE("content")) ||
	       json_string_is(name, SLICE("name")) ||
	       json_string_is(name, SLICE("tool_call_id")) ||
	       (json_string_is(name, SLICE("tool_calls")) &&
		       openai_calls_convertible(value));
}

/* Begins additional_kwargs, unless that has been done. */
static void openai_chat_begin_others(struct text *out, bool *begun)
{
	if (*begun)
		return;
	json_name(out, "additional_kwargs");
	json_begin_object(out);
	*begun = true;
}

/* Appends all other members, inside additional_kwargs. */
static void openai_chat_read_others(
	struct text *out, struct slice body, bool developer)
{
	struct json_walk walk = json_walk(body);
	struct slice name, value;
	bool any = false;

	if (developer) {
		openai_chat_begin_others(out, &any);
		json_member_string(out, "__openai_role__", SLICE("developer"));
	}
	while (json_next_member(&walk, &name, &value)) {
		if (json_kind(value) == JSON_KIND_NULL ||
			openai_chat_is_in_data(name, value) ||
			(developer &&
				json_string_is(name, SLICE("__openai_role__"))))
			continue;
		openai_chat_begin_others(out, &any);
		json_member_json(out, name, value);
	}
	if (any)
		json_end_object(out);
}

static void openai_chat_write_data(
	struct text *out, const struct message *message)
{
	struct slice role = SLICE("\"\""), content, value;
	struct slice body = message->body;

	json_find(body, "role", &role);
	if (!json_find(body, "content", &content) ||
		json_kind(content) == JSON_KIND_NULL)
		content = SLICE("\"\"");
	json_begin_object(out);
	json_member(out, "content", content);
	if (message->type == MESSAGE_GENERIC)
		json_member(out, "role", role);
	openai_chat_put_string_member(out, body, "name");
	openai_chat_put_string_member(out, body, "tool_call_id");
	if (json_find(body, "tool_calls", &value) &&
		openai_calls_convertible(value))
		openai_calls_write_data(out, value);
	openai_chat_read_others(
		out, body, json_string_is(role, SLICE("developer")));
	json_end_object(out);
}

static void openai_chat_write_sent(
	struct text *out, const struct message *message)
{
	json_put(out, message->body);
}

const struct form_ops form_openai_chat = {
	.name = "openai",
	.recognise = openai_chat_recognise,
	.read = openai_chat_read,
	.sent = openai_chat_write_sent,
	.data = openai_chat_write_data,
	.shape = FORM_VALUE,
	.write = openai_chat_write,
	.finish = call_ids_finish,
};
