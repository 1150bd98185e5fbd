/* SPDX-License-Identifier: MIT */
/* from.c - the table of other products' files, and the lines made of them. */
#include "core/transfer/from.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/transfer/from_line.h"
#include "schema/error.h"
#include "schema/json/value.h"
#include "schema/json/write.h"
#include "schema/message/message.h"

/* The first that recognises a conversation has it. */
#define FORMATS(X)         \
	X(from_chatgpt)    \
	X(from_claude)     \
	X(from_librechat)  \
	X(from_open_webui) \
	X(from_sharegpt)   \
	X(from_openai)     \
	X(from_messages)

#define DECLARE(format) extern const struct from_format format;
FORMATS(DECLARE)
#undef DECLARE

#define ROW(format) &format,
static const struct from_format *const formats[] = { FORMATS(ROW) };
#undef ROW

#define FORMAT_COUNT (sizeof(formats) / sizeof(*formats))

/* Stands for that which recognises the conversation. */
static const struct from_format from_auto = { .name = "auto" };

const struct from_format *from_named(struct slice name)
{
	if (slice_is(name, from_auto.name))
		return &from_auto;
	for (size_t i = 0; i < FORMAT_COUNT; i++)
		if (slice_is(name, formats[i]->name))
			return formats[i];
	return NULL;
}

void from_names(struct text *out)
{
	text_string(out, from_auto.name);
	for (size_t i = 0; i < FORMAT_COUNT; i++)
		text_format(out, "%s%s", i + 1 < FORMAT_COUNT ? ", " : " or ",
			formats[i]->name);
}

static const struct from_format *from_recognise(struct slice conversation)
{
	for (size_t i = 0; i < FORMAT_COUNT; i++)
		if (formats[i]->recognise(conversation))
			return formats[i];
	return NULL;
}

int from_write(struct text *out, const struct from_format *format,
	struct slice conversation, const struct from_place *place,
	struct error *error)
{
	struct from_line line = { out, format, place, error };
	struct text names = { 0 };

	if (format == &from_auto)
		line.format = from_recognise(conversation);
	if (line.format != NULL)
		return line.format->write(&line, conversation);
	from_names(&names);
	error_describe(error, ERROR_INVALID,
		"this is of no format that is known; there are %.*s",
		SLICE_SHORT(text_view(&names)));
	text_clear(&names);
	return -1;
}

/* --- refusals --------------------------------------------------------- */

int from_refuse(struct from_line *line, const char *path, const char *member,
	const char *wanted, struct slice value)
{
	const char *dot = *path != '\0' && *member != '\0' ? "." : "";

	if (value.length == 0)
		return error_set(line->error, ERROR_INVALID,
			"%s%s%s is missing; it must be %s", path, dot, member,
			wanted);
	return error_set(line->error, ERROR_INVALID,
		"%s%s%s must be %s, not %.*s", path, dot, member, wanted,
		SLICE_SHORT(value));
}

/* A member that must be there: of the object at the path. */
struct from_wanted {
	const char *path;
	const char *member;
	enum json_kind kind;
	const char *words;
};

static int from_need(struct from_line *line, const struct from_wanted *wanted,
	struct slice object, struct slice *value)
{
	*value = (struct slice){ NULL, 0 };
	if (json_kind(object) != JSON_KIND_OBJECT)
		return from_refuse(line, wanted->path, "", "an object", object);
	if (json_find(object, wanted->member, value) &&
		json_kind(*value) == wanted->kind)
		return 0;
	return from_refuse(
		line, wanted->path, wanted->member, wanted->words, *value);
}

int from_need_string(struct from_line *line, const char *path,
	struct slice object, const char *member, struct slice *value)
{
	const struct from_wanted wanted = { path, member, JSON_KIND_STRING,
		"a string" };

	return from_need(line, &wanted, object, value);
}

int from_need_array(struct from_line *line, const char *path,
	struct slice object, const char *member, struct slice *value)
{
	const struct from_wanted wanted = { path, member, JSON_KIND_ARRAY,
		"an array" };

	return from_need(line, &wanted, object, value);
}

int from_need_object(struct from_line *line, const char *path,
	struct slice object, const char *member, struct slice *value)
{
	const struct from_wanted wanted = { path, member, JSON_KIND_OBJECT,
		"an object" };

	return from_need(line, &wanted, object, value);
}

void from_path(char path[FROM_PATH_MAX], const char *name, size_t index)
{
	snprintf(path, FROM_PATH_MAX, "%s[%zu]", name, index);
}

void from_member_path(char path[FROM_PATH_MAX], const char *name,
	struct slice id, const char *rest)
{
	const struct slice inner = json_inner(id);

	snprintf(path, FROM_PATH_MAX, "%s.%.*s%s", name,
		(int)(inner.length < 64 ? inner.length : 64), inner.data, rest);
}

/* --- lines ------------------------------------------------------------ */

/* The name of the session: SESSION-ID, or FORMAT-PLACE. */
static void from_put_name(struct from_line *line, struct slice id)
{
	const struct slice session = line->place->session;
	const bool named =
		id.length > 0 && (json_kind(id) == JSON_KIND_NUMBER ||
					 (json_kind(id) == JSON_KIND_STRING &&
						 json_inner(id).length > 0));

	json_name(line->out, "session");
	json_begin_string(line->out);
	text_json_inner(line->out, session);
	if (!named && session.length == 0)
		text_string(line->out, line->format->name);
	if (!named || session.length > 0)
		text_string(line->out, "-");
	if (!named)
		text_number(line->out, line->place->number);
	else
		text_slice(line->out, json_kind(id) == JSON_KIND_STRING
					      ? json_inner(id)
					      : id);
	json_end_string(line->out);
}

int from_begin_with(
	struct from_line *line, struct slice id, struct slice metadata)
{
	json_begin_object(line->out);
	from_put_name(line, id);
	if (metadata.length > 0) {
		json_name(line->out, "metadata");
		json_begin_object(line->out);
		text_slice(line->out, metadata);
		json_end_object(line->out);
	}
	json_name(line->out, "messages");
	json_begin_array(line->out);
	return 0;
}

int from_begin(struct from_line *line, struct slice id, struct slice title)
{
	struct text metadata = { 0 };

	if (title.length > 0 && json_kind(title) == JSON_KIND_STRING)
		json_member(&metadata, "title", title);
	from_begin_with(line, id, text_view(&metadata));
	line->out->failed |= metadata.failed;
	text_clear(&metadata);
	return 0;
}

int from_end(struct from_line *line)
{
	json_end_array(line->out);
	json_end_object(line->out);
	return line->out->failed ? error_out_of_memory(line->error) : 0;
}

/* --- messages --------------------------------------------------------- */

static const char *from_type(struct slice role)
{
	static const struct {
		const char *role;
		const char *type;
	} roles[] = {
		{ "user", "human" },
		{ "human", "human" },
		{ "assistant", "ai" },
		{ "ai", "ai" },
		{ "gpt", "ai" },
		{ "chatgpt", "ai" },
		{ "bot", "ai" },
		{ "model", "ai" },
		{ "system", "system" },
		{ "developer", "system" },
	};

	for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++)
		if (json_string_is(role, slice_of(roles[i].role)))
			return roles[i].type;
	return "generic";
}

static void from_put_id(struct text *out, struct slice id)
{
	if (id.length > 0 && json_kind(id) == JSON_KIND_STRING &&
		memchr(id.data, '\\', id.length) == NULL &&
		message_id_valid(json_inner(id)))
		json_member(out, "id", id);
}

/* Seconds since 1970, of which some products make milliseconds. */
static bool from_milliseconds(struct slice number, int64_t *milliseconds)
{
	char spelled[64] = "";
	double value;

	if (number.length >= sizeof(spelled))
		return false;
	memcpy(spelled, number.data, number.length);
	value = strtod(spelled, NULL);
	if (value < 1e11)
		value *= 1000;
	if (!(value >= 0 && value <= (double)TEXT_TIME_MOST))
		return false;
	*milliseconds = llround(value);
	return true;
}

static int from_put_time(
	struct from_line *line, const struct from_message *message)
{
	const struct slice time = message->time;
	int64_t milliseconds;

	if (time.length == 0 || json_kind(time) == JSON_KIND_NULL)
		return 0;
	if (json_kind(time) == JSON_KIND_NUMBER &&
		from_milliseconds(time, &milliseconds))
		json_member_time(line->out, "client_created_at", milliseconds);
	else if (message_time_valid(time))
		json_member(line->out, "client_created_at", time);
	else
		return from_refuse(line, message->path, message->time_name,
			"a time of RFC 3339, or in seconds since 1970", time);
	return 0;
}

int from_put(struct from_line *line, const struct from_message *message)
{
	struct text *out = line->out;
	const char *type;

	if (message->role.length == 0 ||
		json_kind(message->role) != JSON_KIND_STRING)
		return from_refuse(
			line, message->path, "", "of a role", message->role);
	type = message->call_result ? "tool" : from_type(message->role);
	json_begin_object(out);
	json_member_string(out, "type", slice_of(type));
	json_name(out, "data");
	json_begin_object(out);
	json_member(out, "content", message->content);
	if (strcmp(type, "generic") == 0)
		json_member(out, "role", message->role);
	if (message->more.length > 0) {
		json_comma(out);
		text_slice(out, message->more);
	}
	json_end_object(out);
	from_put_id(out, message->id);
	if (from_put_time(line, message))
		return -1;
	json_end_object(out);
	return 0;
}
