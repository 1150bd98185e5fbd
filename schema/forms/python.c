/* SPDX-License-Identifier: MIT */
/* python.c - the kinds that LangChain's classes for Python insist on. */
#include "schema/forms/python.h"

#include "schema/json/value.h"

static bool python_is_string(struct slice value)
{
	return json_kind(value) == JSON_KIND_STRING;
}

static bool python_is_optional_string(struct slice value)
{
	return python_is_string(value) || json_kind(value) == JSON_KIND_NULL;
}

static bool python_is_id(struct slice value)
{
	return python_is_optional_string(value) ||
	       json_kind(value) == JSON_KIND_NUMBER;
}

static bool python_is_object(struct slice value)
{
	return json_kind(value) == JSON_KIND_OBJECT;
}

static bool python_is_bool(struct slice value)
{
	return json_kind(value) == JSON_KIND_TRUE ||
	       json_kind(value) == JSON_KIND_FALSE;
}

static bool python_is_status(struct slice value)
{
	return python_is_string(value) &&
	       (json_string_is(value, SLICE("success")) ||
		       json_string_is(value, SLICE("error")));
}

static bool python_is_integer(struct slice value)
{
	int64_t number;

	return json_int64(value, &number);
}

static bool python_is_optional_integer(struct slice value)
{
	return json_kind(value) == JSON_KIND_NULL || python_is_integer(value);
}

/* Numbers of tokens, and how they are made up. */
static bool python_is_usage(struct slice value)
{
	static const char *const needed[] = { "input_tokens", "output_tokens",
		"total_tokens" };
	struct json_walk walk = json_walk(value), details;
	struct slice name, member, number;

	if (json_kind(value) == JSON_KIND_NULL)
		return true;
	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++)
		if (!json_find_kind(
			    value, needed[i], JSON_KIND_NUMBER, &number) ||
			!python_is_integer(number))
			return false;
	while (json_next_member(&walk, &name, &member)) {
		details = json_walk(member);
		if (json_kind(member) != JSON_KIND_OBJECT)
			continue;
		while (json_next_member(&details, &name, &number))
			if (!python_is_integer(number))
				return false;
	}
	return true;
}

/* A member of a call, and of what kind it is. */
struct python_member {
	const char *name;
	bool (*fits)(struct slice value);
	bool needed;
};

/* Are these the members of the object, and no others? */
static bool python_has_only(
	struct slice object, const struct python_member *members)
{
	struct json_walk walk = json_walk(object);
	const struct python_member *member;
	struct slice name, value;

	if (json_kind(object) != JSON_KIND_OBJECT)
		return false;
	while (json_next_member(&walk, &name, &value)) {
		for (member = members;
			member->name != NULL &&
			!json_string_is(name, slice_of(member->name));)
			member++;
		if (member->name == NULL || !member->fits(value))
			return false;
	}
	for (member = members; member->name != NULL; member++)
		if (member->needed && !json_find(object, member->name, &value))
			return false;
	return true;
}

static bool python_is_list_of(
	struct slice list, const struct python_member *members)
{
	struct json_walk walk = json_walk(list);
	struct slice element;

	if (json_kind(list) != JSON_KIND_ARRAY)
		return false;
	while (json_next_element(&walk, &element))
		if (!python_has_only(element, members))
			return false;
	return true;
}

bool python_are_calls(struct slice value)
{
	static const struct python_member members[] = {
		{ "name", python_is_string, true },
		{ "args", python_is_object, true },
		{ "id", python_is_optional_string, true },
		{ "type", python_is_string, false },
		{ NULL, NULL, false },
	};

	return python_is_list_of(value, members);
}

bool python_are_invalid_calls(struct slice value)
{
	static const struct python_member members[] = {
		{ "name", python_is_optional_string, false },
		{ "args", python_is_optional_string, false },
		{ "id", python_is_optional_string, false },
		{ "error", python_is_optional_string, false },
		{ "type", python_is_string, false },
		{ NULL, NULL, false },
	};

	return python_is_list_of(value, members);
}

static bool python_are_chunks(struct slice value)
{
	static const struct python_member members[] = {
		{ "name", python_is_optional_string, false },
		{ "args", python_is_optional_string, false },
		{ "id", python_is_optional_string, false },
		{ "index", python_is_optional_integer, false },
		{ "type", python_is_string, false },
		{ NULL, NULL, false },
	};

	return python_is_list_of(value, members);
}

/* The members of data that Python minds. */
static const struct {
	const char *name;
	bool (*fits)(struct slice value);
} python_members[] = {
	{ "name", python_is_optional_string },
	{ "id", python_is_id },
	{ "additional_kwargs", python_is_object },
	{ "response_metadata", python_is_object },
	{ "usage_metadata", python_is_usage },
	{ "example", python_is_bool },
	{ "status", python_is_status },
	{ "tool_call_chunks", python_are_chunks },
};

bool python_takes(struct slice name, struct slice value)
{
	for (size_t i = 0; i < sizeof(python_members) / sizeof(*python_members);
		i++)
		if (json_string_is(name, slice_of(python_members[i].name)))
			return python_members[i].fits(value);
	return true;
}
