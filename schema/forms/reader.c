/* SPDX-License-Identifier: MIT */
/* reader.c - what the forms share when they read a message. */
#include "schema/forms/reader.h"

#include "schema/forms/form.h"
#include "schema/json/value.h"

int form_add(struct form_reader *reader, const struct message *message)
{
	struct text data = { 0 };
	struct message plain = form_plain(message, &data);
	int result;

	plain.form = message->form; /* the errors name its members */
	result = data.failed
			 ? error_out_of_memory(reader->error)
			 : message_check(&plain, reader->path, reader->error);
	text_clear(&data);
	if (result)
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
		return form_mistyped(reader, name);
	if (!slice_is(name, message_type_name(message->type)))
		message->type_sent = name;
	return 0;
}

int form_read_id(
	struct form_reader *reader, struct message *message, struct slice value)
{
	bool whole = false;

	if (json_kind(value) == JSON_KIND_STRING &&
		message_list_decode(reader->list, value, &message->id, &whole,
			reader->error))
		return -1;
	if (whole && message_id_valid(message->id))
		return 0;
	return error_set(reader->error, ERROR_INVALID,
		"%s.id must be a string of 1 to 128 bytes of UTF-8, not only "
		"digits, without U+0000",
		reader->path);
}

const struct form_word *form_word_find(
	const struct form_word *words, struct slice json_string)
{
	while (words->name &&
		!json_string_is(json_string, slice_of(words->name)))
		words++;
	return words;
}
