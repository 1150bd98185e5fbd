/* SPDX-License-Identifier: MIT */
/* reader.c - what the forms share when they read a message. */
#include "schema/forms/reader.h"

#include "schema/json/value.h"

int form_add(struct form_reader *reader, const struct message *message)
{
	if (message_check(message, reader->path, reader->error))
		return -1;
	return message_list_push(reader->list, message, reader->error);
}

int form_read_type(
	struct form_reader *reader, struct message *message, struct slice value)
{
	struct slice name = value;
	bool whole;

	if (json_kind(value) == JSON_KIND_STRING &&
		message_list_decode(
			reader->list, value, &name, &whole, reader->error))
		return -1;
	message->type = message_type_of(name);
	if (!message->type)
		return error_set(reader->error, ERROR_INVALID,
			"%s: Got unexpected type: %.*s", reader->path,
			SLICE_SHORT(name));
	if (!slice_is(name, message_type_name(message->type)))
		message->type_sent = name;
	return 0;
}

int form_untyped(struct form_reader *reader)
{
	return error_set(reader->error, ERROR_INVALID,
		"%s has no type and no role", reader->path);
}

const struct form_word *form_word_find(
	const struct form_word *words, struct slice json_string)
{
	while (words->name &&
		!json_string_is(json_string, slice_of(words->name)))
		words++;
	return words;
}
