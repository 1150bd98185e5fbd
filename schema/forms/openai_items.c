/* SPDX-License-Identifier: MIT */
/* openai_items.c - an item of OpenAI's Responses API and its Agents SDKs. */
#include "schema/forms/form.h"

#include "schema/error.h"
#include "schema/forms/items.h"
#include "schema/forms/reader.h"
#include "schema/json/value.h"
#include "schema/json/write.h"
#include "schema/message/call_ids.h"

/* --- reading ---------------------------------------------------------- */

static bool openai_items_recognise(struct slice value)
{
	struct slice role;

	if (json_kind(value) != JSON_KIND_OBJECT || !items_type_of(value))
		return false;
	return !json_string_is(items_type(value), SLICE("message")) ||
	       json_find(value, "role", &role);
}

/* A function's call and its result meet by an id. */
static int openai_items_check_id(
	struct form_reader *reader, struct slice object)
{
	static const struct slice types[] = { { "function_call", 13 },
		{ "function_call_output", 20 }, { "custom_tool_call", 16 },
		{ "custom_tool_call_output", 23 } };
	struct slice id;

	if (json_string_among(items_type(object), types, 4) == 4 ||
		json_find_kind(object, "call_id", JSON_KIND_STRING, &id))
		return 0;
	return error_set(reader->error, ERROR_INVALID,
		"%s.call_id must be a string", reader->path);
}

static int openai_items_read(struct form_reader *reader, struct slice object)
{
	const struct message message = {
		.form = MESSAGE_ITEM,
		.type = items_type_of(object),
		.body = object,
	};
	struct slice role;

	if (json_find(object, "role", &role) &&
		json_kind(role) != JSON_KIND_STRING)
		return error_set(reader->error, ERROR_INVALID,
			"%s.role must be a string", reader->path);
	if (openai_items_check_id(reader, object))
		return -1;
	return form_add(reader, &message);
}

/* --- writing ---------------------------------------------------------- */

static void openai_items_write_sent(
	struct text *out, const struct message *message)
{
	json_put(out, message->body);
}

static int openai_items_write_part(void *context, const struct message *part)
{
	items_write(context, part);
	return 0;
}

static void openai_items_write(struct text *out, const struct message *message,
	const struct format_prefixes *prefixes)
{
	(void)prefixes;
	if (items_is_item(message))
		json_put(out, message->body);
	else if (form_parts(message, openai_items_write_part, out))
		out->failed = true;
}

const struct form_ops form_openai_items = {
	.name = "openai-items",
	.recognise = openai_items_recognise,
	.read = openai_items_read,
	.sent = openai_items_write_sent,
	.data = items_put_data,
	.splits = true,
	.shape = FORM_VALUE,
	.write = openai_items_write,
	.finish = call_ids_finish,
};
