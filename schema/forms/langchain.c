/* SPDX-License-Identifier: MIT */
/* langchain.c - LangChain's stored form: {"type":T,"data":BODY}. */
#include "schema/forms/form.h"

#include "schema/forms/reader.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

/* --- reading ---------------------------------------------------------- */

static bool langchain_recognise(struct slice value)
{
	struct slice data;

	return json_kind(value) == JSON_KIND_OBJECT &&
	       json_find(value, "data", &data);
}

static int langchain_read_data(
	struct form_reader *reader, struct message *message, struct slice value)
{
	message->body = value;
	if (json_kind(value) == JSON_KIND_OBJECT)
		return 0;
	return error_set(reader->error, ERROR_INVALID,
		"%s.data must be an object", reader->path);
}

static int langchain_read_time(
	struct form_reader *reader, const char *name, struct slice value)
{
	if (message_time_valid(value))
		return 0;
	return error_set(reader->error, ERROR_INVALID,
		"%s.%s must be an RFC 3339 time, as in "
		"\"2026-01-31T09:30:00.000Z\"",
		reader->path, name);
}

/* A message of ours that is posted back may have both times. */
static int langchain_read_created_at(
	struct form_reader *reader, struct message *message, struct slice value)
{
	if (!message->client_created_at.length)
		message->client_created_at = value;
	return langchain_read_time(reader, "created_at", value);
}

static int langchain_read_client_created_at(
	struct form_reader *reader, struct message *message, struct slice value)
{
	message->client_created_at = value;
	return langchain_read_time(reader, "client_created_at", value);
}

/* The members beside "data"; one without `read` is ignored. */
static const struct {
	const char *name;
	int (*read)(struct form_reader *reader, struct message *message,
		struct slice value);
} langchain_siblings[] = {
	{ "type", form_read_type },
	{ "data", langchain_read_data },
	{ "id", form_read_id },
	{ "created_at", langchain_read_created_at },
	{ "client_created_at", langchain_read_client_created_at },
	{ "seq", NULL },
	{ "updated_at", NULL },
};

static int langchain_read_sibling(struct form_reader *reader,
	struct message *message, struct slice name, struct slice value)
{
	struct slice inner = json_inner(name);
	size_t i;

	for (i = 0;
		i < sizeof(langchain_siblings) / sizeof(*langchain_siblings);
		i++) {
		if (json_string_is(name, slice_of(langchain_siblings[i].name)))
			return langchain_siblings[i].read
				       ? langchain_siblings[i].read(
						 reader, message, value)
				       : 0;
	}
	return error_set(reader->error, ERROR_INVALID,
		"%s: unknown member \"%.*s\"; put it inside \"data\"",
		reader->path, SLICE_SHORT(inner));
}

static int langchain_read(struct form_reader *reader, struct slice object)
{
	struct message message = { .form = MESSAGE_STORED };
	struct json_walk walk = json_walk(object);
	struct slice name, value;

	while (json_next_member(&walk, &name, &value)) {
		if (langchain_read_sibling(reader, &message, name, value))
			return -1;
	}
	if (!message.type)
		return form_untyped(reader, object);
	return form_add(reader, &message);
}

/* --- writing ---------------------------------------------------------- */

static void langchain_write_sent(
	struct text *out, const struct message *message)
{
	const struct slice type =
		message->type_sent.length > 0
			? message->type_sent
			: slice_of(message_type_name(message->type));

	json_begin_object(out);
	json_member_string(out, "type", type);
	json_member(out, "data", message->body);
	json_end_object(out);
}

static void langchain_write_data(
	struct text *out, const struct message *message)
{
	json_put(out, message->body);
}

void format_langchain(struct text *out, const struct message *message)
{
	json_member_string(
		out, "type", slice_of(message_type_name(message->type)));
	json_name(out, "data");
	form_of(message->form)->data(out, message);
}

static void langchain_write(struct text *out, const struct message *message,
	const struct format_prefixes *prefixes)
{
	(void)prefixes;
	format_langchain(out, message);
}

const struct form_ops form_langchain = {
	.name = "langchain",
	.recognise = langchain_recognise,
	.read = langchain_read,
	.sent = langchain_write_sent,
	.data = langchain_write_data,
	.shape = FORM_MEMBERS,
	.write = langchain_write,
};
