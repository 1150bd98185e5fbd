/* SPDX-License-Identifier: MIT */
/* responses_input.c - a request for a response, read and checked. */
#include "server/api/responses_input.h"

#include <stdlib.h>

#include "schema/forms/parse.h"
#include "schema/json/value.h"
#include "schema/json/write.h"
#include "server/api/handlers.h"

static void responses_input_free(struct input *input)
{
	struct responses_input *self = (struct responses_input *)(void *)input;

	message_list_clear(&self->items.list);
	text_clear(&self->made);
	text_clear(&self->previous);
	free(self);
}

/* A flag that is null has its default, as one that is left out. */
static int responses_input_read_flag(
	struct slice body, const char *name, bool *flag, struct error *error)
{
	struct slice value = SLICE("null");
	enum json_kind kind;

	json_find(body, name, &value);
	kind = json_kind(value);
	if (kind == JSON_KIND_TRUE || kind == JSON_KIND_FALSE)
		*flag = kind == JSON_KIND_TRUE;
	else if (kind != JSON_KIND_NULL)
		return error_set(error, ERROR_INVALID,
			"%s must be true or false, not %.*s", name,
			SLICE_SHORT(value));
	return 0;
}

/* A text alone is what the user says. */
static int responses_input_make(
	struct responses_input *input, struct slice text, struct error *error)
{
	json_begin_array(&input->made);
	json_begin_object(&input->made);
	json_member_string(&input->made, "role", SLICE("user"));
	json_member(&input->made, "content", text);
	json_end_object(&input->made);
	json_end_array(&input->made);
	return input->made.failed ? error_out_of_memory(error) : 0;
}

static bool responses_input_refers(struct slice items)
{
	struct json_walk walk = json_walk(items);
	struct slice item;

	while (json_kind(items) == JSON_KIND_ARRAY &&
		json_next_element(&walk, &item))
		if (responses_is_reference(item))
			return true;
	return false;
}

static int responses_input_read_items(
	struct request *request, struct error *error)
{
	struct responses_input *input =
		(struct responses_input *)(void *)request->input;
	struct message_list *list = &input->items.list;
	struct slice items = SLICE("[]");

	json_find(request->body, "input", &items);
	if (json_kind(items) == JSON_KIND_STRING) {
		if (responses_input_make(input, items, error))
			return -1;
		items = text_view(&input->made);
	}
	input->given = items;
	input->refers = responses_input_refers(items);
	if (!input->refers && !input->handed_on &&
		message_items_parse(list, items, "input", error))
		return -1;
	input_count_list(&input->items.input, list);
	input->items.input.size += input->made.capacity;
	return 0;
}

/* An id that holds half a character is none of ours, and empty. */
static int responses_input_read_previous(const struct request *request,
	struct responses_input *input, struct error *error)
{
	struct slice before;

	if (!json_find(request->body, "previous_response_id", &before) ||
		json_kind(before) == JSON_KIND_NULL)
		return 0;
	if (json_kind(before) != JSON_KIND_STRING)
		return error_set(error, ERROR_INVALID,
			"previous_response_id must be a string, not %.*s",
			SLICE_SHORT(before));
	if (input->compares)
		return error_set(error, ERROR_INVALID,
			"X-Session-Id and previous_response_id exclude each "
			"other: send one of them");
	if (request->session.data != NULL)
		return error_set(error, ERROR_INVALID,
			"Mutually exclusive parameters: Ensure you are only "
			"providing one of: 'previous_response_id' or "
			"'conversation'.");
	json_decode(&input->previous, before);
	if (input->previous.failed)
		return error_out_of_memory(error);
	return input->previous.length > 0
		       ? 0
		       : error_set(error, ERROR_PREVIOUS_RESPONSE,
				 "Previous response with id %.*s not found.",
				 SLICE_SHORT(before));
}

static int responses_input_check(const struct request *request,
	struct responses_input *input, struct error *error)
{
	const struct slice body = request->body;
	bool background = false;

	input->stores = true;
	if (responses_input_read_flag(body, "stream", &input->streams, error) ||
		responses_input_read_flag(
			body, "store", &input->stores, error) ||
		responses_input_read_flag(
			body, "background", &background, error))
		return -1;
	if (background)
		return error_set(error, ERROR_INVALID,
			"background is not supported: leave it out, and the "
			"response is there when it is answered");
	if (input->compares && request_check_send(request, error))
		return -1;
	return responses_input_read_previous(request, input, error);
}

int api_responses_parse(struct request *request, struct error *error)
{
	struct responses_input *input;

	if (json_kind(request->body) != JSON_KIND_OBJECT)
		return error_set(error, ERROR_INVALID,
			"the body must be an object with input, not %.*s",
			SLICE_SHORT(request->body));
	if (request_read_conversation(request, error))
		return -1;
	input = input_new(request, sizeof(*input), responses_input_free, error);
	if (input == NULL)
		return -1;
	input->compares = request->session_id.data != NULL;
	if (responses_input_check(request, input, error))
		return -1;
	input->handed_on = !input->stores && request->session.data == NULL &&
			   input->previous.length == 0;
	return responses_input_read_items(request, error);
}
