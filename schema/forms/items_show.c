/* SPDX-License-Identifier: MIT */
/* items_show.c - an item as OpenAI's server shows it. */
#include "schema/forms/items_shown.h"

#include <ctype.h>
#include <string.h>

#include "schema/forms/items.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* Bytes of the mark that ids of a session begin with. */
#define ITEM_MARK 13

/* --- ids ---------------------------------------------------------------- */

/* The beginnings of their ids. */
static const struct items_show_type {
	const char *type;
	const char *word;
} items_show_types[] = {
	{ "message", "msg" },
	{ "function_call", "fc" },
	{ "function_call_output", "fco" },
	{ "reasoning", "rs" },
	{ "custom_tool_call", "ctc" },
	{ "custom_tool_call_output", "ctco" },
	{ NULL, "item" },
};

static const struct items_show_type *items_show_type_of(struct slice type)
{
	const struct items_show_type *row = items_show_types;

	while (row->type != NULL && !json_string_is(type, slice_of(row->type)))
		row++;
	return row;
}

static void items_show_id(
	struct text *out, const char *word, const struct items_id *id)
{
	json_name(out, "id");
	json_begin_string(out);
	if (!id->given) {
		text_string(out, word);
		text_byte(out, '_');
	}
	text_slice(out, id->message);
	if (id->part > 1) {
		text_byte(out, '.');
		text_number(out, (int64_t)id->part);
	}
	json_end_string(out);
}

bool items_id_is_made(struct slice id)
{
	const char *dash = memchr(id.data, '-', id.length);
	size_t at = dash != NULL ? (size_t)(dash - id.data) : 0;

	if (at != ITEM_MARK || id.length == at + 1)
		return false;
	for (size_t i = 0; i < at; i++)
		if (!islower((unsigned char)id.data[i]) &&
			!isdigit((unsigned char)id.data[i]))
			return false;
	while (++at < id.length)
		if (!isdigit((unsigned char)id.data[at]))
			return false;
	return true;
}

struct slice items_id_bare(struct slice id)
{
	struct slice bare = id;

	while (bare.length > 0 && islower((unsigned char)*bare.data)) {
		bare.data++;
		bare.length--;
	}
	if (bare.length == 0 || *bare.data != '_')
		return id;
	bare.data++;
	bare.length--;
	return items_id_is_made(bare) ? bare : id;
}

/* --- content ------------------------------------------------------------ */

static void items_show_text(struct text *out, bool is_output, struct slice text)
{
	json_begin_object(out);
	json_member_string(out, "type",
		is_output ? SLICE("output_text") : SLICE("input_text"));
	json_member(out, "text", text);
	if (is_output)
		json_put(out, SLICE("\"annotations\":[]"));
	json_end_object(out);
}

/* A part of this type always has this member, which a sender may leave out. */
static const struct items_show_default {
	const char *type;
	const char *name;
	struct slice value;
} items_show_defaults[] = {
	{ "output_text", "annotations", { "[]", 2 } },
	{ "input_image", "detail", { "\"auto\"", 6 } },
};

static const struct items_show_default *items_show_default_of(struct slice part)
{
	const struct items_show_default *row = items_show_defaults;
	struct slice type;

	if (!json_find_kind(part, "type", JSON_KIND_STRING, &type))
		return NULL;
	for (size_t i = 0; i < COUNT(items_show_defaults); i++, row++)
		if (json_string_is(type, slice_of(row->type)))
			return row;
	return NULL;
}

/* A part as it is, with what it has to have; null stands for nothing. */
static void items_show_whole(struct text *out, struct slice part)
{
	const struct items_show_default *row = items_show_default_of(part);
	struct slice value = SLICE("null");

	if (row == NULL || (json_find(part, row->name, &value) &&
				   json_kind(value) != JSON_KIND_NULL)) {
		json_put(out, part);
		return;
	}
	json_begin_object(out);
	json_members_but(out, part, row->name);
	json_member(out, row->name, row->value);
	json_end_object(out);
}

/* A text has the type that its role gives it. */
static void items_show_part(struct text *out, bool is_output, struct slice part)
{
	struct slice type = SLICE("\"\""), value;

	if (json_kind(part) == JSON_KIND_STRING) {
		items_show_text(out, is_output, part);
		return;
	}
	json_find_kind(part, "type", JSON_KIND_STRING, &type);
	if (json_string_is(type, SLICE("text")) &&
		json_find_kind(part, "text", JSON_KIND_STRING, &value))
		items_show_text(out, is_output, value);
	else
		items_show_whole(out, part);
}

static void items_show_content(
	struct text *out, bool is_output, struct slice content)
{
	struct json_walk walk = json_walk(content);
	struct slice part;

	json_name(out, "content");
	json_begin_array(out);
	if (json_kind(content) == JSON_KIND_STRING)
		items_show_text(out, is_output, content);
	else if (json_kind(content) == JSON_KIND_ARRAY)
		while (json_next_element(&walk, &part))
			items_show_part(out, is_output, part);
	json_end_array(out);
}

/* --- items -------------------------------------------------------------- */

/* The members that are written from elsewhere, if they are. */
enum { ITEM_ID, ITEM_TYPE, ITEM_STATUS, ITEM_ROLE, ITEM_CONTENT, ITEM_NAMES };
static const struct slice items_show_names[ITEM_NAMES] = {
	[ITEM_ID] = { "id", 2 },
	[ITEM_TYPE] = { "type", 4 },
	[ITEM_STATUS] = { "status", 6 },
	[ITEM_ROLE] = { "role", 4 },
	[ITEM_CONTENT] = { "content", 7 },
};

/* Finds these; an item that has no type is a message. */
static void items_show_read(struct slice item, struct slice members[ITEM_NAMES])
{
	struct json_walk walk = json_walk(item);
	struct slice name, value;

	for (size_t i = 0; i < ITEM_NAMES; i++)
		members[i] = SLICE("null");
	members[ITEM_TYPE] = SLICE("\"message\"");
	while (json_next_member(&walk, &name, &value)) {
		const size_t at =
			json_string_among(name, items_show_names, ITEM_NAMES);

		if (at < ITEM_NAMES)
			members[at] = value;
	}
}

/* The parts that a tool gave. */
static void items_show_output(
	struct text *out, struct slice name, struct slice output)
{
	struct json_walk walk = json_walk(output);
	struct slice part;

	json_name_json(out, name);
	json_begin_array(out);
	while (json_next_element(&walk, &part))
		items_show_whole(out, part);
	json_end_array(out);
}

/* Appends the members that are none of the first names, which are written. */
static void items_show_others(
	struct text *out, struct slice item, size_t written)
{
	struct json_walk walk = json_walk(item);
	struct slice name, value;

	while (json_next_member(&walk, &name, &value)) {
		if (json_string_among(name, items_show_names, written) <
			written)
			continue;
		if (json_kind(value) == JSON_KIND_ARRAY &&
			json_string_is(name, SLICE("output")))
			items_show_output(out, name, value);
		else
			json_member_json(out, name, value);
	}
}

/* Calls and what came of them have one, as messages have. */
static bool items_show_has_status(struct slice type)
{
	return json_string_is(type, SLICE("message")) || items_is_call(type) ||
	       items_is_output(type);
}

static void items_show_item(
	struct text *out, struct slice item, const struct items_id *id)
{
	struct slice members[ITEM_NAMES];
	const struct items_show_type *row;
	bool is_message;

	items_show_read(item, members);
	row = items_show_type_of(members[ITEM_TYPE]);
	is_message = row == items_show_types;
	json_begin_object(out);
	items_show_id(out, row->word, id);
	json_member(out, "type", members[ITEM_TYPE]);
	if (json_kind(members[ITEM_STATUS]) == JSON_KIND_STRING)
		json_member(out, "status", members[ITEM_STATUS]);
	else if (items_show_has_status(members[ITEM_TYPE]))
		json_member_string(out, "status", SLICE("completed"));
	if (is_message) {
		json_member(out, "role", members[ITEM_ROLE]);
		items_show_content(out,
			json_string_is(members[ITEM_ROLE], SLICE("assistant")),
			members[ITEM_CONTENT]);
	}
	items_show_others(out, item, is_message ? ITEM_NAMES : ITEM_ROLE);
	json_end_object(out);
}

/* Most messages are no more than a text. */
static void items_show_plain(struct text *out, const struct items_shown *shown,
	const struct items_id *id)
{
	const bool is_output = slice_is(shown->role, "\"assistant\"");

	json_comma(out);
	text_string(out, id->given ? "{\"id\":\"" : "{\"id\":\"msg_");
	text_slice(out, id->message);
	text_string(out, "\",\"type\":\"message\",\"status\":\"completed\","
			 "\"role\":");
	text_slice(out, shown->role);
	text_string(out, is_output ? ",\"content\":[{\"type\":\"output_text\","
				     "\"text\":"
				   : ",\"content\":[{\"type\":\"input_text\","
				     "\"text\":");
	text_slice(out, *shown->items);
	text_string(out, is_output ? ",\"annotations\":[]}]}" : "}]}");
}

void items_show(struct text *out, const struct items_shown *shown,
	const struct items_id *id)
{
	if (shown->role.length > 0)
		items_show_plain(out, shown, id);
	else
		items_show_item(out, shown->items[id->part - 1], id);
}

int items_shown_same(const struct message *a, const struct message *b)
{
	const struct items_id same = { .given = true };
	struct text first = { 0 }, second = { 0 };
	int result = -1;

	items_show_item(&first, a->body, &same);
	items_show_item(&second, b->body, &same);
	if (!first.failed && !second.failed)
		result = slice_equal(text_view(&first), text_view(&second));
	text_clear(&first);
	text_clear(&second);
	return result;
}
