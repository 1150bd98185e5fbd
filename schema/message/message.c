/* SPDX-License-Identifier: MIT */
/* message.c - the types of messages, and the times that clients give them. */
#include "schema/message/message.h"

#include <assert.h>
#include <string.h>

#include "schema/json/value.h"

/*
 * LangChain's two implementations name two things differently: a message of
 * any other role, and what is left of a streamed message, for which Python
 * stores the name of its class.
 */
static const struct {
	const char *name;
	const char *python;
	const char *chunk;
} types[] = {
	[MESSAGE_HUMAN] = { "human", "human", "HumanMessageChunk" },
	[MESSAGE_AI] = { "ai", "ai", "AIMessageChunk" },
	[MESSAGE_SYSTEM] = { "system", "system", "SystemMessageChunk" },
	[MESSAGE_TOOL] = { "tool", "tool", "ToolMessageChunk" },
	[MESSAGE_FUNCTION] = { "function", "function", "FunctionMessageChunk" },
	[MESSAGE_GENERIC] = { "generic", "chat", "ChatMessageChunk" },
};

bool message_find_content(struct slice data, struct slice *content)
{
	return json_find(data, "content", content) ||
	       json_find_kind(data, "content_blocks", JSON_KIND_ARRAY, content);
}

bool message_is_content(const struct message *message)
{
	const enum message_body body = message_form_body(message->form);

	return body == BODY_CONTENT || body == BODY_STRING;
}

const char *message_type_name(enum message_type type)
{
	assert(type >= MESSAGE_HUMAN && type <= MESSAGE_GENERIC);
	return types[type].name;
}

const char *message_type_python(const struct message *message)
{
	const enum message_type type = message->type;

	assert(type >= MESSAGE_HUMAN && type <= MESSAGE_GENERIC);
	return slice_is(message->type_sent, types[type].chunk)
		       ? types[type].chunk
		       : types[type].python;
}

enum message_type message_type_of(struct slice name)
{
	enum message_type type;

	for (type = MESSAGE_HUMAN; type <= MESSAGE_GENERIC; type++) {
		if (slice_is(name, types[type].name) ||
			slice_is(name, types[type].python) ||
			slice_is(name, types[type].chunk))
			return type;
	}
	return (enum message_type)0;
}

enum message_type message_type_of_class(struct slice name)
{
	enum message_type type;
	struct slice chunk;

	for (type = MESSAGE_HUMAN; type <= MESSAGE_GENERIC; type++) {
		chunk = slice_of(types[type].chunk);
		if (slice_equal(name, chunk))
			return type;
		chunk.length -= sizeof("Chunk") - 1;
		if (slice_equal(name, chunk))
			return type;
	}
	return (enum message_type)0;
}

bool message_id_valid(struct slice id)
{
	size_t i;

	if (id.length < 1 || id.length > 128 || memchr(id.data, 0, id.length))
		return false;
	for (i = 0; i < id.length; i++) {
		if (id.data[i] < '0' || id.data[i] > '9')
			return true;
	}
	return false;
}

/* True if `text` begins like `pattern`: 0 a digit, T a t, + a sign. */
static bool message_shaped(struct slice text, const char *pattern)
{
	size_t i;

	for (i = 0; pattern[i]; i++) {
		char c = i < text.length ? text.data[i] : '\0';

		if (pattern[i] == '0'	    ? c < '0' || c > '9'
			: pattern[i] == 'T' ? c != 'T' && c != 't'
			: pattern[i] == '+' ? c != '+' && c != '-'
					    : c != pattern[i])
			return false;
	}
	return true;
}

static int message_number(const char *digits, int count)
{
	int value = 0;

	while (count-- > 0)
		value = value * 10 + (*digits++ - '0');
	return value;
}

static int message_days_in(int year, int month)
{
	if (month == 2)
		return year % 4 || (year % 100 == 0 && year % 400) ? 28 : 29;
	return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/* The 19 characters 2026-01-31T09:30:00; second 60 is a leap second. */
static bool message_date_time_valid(const char *s)
{
	int month = message_number(s + 5, 2);
	int day = message_number(s + 8, 2);

	return month >= 1 && month <= 12 && day >= 1 &&
	       day <= message_days_in(message_number(s, 4), month) &&
	       message_number(s + 11, 2) < 24 &&
	       message_number(s + 14, 2) < 60 &&
	       message_number(s + 17, 2) <= 60;
}

static bool message_zone_valid(struct slice zone)
{
	if (zone.length == 1)
		return zone.data[0] == 'Z' || zone.data[0] == 'z';
	return zone.length == 6 && message_shaped(zone, "+00:00") &&
	       message_number(zone.data + 1, 2) < 24 &&
	       message_number(zone.data + 4, 2) < 60;
}

bool message_time_valid(struct slice json_string)
{
	struct slice s;

	if (json_kind(json_string) != JSON_KIND_STRING)
		return false;
	s = json_inner(json_string);
	if (!message_shaped(s, "0000-00-00T00:00:00") ||
		!message_date_time_valid(s.data))
		return false;
	s = (struct slice){ s.data + 19, s.length - 19 };
	if (message_shaped(s, ".0")) {
		do
			s = (struct slice){ s.data + 1, s.length - 1 };
		while (message_shaped(s, "0"));
	}
	return message_zone_valid(s);
}
