/* SPDX-License-Identifier: MIT */
/* join.c - messages of calls that follow each other become one. */
#include "core/chain/parts.h"

#include "schema/json/value.h"
#include "schema/json/write.h"

bool join_is_wanted(struct slice message, struct slice next)
{
	const struct slice both[] = { message, next };
	struct slice role, calls;

	for (size_t i = 0; i < 2; i++)
		if (!json_find_kind(both[i], "role", JSON_KIND_STRING, &role) ||
			!json_string_is(role, SLICE("assistant")) ||
			!json_find_kind(both[i], "tool_calls", JSON_KIND_ARRAY,
				&calls) ||
			json_count(calls) == 0)
			return false;
	return true;
}

static void join_put_elements(struct text *out, struct slice array)
{
	struct json_walk walk = json_walk(array);
	struct slice element;

	while (json_next_element(&walk, &element))
		json_put(out, element);
}

static void join_put_parts(struct text *out, struct slice content)
{
	if (json_kind(content) == JSON_KIND_ARRAY) {
		join_put_elements(out, content);
		return;
	}
	json_begin_object(out);
	json_member_string(out, "type", SLICE("text"));
	json_member(out, "text", content);
	json_end_object(out);
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

static void join_put_calls(struct text *out, struct slice one, struct slice two)
{
	json_begin_array(out);
	join_put_elements(out, one);
	join_put_elements(out, two);
	json_end_array(out);
}

/* The member of the first message, with that of the next. */
static void join_put_member(struct text *out, struct slice name,
	struct slice value, struct slice next)
{
	const bool content = json_string_is(name, SLICE("content"));
	const bool calls = json_string_is(name, SLICE("tool_calls"));
	struct slice other;

	json_name_json(out, name);
	if (content && json_find(next, "content", &other))
		join_put_content(out, value, other);
	else if (calls && json_find(next, "tool_calls", &other))
		join_put_calls(out, value, other);
	else
		json_put(out, value);
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
