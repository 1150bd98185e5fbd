/* SPDX-License-Identifier: MIT */
/*
 * serialised.c - LangChain's serialised form: JSON.stringify(messages) in
 * JavaScript, dumps(messages) in Python.
 */
#include "schema/forms/form.h"

#include "schema/error.h"
#include "schema/forms/reader.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

/* --- reading ---------------------------------------------------------- */

/* Other things are serialised so, too. */
static bool serialised_recognise(struct slice value)
{
	static const struct slice types[] = { { "constructor", 11 },
		{ "not_implemented", 15 }, { "secret", 6 } };
	struct slice lc, type;

	return json_find_kind(value, "lc", JSON_KIND_NUMBER, &lc) &&
	       json_find_kind(value, "type", JSON_KIND_STRING, &type) &&
	       json_string_among(type, types, 3) < 3;
}

/* The name of the class is the last of `id`. */
static struct slice serialised_class(struct slice object)
{
	struct slice id, part, class = SLICE("\"\"");
	struct json_walk walk;

	if (!json_find_kind(object, "id", JSON_KIND_ARRAY, &id))
		return class;
	walk = json_walk(id);
	while (json_next_element(&walk, &part))
		class = part;
	return json_kind(class) == JSON_KIND_STRING ? class : SLICE("\"\"");
}

static int serialised_read_class(
	struct form_reader *reader, struct message *message)
{
	struct slice name;
	bool whole;

	if (message_list_decode(reader->list, serialised_class(message->body),
		    &name, &whole, reader->error))
		return -1;
	message->type = message_type_of_class(name);
	if (!message->type)
		return form_mistyped(reader, name);
	/* Python has the name of a chunk's class for its type. */
	if (message_type_of(name))
		message->type_sent = name;
	return 0;
}

static int serialised_read(struct form_reader *reader, struct slice object)
{
	struct message message = { .form = MESSAGE_SERIALISED, .body = object };
	struct slice type, kwargs;

	json_find(object, "type", &type);
	if (!json_string_is(type, SLICE("constructor")))
		return error_set(reader->error, ERROR_INVALID,
			"%s is \"%.*s\": LangChain cannot serialise it; send "
			"mapChatMessagesToStoredMessages() or "
			"messages_to_dict() of it",
			reader->path, SLICE_SHORT(json_inner(type)));
	if (serialised_read_class(reader, &message))
		return -1;
	if (!json_find_kind(object, "kwargs", JSON_KIND_OBJECT, &kwargs))
		return error_set(reader->error, ERROR_INVALID,
			"%s.kwargs must be an object", reader->path);
	return form_add(reader, &message);
}

/* --- writing ---------------------------------------------------------- */

static void serialised_write_sent(
	struct text *out, const struct message *message)
{
	json_put(out, message->body);
}

static void serialised_write_data(
	struct text *out, const struct message *message)
{
	struct slice kwargs = SLICE("{}");

	json_find_kind(message->body, "kwargs", JSON_KIND_OBJECT, &kwargs);
	json_put(out, kwargs);
}

const struct form_ops form_serialised = {
	.recognise = serialised_recognise,
	.read = serialised_read,
	.sent = serialised_write_sent,
	.data = serialised_write_data,
};
