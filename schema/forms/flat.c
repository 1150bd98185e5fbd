/* SPDX-License-Identifier: MIT */
/* flat.c - a message whose members stand beside its type. */
#include "schema/forms/form.h"

#include "schema/forms/reader.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

static bool flat_recognise(struct slice value)
{
	struct slice type;

	return json_kind(value) == JSON_KIND_OBJECT &&
	       json_find(value, "type", &type);
}

static int flat_read(struct form_reader *reader, struct slice object)
{
	struct message message = { .form = MESSAGE_FLAT, .body = object };
	struct slice type, value;

	if (!json_find(object, "type", &type) ||
		form_read_type(reader, &message, type))
		return -1;
	if (json_find(object, "text", &value) &&
		!json_find(object, "content", &value))
		return error_set(reader->error, ERROR_INVALID,
			"%s.content is missing; \"text\" in its place is no "
			"longer read",
			reader->path);
	return form_add(reader, &message);
}

static void flat_write_sent(struct text *out, const struct message *message)
{
	json_put(out, message->body);
}

/* The members but `type`, which stands outside of data in stored form. */
static void flat_write_data(struct text *out, const struct message *message)
{
	json_begin_object(out);
	json_members_but(out, message->body, "type");
	json_end_object(out);
}

const struct form_ops form_flat = {
	.recognise = flat_recognise,
	.read = flat_read,
	.sent = flat_write_sent,
	.data = flat_write_data,
};
