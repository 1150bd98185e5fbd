/* SPDX-License-Identifier: MIT */
/* responses_output.c - the items of a model's answer. */
#include "schema/forms/parse.h"
#include "schema/json/value.h"
#include "schema/llm/response.h"
#include "server/api/responses.h"

/* Bytes of an id, with quotes and a space. */
#define ID_MOST 80

void responses_clear_output(struct responses_output *output)
{
	message_list_clear(&output->list);
	text_clear(&output->ids);
}

static void responses_output_name(const struct response_own *own,
	struct message *item, int64_t index, struct text *ids)
{
	struct slice theirs = SLICE("null");
	const size_t begun = ids->length;

	json_find(item->body, "id", &theirs);
	response_own_id(ids, own, theirs, index);
	text_byte(ids, ' ');
	item->id = (struct slice){ ids->data + begun + 1,
		ids->length - begun - 3 };
	item->answer = true;
}

int responses_read_output(struct responses_output *output,
	const struct response_own *own, struct slice response,
	struct error *error)
{
	struct message_list *list = &output->list;
	struct error why = { 0 };

	if (message_items_parse(
		    list, response_output(response), "output", &why))
		return error_set(error,
			why.code == ERROR_UNAVAILABLE ? why.code
						      : ERROR_UPSTREAM,
			"the upstream answered what cannot be kept: %s",
			why.message);
	/* So that no id moves. */
	if (text_reserve(&output->ids, (list->count + 1) * ID_MOST))
		return error_out_of_memory(error);
	for (size_t i = 0; i < list->count; i++)
		responses_output_name(
			own, &list->items[i], (int64_t)i, &output->ids);
	return 0;
}
