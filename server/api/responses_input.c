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
	free(self);
}

static bool responses_input_is_true(struct slice body, const char *name)
{
	struct slice value;

	return json_find(body, name, &value) &&
	       json_kind(value) == JSON_KIND_TRUE;
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
	if (message_items_parse(list, items, "input", error))
		return -1;
	input_count_list(&input->items.input, list);
	input->items.input.size += input->made.capacity;
	return 0;
}

/* These would need what this server does not keep. */
static int responses_input_check(
	const struct request *request, struct error *error)
{
	struct slice before;

	if (responses_input_is_true(request->body, "background"))
		return error_set(error, ERROR_INVALID,
			"background is not supported: leave it out, and the "
			"response is there when it is answered");
	if (request->session.data == NULL)
		return 0;
	if (json_find(request->body, "previous_response_id", &before) &&
		json_kind(before) != JSON_KIND_NULL)
		return error_set(error, ERROR_INVALID,
			"previous_response_id and conversation exclude each "
			"other");
	return 0;
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
	if (input == NULL || responses_input_check(request, error))
		return -1;
	input->streams = responses_input_is_true(request->body, "stream");
	return request->session.data == NULL
		       ? 0
		       : responses_input_read_items(request, error);
}
