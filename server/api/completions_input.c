/* SPDX-License-Identifier: MIT */
/* completions_input.c - the messages of a request, read and checked. */
#include "server/api/completions_input.h"

#include <stdlib.h>

#include "schema/forms/parse.h"
#include "schema/json/value.h"
#include "server/api/handlers.h"
#include "server/upstream/upstream.h"

static bool completions_input_wants_stream(struct slice body)
{
	struct slice stream;

	return json_find(body, "stream", &stream) &&
	       json_kind(stream) == JSON_KIND_TRUE;
}

/* Is it a message of a chat, also with a type beside its role? */
static bool completions_input_is_chat(const struct message *message)
{
	struct slice role;

	return message->form == MESSAGE_OPENAI ||
	       message->form == MESSAGE_OLLAMA ||
	       (message->form == MESSAGE_ITEM &&
		       json_find(message->body, "role", &role));
}

static int completions_input_check_form(
	const struct message_list *list, struct error *error)
{
	for (size_t i = 0; i < list->count; i++)
		if (!completions_input_is_chat(&list->items[i]))
			return error_set(error, ERROR_INVALID,
				"messages[%zu].role is missing", i);
	return 0;
}

static int completions_input_read_messages(const struct request *request,
	struct message_list *list, struct error *error)
{
	struct slice messages;

	if (!json_find(request->body, "messages", &messages) ||
		json_kind(messages) != JSON_KIND_ARRAY)
		return error_set(
			error, ERROR_INVALID, "messages must be an array");
	if (message_list_parse(list, messages, error))
		return -1;
	return completions_input_check_form(list, error);
}

static void completions_input_free(struct input *input)
{
	message_list_clear(&((struct completions_input *)(void *)input)->list);
	free(input);
}

int request_check_send(const struct request *request, struct error *error)
{
	const struct slice send = request->send;

	if (send.data == NULL || slice_is(send, "all") || slice_is(send, "new"))
		return 0;
	return error_set(error, ERROR_INVALID,
		"Chatmem-Send must be all or new, not \"%.*s\"",
		SLICE_SHORT(send));
}

/* A request that is only handed on need not be understood. */
int api_completions_parse(struct request *request, struct error *error)
{
	struct completions_input *input;

	if (request_read_session(request, error))
		return -1;
	if (json_kind(request->body) != JSON_KIND_OBJECT)
		return error_set(error, ERROR_INVALID,
			"the body must be an object with messages, not %.*s",
			SLICE_SHORT(request->body));
	input = input_new(
		request, sizeof(*input), completions_input_free, error);
	if (input == NULL || request_check_send(request, error))
		return -1;
	input->streams = completions_input_wants_stream(request->body);
	if (request->session.data == NULL)
		return 0;
	if (completions_input_read_messages(request, &input->list, error))
		return -1;
	input_count_list(&input->input, &input->list);
	return 0;
}
