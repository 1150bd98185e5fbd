/* SPDX-License-Identifier: MIT */
/* conversation_input.c - items and metadata, as OpenAI's API takes them. */
#include "server/api/conversation_input.h"

#include <stdlib.h>
#include <string.h>

#include "schema/forms/parse.h"
#include "schema/json/value.h"

/* The bounds of OpenAI's metadata; lengths in characters. */
#define METADATA_MEMBERS 16
#define METADATA_NAME	 64
#define METADATA_VALUE	 512

static void conversation_input_free(struct input *input)
{
	struct conversation_input *self =
		(struct conversation_input *)(void *)input;

	message_list_clear(&self->items.list);
	free(self);
}

/* --- metadata ----------------------------------------------------------- */

/* The characters of a JSON string: those of UTF-8 begin one each. */
static size_t conversation_input_length(struct slice string)
{
	struct slice rest = json_inner(string), piece;
	char buf[4];
	size_t length = 0;

	while (json_next_piece(&rest, buf, &piece))
		for (size_t i = 0; i < piece.length; i++)
			length += ((unsigned char)piece.data[i] & 0xc0) != 0x80;
	return length;
}

static int conversation_input_check_member(
	struct slice name, struct slice value, struct error *error)
{
	if (conversation_input_length(name) > METADATA_NAME)
		return error_set(error, ERROR_INVALID,
			"metadata has a key of more than %d characters",
			METADATA_NAME);
	if (json_kind(value) != JSON_KIND_STRING)
		return error_set(error, ERROR_INVALID,
			"metadata.%.*s must be a string, not %.*s",
			SLICE_SHORT(json_inner(name)), SLICE_SHORT(value));
	if (conversation_input_length(value) > METADATA_VALUE)
		return error_set(error, ERROR_INVALID,
			"metadata.%.*s has more than %d characters",
			SLICE_SHORT(json_inner(name)), METADATA_VALUE);
	return 0;
}

static int conversation_input_read_metadata(struct conversation_input *input,
	struct slice value, struct error *error)
{
	struct json_walk walk;
	struct slice name, member;

	if (json_kind(value) == JSON_KIND_NULL)
		value = SLICE("{}");
	if (json_kind(value) != JSON_KIND_OBJECT)
		return error_set(error, ERROR_INVALID,
			"metadata must be an object, not %.*s",
			SLICE_SHORT(value));
	if (json_count(value) > METADATA_MEMBERS)
		return error_set(error, ERROR_INVALID,
			"metadata has more than %d members", METADATA_MEMBERS);
	walk = json_walk(value);
	while (json_next_member(&walk, &name, &member))
		if (conversation_input_check_member(name, member, error))
			return -1;
	input->metadata = value;
	return 0;
}

/* --- bodies ------------------------------------------------------------- */

static int conversation_input_read_items(struct conversation_input *input,
	struct slice value, struct error *error)
{
	struct message_list *list = &input->items.list;

	if (message_items_parse(list, value, "items", error))
		return -1;
	input_count_list(&input->items.input, list);
	return 0;
}

/* A conversation may be made of null. */
static int conversation_input_read_first(struct conversation_input *input,
	struct slice value, struct error *error)
{
	return json_kind(value) == JSON_KIND_NULL
		       ? 0
		       : conversation_input_read_items(input, value, error);
}

typedef int conversation_input_reader(struct conversation_input *input,
	struct slice value, struct error *error);

/* The members of a body; NULL: it has none. */
struct conversation_input_body {
	conversation_input_reader *items;
	conversation_input_reader *metadata;
};

static int conversation_input_read_member(struct conversation_input *input,
	const struct conversation_input_body *body, struct slice name,
	struct slice value, struct error *error)
{
	conversation_input_reader *read = NULL;

	if (json_string_is(name, SLICE("items")))
		read = body->items;
	else if (json_string_is(name, SLICE("metadata")))
		read = body->metadata;
	if (read != NULL)
		return read(input, value, error);
	return error_set(
		error, ERROR_INVALID, "unknown member %.*s", SLICE_SHORT(name));
}

static int conversation_input_read(struct request *request,
	const struct conversation_input_body *body, struct error *error)
{
	struct conversation_input *input = input_new(
		request, sizeof(*input), conversation_input_free, error);
	struct json_walk walk;
	struct slice name, value;

	if (input == NULL)
		return -1;
	if (request->body.length == 0)
		return 0;
	if (json_kind(request->body) != JSON_KIND_OBJECT)
		return error_set(error, ERROR_INVALID,
			"the body must be an object, not %.*s",
			SLICE_SHORT(request->body));
	walk = json_walk(request->body);
	while (json_next_member(&walk, &name, &value))
		if (conversation_input_read_member(
			    input, body, name, value, error))
			return -1;
	return 0;
}

int api_conversation_parse_new(struct request *request, struct error *error)
{
	static const struct conversation_input_body body = {
		conversation_input_read_first, conversation_input_read_metadata
	};
	struct conversation_input *input;

	if (conversation_input_read(request, &body, error))
		return -1;
	input = (struct conversation_input *)(void *)request->input;
	if (input->metadata.length == 0)
		input->metadata = SLICE("{}");
	memcpy(input->name, CONVERSATION_PREFIX,
		sizeof(CONVERSATION_PREFIX) - 1);
	input->items.input.made_name =
		(struct slice){ input->name, sizeof(input->name) };
	return session_make_name(
		input->name + sizeof(CONVERSATION_PREFIX) - 1, error);
}

int api_conversation_parse_metadata(
	struct request *request, struct error *error)
{
	static const struct conversation_input_body body = { NULL,
		conversation_input_read_metadata };
	const struct conversation_input *input;

	if (conversation_input_read(request, &body, error))
		return -1;
	input = request_input(request);
	return input->metadata.length > 0
		       ? 0
		       : error_set(error, ERROR_INVALID, "metadata is missing");
}

int api_items_parse(struct request *request, struct error *error)
{
	static const struct conversation_input_body body = {
		conversation_input_read_items, NULL
	};
	struct slice items;

	if (conversation_input_read(request, &body, error))
		return -1;
	return json_find(request->body, "items", &items)
		       ? 0
		       : error_set(error, ERROR_INVALID, "items is missing");
}
