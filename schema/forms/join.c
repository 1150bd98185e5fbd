/* SPDX-License-Identifier: MIT */
/* join.c - messages that follow each other become one. */
#include "schema/forms/join.h"
#include "schema/forms/chat_parts.h"

#include "schema/json/value.h"
#include "schema/json/write.h"

static void join_put_elements(struct text *out, struct slice array)
{
	struct json_walk walk = json_walk(array);
	struct slice element;

	while (json_next_element(&walk, &element))
		json_put(out, element);
}

static void join_put_parts(struct text *out, struct slice content)
{
	if (json_kind(content) == JSON_KIND_ARRAY)
		join_put_elements(out, content);
	else
		chat_parts_put_text(out, content);
}

static bool join_is_empty(struct slice content)
{
	return slice_is(content, "null") || slice_is(content, "\"\"") ||
	       slice_is(content, "[]");
}

static void join_put_content(
	struct text *out, struct slice one, struct slice two)
{
	if (join_is_empty(two)) {
		json_put(out, one);
	} else if (join_is_empty(one)) {
		json_put(out, two);
	} else if (json_kind(one) == JSON_KIND_STRING &&
		   json_kind(two) == JSON_KIND_STRING) {
		json_begin_string(out);
		text_slice(out, json_inner(one));
		text_string(out, "\\n");
		text_slice(out, json_inner(two));
		json_end_string(out);
	} else {
		json_begin_array(out);
		join_put_parts(out, one);
		join_put_parts(out, two);
		json_end_array(out);
	}
}

static void join_put_arrays(
	struct text *out, struct slice one, struct slice two)
{
	json_begin_array(out);
	join_put_elements(out, one);
	join_put_elements(out, two);
	json_end_array(out);
}

static void join_put_thoughts(
	struct text *out, struct slice one, struct slice two)
{
	json_begin_string(out);
	text_slice(out, json_inner(one));
	text_string(out, "\\n");
	text_slice(out, json_inner(two));
	json_end_string(out);
}

/* Members of which the one message has more than the last of both. */
static const struct {
	const char *name;
	enum json_kind kind;
	void (*put)(struct text *out, struct slice one, struct slice two);
} joined[] = {
	{ "tool_calls", JSON_KIND_ARRAY, join_put_arrays },
	{ "invalid_tool_calls", JSON_KIND_ARRAY, join_put_arrays },
	{ "parts", JSON_KIND_ARRAY, join_put_arrays },
	{ "reasoning_content", JSON_KIND_STRING, join_put_thoughts },
	{ "data", JSON_KIND_OBJECT, join_write },
	{ "additional_kwargs", JSON_KIND_OBJECT, join_write },
};

/* The member of the first message, with that of the next. */
static void join_put_member(struct text *out, struct slice name,
	struct slice value, struct slice next)
{
	struct slice other = value;
	bool both = false;
	struct json_walk walk = json_walk(next);
	struct slice found;

	while (!both && json_next_member(&walk, &found, &other))
		both = json_string_compare(found, name) == 0;
	json_name_json(out, name);
	if (!both) {
		json_put(out, value);
		return;
	}
	if (json_string_is(name, SLICE("content"))) {
		join_put_content(out, value, other);
		return;
	}
	for (size_t i = 0; i < sizeof(joined) / sizeof(*joined); i++)
		if (json_string_is(name, slice_of(joined[i].name)) &&
			json_kind(value) == joined[i].kind &&
			json_kind(other) == joined[i].kind) {
			joined[i].put(out, value, other);
			return;
		}
	json_put(out, other);
}

static bool join_has(struct slice object, struct slice name)
{
	struct json_walk walk = json_walk(object);
	struct slice found, value;

	while (json_next_member(&walk, &found, &value))
		if (json_string_compare(found, name) == 0)
			return true;
	return false;
}

void join_write(struct text *out, struct slice message, struct slice next)
{
	struct json_walk walk = json_walk(message);
	struct slice name, value;

	json_begin_object(out);
	while (json_next_member(&walk, &name, &value))
		join_put_member(out, name, value, next);
	walk = json_walk(next);
	while (json_next_member(&walk, &name, &value))
		if (!join_has(message, name))
			json_member_json(out, name, value);
	json_end_object(out);
}

void join_elements(struct text *out, const struct slice *elements, size_t count)
{
	struct text one = { 0 }, two = { 0 };

	if (count == 1) {
		json_put(out, *elements);
		return;
	}
	/* Halves, so that many take not much longer than a few. */
	join_elements(&one, elements, count / 2);
	join_elements(&two, elements + count / 2, count - count / 2);
	out->failed |= one.failed || two.failed;
	if (!out->failed)
		join_write(out, text_view(&one), text_view(&two));
	text_clear(&one);
	text_clear(&two);
}
