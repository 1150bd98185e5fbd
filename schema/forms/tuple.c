/* SPDX-License-Identifier: MIT */
/* tuple.c - [type, content], a message as LangChain coerces one. */
#include "schema/forms/form.h"

#include <string.h>

#include "schema/forms/reader.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

static const struct form_word tuple_words[] = {
	{ "human", MESSAGE_HUMAN },
	{ "user", MESSAGE_HUMAN },
	{ "ai", MESSAGE_AI },
	{ "assistant", MESSAGE_AI },
	{ "system", MESSAGE_SYSTEM },
	{ NULL, (enum message_type)0 },
};

static bool tuple_recognise(struct slice value)
{
	return json_kind(value) == JSON_KIND_ARRAY;
}

static int tuple_read(struct form_reader *reader, struct slice tuple)
{
	struct message message = { .form = MESSAGE_TUPLE };
	struct json_walk walk = json_walk(tuple);
	const struct form_word *word;
	struct slice name, extra;

	if (!json_next_element(&walk, &name) ||
		!json_next_element(&walk, &message.body) ||
		json_next_element(&walk, &extra) ||
		json_kind(name) != JSON_KIND_STRING)
		return error_set(reader->error, ERROR_INVALID,
			"%s must be [type, content]", reader->path);
	word = form_word_find(tuple_words, name);
	if (!word->name)
		return error_set(reader->error, ERROR_INVALID,
			"%s: Unable to coerce message from array: only human, "
			"AI, or system message coercion is currently "
			"supported.",
			reader->path);
	message.type = word->type;
	if (strcmp(word->name, message_type_name(word->type)) != 0)
		message.type_sent = slice_of(word->name);
	return form_add(reader, &message);
}

static void tuple_write_sent(struct text *out, const struct message *message)
{
	json_begin_array(out);
	json_put_string(
		out, message->type_sent.length > 0
			     ? message->type_sent
			     : slice_of(message_type_name(message->type)));
	json_put(out, message->body);
	json_end_array(out);
}

static void tuple_write_data(struct text *out, const struct message *message)
{
	json_begin_object(out);
	json_member(out, "content", message->body);
	json_end_object(out);
}

const struct form_ops form_tuple = {
	.recognise = tuple_recognise,
	.read = tuple_read,
	.sent = tuple_write_sent,
	.data = tuple_write_data,
};
