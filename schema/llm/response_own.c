/* SPDX-License-Identifier: MIT */
/* response_own.c - responses with ids of one's own. */
#include "schema/llm/response_own.h"

#include <string.h>

#include "schema/json/value.h"
#include "schema/json/write.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define WORD_MOST    16
#define PREFIX	     "resp_"
#define BASE	     32 /* letters */
#define PLACE_LEAST  4	/* digits */

struct slice response_own_base(struct slice id)
{
	return (struct slice){ id.data + sizeof(PREFIX) - 1,
		id.length - (sizeof(PREFIX) - 1) };
}

/* The word that an id begins with: `msg` of "msg_1". */
static struct slice response_own_word(struct slice theirs)
{
	const struct slice inner = json_kind(theirs) == JSON_KIND_STRING
					   ? json_inner(theirs)
					   : (struct slice){ theirs.data, 0 };
	size_t length = 0;

	while (length < inner.length && inner.data[length] >= 'a' &&
		inner.data[length] <= 'z')
		length++;
	if (length == 0 || length > WORD_MOST || length == inner.length ||
		inner.data[length] != '_')
		return SLICE("item");
	return (struct slice){ inner.data, length };
}

void response_own_id(struct text *out, const struct response_own *own,
	struct slice theirs, int64_t index)
{
	json_begin_string(out);
	text_slice(out, response_own_word(theirs));
	text_byte(out, '_');
	text_slice(out, own->base);
	text_format(out, "%04llx", (unsigned long long)index);
	json_end_string(out);
}

static bool response_own_read_place(
	struct slice rest, struct response_own_item *out)
{
	static const char digits[] = "0123456789abcdef";
	int64_t place = 0;

	out->is_input = rest.length > 0 && *rest.data == '-';
	if (out->is_input) {
		rest.data++;
		rest.length--;
		if (!json_int64(rest, &place) || place < 1)
			return false;
		out->place = (size_t)place - 1;
		return true;
	}
	for (size_t i = 0; i < rest.length; i++) {
		const char *digit =
			memchr(digits, rest.data[i], sizeof(digits) - 1);

		if (digit == NULL || place > INT32_MAX)
			return false;
		place = 16 * place + (digit - digits);
	}
	out->place = (size_t)place;
	return rest.length >= PLACE_LEAST;
}

bool response_own_read_id(struct slice id, struct response_own_item *out)
{
	const char *bar =
		id.length > 0 ? memchr(id.data, '_', id.length) : NULL;
	struct slice rest;

	if (bar == NULL)
		return false;
	rest = (struct slice){ bar + 1,
		id.length - (size_t)(bar + 1 - id.data) };
	if (rest.length <= BASE)
		return false;
	out->base = (struct slice){ rest.data, BASE };
	rest.data += BASE;
	rest.length -= BASE;
	return response_own_read_place(rest, out);
}

void response_own_write_item(struct text *out, const struct response_own *own,
	struct slice item, int64_t index)
{
	struct json_walk walk = json_walk(item);
	struct slice name, value, id = SLICE("null");

	json_find(item, "id", &id);
	json_begin_object(out);
	json_name(out, "id");
	response_own_id(out, own, id, index);
	while (json_next_member(&walk, &name, &value)) {
		if (json_string_is(name, SLICE("id")) ||
			(own->hides && json_string_is(name,
					       SLICE("encrypted_content"))))
			continue;
		json_member_json(out, name, value);
	}
	json_end_object(out);
}

static void response_own_write_output(
	struct text *out, const struct response_own *own, struct slice output)
{
	struct json_walk walk = json_walk(output);
	struct slice item;

	json_begin_array(out);
	for (int64_t at = 0; json_next_element(&walk, &item); at++)
		response_own_write_item(out, own, item, at);
	json_end_array(out);
}

/* Writes where it belongs, and whether it is kept. */
static void response_own_write_place(
	struct text *out, const struct response_own *own)
{
	if (own->conversation.data != NULL) {
		json_name(out, "conversation");
		json_begin_object(out);
		json_member_string(out, "id", own->conversation);
		json_end_object(out);
	} else {
		json_member_null(out, "conversation");
	}
	if (own->previous.length > 0)
		json_member_string(out, "previous_response_id", own->previous);
	else
		json_member_null(out, "previous_response_id");
	json_member_bool(out, "store", !own->transient);
}

void response_own_write(
	struct text *out, const struct response_own *own, struct slice response)
{
	static const struct slice ours[] = { { "id", 2 },
		{ "conversation", 12 }, { "previous_response_id", 20 },
		{ "store", 5 }, { "output", 6 } };
	struct json_walk walk = json_walk(response);
	struct slice name, value, output = SLICE("[]");

	json_begin_object(out);
	json_name(out, "id");
	json_begin_string(out);
	text_string(out, PREFIX);
	text_slice(out, own->base);
	json_end_string(out);
	while (json_next_member(&walk, &name, &value))
		if (json_string_among(name, ours, COUNT(ours)) == COUNT(ours))
			json_member_json(out, name, value);
	response_own_write_place(out, own);
	json_find_kind(response, "output", JSON_KIND_ARRAY, &output);
	json_name(out, "output");
	response_own_write_output(out, own, output);
	json_end_object(out);
}

void response_own_write_event(
	struct text *out, const struct response_own *own, struct slice event)
{
	struct json_walk walk = json_walk(event);
	struct slice name, value, number;
	int64_t index = 0;

	if (json_find(event, "output_index", &number))
		json_int64(number, &index);
	json_begin_object(out);
	while (json_next_member(&walk, &name, &value)) {
		const bool is_object = json_kind(value) == JSON_KIND_OBJECT;

		json_name_json(out, name);
		if (is_object && json_string_is(name, SLICE("response")))
			response_own_write(out, own, value);
		else if (is_object && json_string_is(name, SLICE("item")))
			response_own_write_item(out, own, value, index);
		else if (json_string_is(name, SLICE("item_id")))
			response_own_id(out, own, value, index);
		else
			json_put(out, value);
	}
	json_end_object(out);
}
