/* SPDX-License-Identifier: MIT */
/* parse.c - messages as they come in, in any of their five forms. */
#include "schema/message/message.h"

#include <string.h>

#include "schema/error.h"
#include "schema/json/value.h"

/* What is being read: the errors name its place. */
struct parse_reader {
	struct message_list *list;
	struct error *error;
	const char *place;
};

/* Which names stand for which types. */
struct word {
	const char *name;
	enum message_type type;
};

static const struct word tuple_words[] = {
	{ "human", MESSAGE_HUMAN },
	{ "user", MESSAGE_HUMAN },
	{ "ai", MESSAGE_AI },
	{ "assistant", MESSAGE_AI },
	{ "system", MESSAGE_SYSTEM },
	{ NULL, (enum message_type)0 },
};

static const struct word openai_roles[] = {
	{ "user", MESSAGE_HUMAN },
	{ "assistant", MESSAGE_AI },
	{ "system", MESSAGE_SYSTEM },
	{ "developer", MESSAGE_SYSTEM },
	{ "tool", MESSAGE_TOOL },
	{ "function", MESSAGE_FUNCTION },
	{ NULL, MESSAGE_GENERIC },
};

/* The row of the name; the last row if there is none. */
static const struct word *parse_word_find(
	const struct word *words, struct slice json_string)
{
	while (words->name &&
		!json_string_is(json_string, slice_of(words->name)))
		words++;
	return words;
}

static bool parse_is_string(struct slice value)
{
	return json_kind(value) == JSON_KIND_STRING;
}

/* Takes the message if it has what its type needs. */
static int parse_add(struct parse_reader *r, const struct message *message)
{
	if (message_check(message, r->place, r->error))
		return -1;
	return message_list_push(r->list, message, r->error);
}

static int parse_unexpected_type(struct parse_reader *r, struct slice type)
{
	return error_set(r->error, ERROR_INVALID,
		"%s: Got unexpected type: %.*s", r->place, SLICE_SHORT(type));
}

static int parse_untyped(struct parse_reader *r)
{
	return error_set(r->error, ERROR_INVALID, "%s has no type and no role",
		r->place);
}

static int parse_read_type(
	struct parse_reader *r, struct message *message, struct slice value)
{
	struct slice name = value;
	bool whole;

	if (parse_is_string(value) &&
		message_list_decode(r->list, value, &name, &whole, r->error))
		return -1;
	message->type = message_type_of(name);
	if (!message->type)
		return parse_unexpected_type(r, name);
	if (!slice_is(name, message_type_name(message->type)))
		message->type_sent = name;
	return 0;
}

static int parse_read_data(
	struct parse_reader *r, struct message *message, struct slice value)
{
	message->body = value;
	if (json_kind(value) == JSON_KIND_OBJECT)
		return 0;
	return error_set(
		r->error, ERROR_INVALID, "%s.data must be an object", r->place);
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

static int parse_read_id(
	struct parse_reader *r, struct message *message, struct slice value)
{
	bool whole = false;

	if (parse_is_string(value) && message_list_decode(r->list, value,
					      &message->id, &whole, r->error))
		return -1;
	if (whole && message_id_valid(message->id))
		return 0;
	return error_set(r->error, ERROR_INVALID,
		"%s.id must be a string of 1 to 128 bytes of UTF-8, not only "
		"digits, without U+0000",
		r->place);
}

static int parse_read_time(
	struct parse_reader *r, const char *name, struct slice value)
{
	if (message_time_valid(value))
		return 0;
	return error_set(r->error, ERROR_INVALID,
		"%s.%s must be an RFC 3339 time, as in "
		"\"2026-01-31T09:30:00.000Z\"",
		r->place, name);
}

/* A message of ours that is posted back may have both times. */
static int parse_read_created_at(
	struct parse_reader *r, struct message *message, struct slice value)
{
	if (!message->client_created_at.length)
		message->client_created_at = value;
	return parse_read_time(r, "created_at", value);
}

static int parse_read_client_created_at(
	struct parse_reader *r, struct message *message, struct slice value)
{
	message->client_created_at = value;
	return parse_read_time(r, "client_created_at", value);
}

/* What may stand beside "data"; without `read` it is ignored. */
static const struct {
	const char *name;
	int (*read)(struct parse_reader *r, struct message *message,
		struct slice value);
} siblings[] = {
	{ "type", parse_read_type },
	{ "data", parse_read_data },
	{ "id", parse_read_id },
	{ "created_at", parse_read_created_at },
	{ "client_created_at", parse_read_client_created_at },
	{ "seq", NULL },
	{ "updated_at", NULL },
};

static int parse_read_sibling(struct parse_reader *r, struct message *message,
	struct slice name, struct slice value)
{
	struct slice inner = json_inner(name);
	size_t i;

	for (i = 0; i < sizeof(siblings) / sizeof(*siblings); i++) {
		if (json_string_is(name, slice_of(siblings[i].name)))
			return siblings[i].read
				       ? siblings[i].read(r, message, value)
				       : 0;
	}
	return error_set(r->error, ERROR_INVALID,
		"%s: unknown member \"%.*s\"; put it inside \"data\"", r->place,
		SLICE_SHORT(inner));
}

static int parse_read_stored(struct parse_reader *r, struct slice object)
{
	struct message message = { .form = MESSAGE_STORED };
	struct json_walk walk = json_walk(object);
	struct slice name, value;

	while (json_next_member(&walk, &name, &value)) {
		if (parse_read_sibling(r, &message, name, value))
			return -1;
	}
	if (!message.type)
		return parse_untyped(r);
	return parse_add(r, &message);
}

static int parse_read_openai(
	struct parse_reader *r, struct slice object, struct slice role)
{
	struct message message = { .form = MESSAGE_OPENAI, .body = object };

	if (!parse_is_string(role))
		return error_set(r->error, ERROR_INVALID,
			"%s.role must be a string", r->place);
	message.type = parse_word_find(openai_roles, role)->type;
	return parse_add(r, &message);
}

static int parse_read_flat(
	struct parse_reader *r, struct slice object, struct slice type)
{
	struct message message = { .form = MESSAGE_FLAT, .body = object };
	struct slice value;

	if (parse_read_type(r, &message, type))
		return -1;
	if (json_find(object, "text", &value) &&
		!json_find(object, "content", &value))
		return error_set(r->error, ERROR_INVALID,
			"%s.content is missing; \"text\" in its place is no "
			"longer read",
			r->place);
	return parse_add(r, &message);
}

static int parse_read_object(struct parse_reader *r, struct slice object)
{
	struct slice data, role, type;
	bool typed;

	if (json_find(object, "data", &data))
		return parse_read_stored(r, object);
	typed = json_find(object, "type", &type);
	if (json_find(object, "role", &role) &&
		(!typed || (parse_is_string(type) &&
				   json_string_is(type, SLICE("message")))))
		return parse_read_openai(r, object, role);
	if (typed)
		return parse_read_flat(r, object, type);
	return parse_untyped(r);
}

static int parse_read_tuple(struct parse_reader *r, struct slice tuple)
{
	struct message message = { .form = MESSAGE_TUPLE };
	struct json_walk walk = json_walk(tuple);
	const struct word *word;
	struct slice name, extra;

	if (!json_next_element(&walk, &name) ||
		!json_next_element(&walk, &message.body) ||
		json_next_element(&walk, &extra) || !parse_is_string(name))
		return error_set(r->error, ERROR_INVALID,
			"%s must be [type, content]", r->place);
	word = parse_word_find(tuple_words, name);
	if (!word->name)
		return error_set(r->error, ERROR_INVALID,
			"%s: Unable to coerce message from array: only human, "
			"AI, or system message coercion is currently "
			"supported.",
			r->place);
	message.type = word->type;
	if (strcmp(word->name, message_type_name(word->type)) != 0)
		message.type_sent = slice_of(word->name);
	return parse_add(r, &message);
}

int message_parse(struct message_list *list, struct slice value,
	const char *place, struct error *error)
{
	struct parse_reader r = { list, error, place };
	struct message text = {
		.form = MESSAGE_TEXT, .type = MESSAGE_HUMAN, .body = value
	};

	if (value.length > MESSAGE_MAX_BYTES)
		return error_set(error, ERROR_TOO_LARGE,
			"%s is longer than %u bytes", place, MESSAGE_MAX_BYTES);
	switch (json_kind(value)) {
	case JSON_KIND_OBJECT:
		return parse_read_object(&r, value);
	case JSON_KIND_ARRAY:
		return parse_read_tuple(&r, value);
	case JSON_KIND_STRING:
		return parse_add(&r, &text);
	case JSON_KIND_NULL:
	case JSON_KIND_FALSE:
	case JSON_KIND_TRUE:
	case JSON_KIND_NUMBER:
		break;
	}
	return error_set(error, ERROR_INVALID,
		"%s must be an object, a string or [type, content]", place);
}
