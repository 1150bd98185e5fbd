/* SPDX-License-Identifier: MIT */
/* parse.c - messages as they come in, in any of their five forms. */
#include "schema/message/message.h"

#include <string.h>

#include "schema/error.h"
#include "schema/json/value.h"

/* What is being read: the errors name its place. */
struct reader {
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
static const struct word *word_find(
	const struct word *words, struct slice json_string)
{
	while (words->name &&
		!json_string_is(json_string, slice_of(words->name)))
		words++;
	return words;
}

static bool is_string(struct slice value)
{
	return json_kind(value) == JSON_KIND_STRING;
}

/* Takes the message if it has what its type needs. */
static int add(struct reader *r, const struct message *message)
{
	if (message_check(message, r->place, r->error))
		return -1;
	return message_list_push(r->list, message, r->error);
}

static int unexpected_type(struct reader *r, struct slice type)
{
	return error_set(r->error, ERROR_INVALID,
		"%s: Got unexpected type: %.*s", r->place, SLICE_SHORT(type));
}

static int untyped(struct reader *r)
{
	return error_set(r->error, ERROR_INVALID, "%s has no type and no role",
		r->place);
}

static int read_type(
	struct reader *r, struct message *message, struct slice value)
{
	struct slice name = value;
	bool whole;

	if (is_string(value) &&
		message_list_decode(r->list, value, &name, &whole, r->error))
		return -1;
	message->type = message_type_of(name);
	if (!message->type)
		return unexpected_type(r, name);
	if (!slice_is(name, message_type_name(message->type)))
		message->type_sent = name;
	return 0;
}

static int read_data(
	struct reader *r, struct message *message, struct slice value)
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

static int read_id(
	struct reader *r, struct message *message, struct slice value)
{
	bool whole = false;

	if (is_string(value) && message_list_decode(r->list, value,
					&message->id, &whole, r->error))
		return -1;
	if (whole && message_id_valid(message->id))
		return 0;
	return error_set(r->error, ERROR_INVALID,
		"%s.id must be a string of 1 to 128 bytes of UTF-8, not only "
		"digits, without U+0000",
		r->place);
}

static int read_time(struct reader *r, const char *name, struct slice value)
{
	if (message_time_valid(value))
		return 0;
	return error_set(r->error, ERROR_INVALID,
		"%s.%s must be an RFC 3339 time, as in "
		"\"2026-01-31T09:30:00.000Z\"",
		r->place, name);
}

/* A message of ours that is posted back may have both times. */
static int read_created_at(
	struct reader *r, struct message *message, struct slice value)
{
	if (!message->client_created_at.length)
		message->client_created_at = value;
	return read_time(r, "created_at", value);
}

static int read_client_created_at(
	struct reader *r, struct message *message, struct slice value)
{
	message->client_created_at = value;
	return read_time(r, "client_created_at", value);
}

/* What may stand beside "data"; without `read` it is ignored. */
static const struct {
	const char *name;
	int (*read)(
		struct reader *r, struct message *message, struct slice value);
} siblings[] = {
	{ "type", read_type },
	{ "data", read_data },
	{ "id", read_id },
	{ "created_at", read_created_at },
	{ "client_created_at", read_client_created_at },
	{ "seq", NULL },
	{ "updated_at", NULL },
};

static int read_sibling(struct reader *r, struct message *message,
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

static int read_stored(struct reader *r, struct slice object)
{
	struct message message = { .form = MESSAGE_STORED };
	struct json_walk walk = json_walk(object);
	struct slice name, value;

	while (json_next_member(&walk, &name, &value)) {
		if (read_sibling(r, &message, name, value))
			return -1;
	}
	if (!message.type)
		return untyped(r);
	return add(r, &message);
}

static int read_openai(struct reader *r, struct slice object, struct slice role)
{
	struct message message = { .form = MESSAGE_OPENAI, .body = object };

	if (!is_string(role))
		return error_set(r->error, ERROR_INVALID,
			"%s.role must be a string", r->place);
	message.type = word_find(openai_roles, role)->type;
	return add(r, &message);
}

static int read_flat(struct reader *r, struct slice object, struct slice type)
{
	struct message message = { .form = MESSAGE_FLAT, .body = object };
	struct slice value;

	if (read_type(r, &message, type))
		return -1;
	if (json_find(object, "text", &value) &&
		!json_find(object, "content", &value))
		return error_set(r->error, ERROR_INVALID,
			"%s.content is missing; \"text\" in its place is no "
			"longer read",
			r->place);
	return add(r, &message);
}

static int read_object(struct reader *r, struct slice object)
{
	struct slice data, role, type;
	bool typed;

	if (json_find(object, "data", &data))
		return read_stored(r, object);
	typed = json_find(object, "type", &type);
	if (json_find(object, "role", &role) &&
		(!typed || (is_string(type) &&
				   json_string_is(type, SLICE("message")))))
		return read_openai(r, object, role);
	if (typed)
		return read_flat(r, object, type);
	return untyped(r);
}

static int read_tuple(struct reader *r, struct slice tuple)
{
	struct message message = { .form = MESSAGE_TUPLE };
	struct json_walk walk = json_walk(tuple);
	const struct word *word;
	struct slice name, extra;

	if (!json_next_element(&walk, &name) ||
		!json_next_element(&walk, &message.body) ||
		json_next_element(&walk, &extra) || !is_string(name))
		return error_set(r->error, ERROR_INVALID,
			"%s must be [type, content]", r->place);
	word = word_find(tuple_words, name);
	if (!word->name)
		return error_set(r->error, ERROR_INVALID,
			"%s: Unable to coerce message from array: only human, "
			"AI, or system message coercion is currently "
			"supported.",
			r->place);
	message.type = word->type;
	if (strcmp(word->name, message_type_name(word->type)) != 0)
		message.type_sent = slice_of(word->name);
	return add(r, &message);
}

int message_parse(struct message_list *list, struct slice value,
	const char *place, struct error *error)
{
	struct reader r = { list, error, place };
	struct message text = {
		.form = MESSAGE_TEXT, .type = MESSAGE_HUMAN, .body = value
	};

	if (value.length > MESSAGE_MAX_BYTES)
		return error_set(error, ERROR_TOO_LARGE,
			"%s is longer than %u bytes", place, MESSAGE_MAX_BYTES);
	switch (json_kind(value)) {
	case JSON_KIND_OBJECT:
		return read_object(&r, value);
	case JSON_KIND_ARRAY:
		return read_tuple(&r, value);
	case JSON_KIND_STRING:
		return add(&r, &text);
	case JSON_KIND_NULL:
	case JSON_KIND_FALSE:
	case JSON_KIND_TRUE:
	case JSON_KIND_NUMBER:
		break;
	}
	return error_set(error, ERROR_INVALID,
		"%s must be an object, a string or [type, content]", place);
}
