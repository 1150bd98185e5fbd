/* SPDX-License-Identifier: MIT */
/* response.c - a response that is kept: read, its input listed, deleted. */
#include "core/store/response.h"

#include "schema/forms/items.h"
#include "schema/forms/parse.h"
#include "schema/json/value.h"
#include "schema/json/write.h"
#include "schema/llm/response_own.h"
#include "server/api/conversation.h"
#include "server/api/openai_list.h"

static struct slice response_name(const struct request *request)
{
	return request->segments[2];
}

static int response_refuse(const struct request *request, struct error *error)
{
	return error_set(error, ERROR_NOT_FOUND,
		"Response with id '%.*s' not found.",
		SLICE_SHORT(response_name(request)));
}

/* ERROR_NOT_FOUND; after ERROR_DAMAGED the id is there. */
static int response_find(struct store *store, const struct request *request,
	struct store_response *response, struct error *error)
{
	const struct session_ref ref = { request->tenant,
		response_name(request) };

	*response = (struct store_response){ .id = 0 };
	if (store_response_is_name(ref.name) &&
		store_response_find(store, ref, request->now, response, error))
		return -1;
	return response->id != 0 ? 0 : response_refuse(request, error);
}

/* --- reading ------------------------------------------------------------ */

static int response_check_stream(
	const struct request *request, struct error *error)
{
	bool streams = false;

	if (request_flag(request, "stream", &streams, error))
		return -1;
	return streams ? error_set(error, ERROR_INVALID,
				 "stream: a response that is kept is not "
				 "streamed again; leave it out")
		       : 0;
}

static bool response_asks_for_thoughts(const struct request *request)
{
	for (int i = 0; i < request->parameter_count; i++)
		if (slice_is(request->parameters[i].value,
			    "reasoning.encrypted_content"))
			return true;
	return false;
}

int api_response_get(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct store_response kept = { .id = 0 };
	struct response_own own;
	int result = response_check_stream(request, error);

	if (result == 0)
		result = response_find(store, request, &kept, error);
	if (result == 0) {
		own = (struct response_own){
			.base = response_own_base(kept.name),
			.previous = kept.previous,
			.hides = !response_asks_for_thoughts(request),
		};
		if (kept.session != 0 &&
			!store_response_is_name(kept.session_name))
			own.conversation = kept.session_name;
		reply->status = 200;
		response_own_write(&reply->body, &own, kept.body);
	}
	text_clear(&kept.buf);
	return result;
}

/* --- the input ---------------------------------------------------------- */

/* A page of items while it is written. */
struct response_inputs {
	struct openai_page page;
	struct openai_list list;
	struct slice name;
	struct items_shown shown;
	bool begun; /* the item `after` has been passed */
};

/* The id of its message: the client's, or the response's and its place. */
static void response_put_input_id(struct text *id,
	const struct response_inputs *inputs, const struct message *message,
	size_t place)
{
	id->length = 0;
	if (message->id.length > 0) {
		text_slice(id, message->id);
		return;
	}
	text_slice(id, response_own_base(inputs->name));
	text_byte(id, '-');
	text_number(id, (int64_t)place);
}

/* Is it the one that the page comes after?  Its id is the first member. */
static bool response_is_after(
	const struct response_inputs *inputs, size_t begun)
{
	const struct text *out = inputs->list.out;
	struct slice id, item = { out->data + begun, out->length - begun };

	if (item.length > 0 && *item.data == ',') {
		item.data++;
		item.length--;
	}
	return json_find(item, "id", &id) &&
	       json_string_is(id, inputs->page.after);
}

/* 1: the page is full; 0; -1: out of memory. */
static int response_list_input(struct response_inputs *inputs,
	const struct message *message, size_t place)
{
	struct text *out = inputs->list.out;
	const size_t begun = out->length;
	struct text id = { 0 };

	response_put_input_id(&id, inputs, message, place);
	if (id.failed || items_shown_find(&inputs->shown, message)) {
		text_clear(&id);
		return -1;
	}
	if (inputs->begun && !openai_list_next(&inputs->list)) {
		text_clear(&id);
		return 1;
	}
	items_show(out, &inputs->shown,
		&(struct items_id){ .message = text_view(&id),
			.given = message->id.length > 0 &&
				 !items_id_is_made(message->id),
			.part = 1 });
	text_clear(&id);
	if (out->failed)
		return -1;
	if (inputs->begun)
		return !openai_list_keep(&inputs->list);
	inputs->begun = response_is_after(inputs, begun);
	out->length = begun;
	return 0;
}

static int response_list_inputs(struct response_inputs *inputs,
	const struct message_list *list, struct error *error)
{
	int end = 0;

	inputs->begun = inputs->page.after.data == NULL;
	for (size_t i = 0; end == 0 && i < list->count; i++) {
		const size_t at =
			inputs->page.descending ? list->count - i - 1 : i;

		end = response_list_input(inputs, &list->items[at], at + 1);
	}
	if (end < 0)
		return error_out_of_memory(error);
	return inputs->begun ? 0
			     : error_set(error, ERROR_INVALID,
				       "after '%.*s' is no item of this "
				       "response's input",
				       SLICE_SHORT(inputs->page.after));
}

static int response_write_inputs(const struct request *request,
	struct response_inputs *inputs, struct slice input, struct reply *reply,
	struct error *error)
{
	struct message_list list = { 0 };
	int result = message_items_parse(&list, input, "input", error);

	openai_list_begin(&inputs->list, &reply->body, inputs->page.limit,
		request_bytes(request, OPENAI_LIST_BYTES));
	if (result == 0)
		result = response_list_inputs(inputs, &list, error);
	openai_list_end(&inputs->list);
	items_shown_clear(&inputs->shown);
	message_list_clear(&list);
	return result;
}

int api_response_inputs_get(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct response_inputs inputs = { .name = response_name(request) };
	struct store_response kept = { .id = 0 };
	int result = request_openai_page(request, &inputs.page, error);

	if (result == 0)
		result = response_find(store, request, &kept, error);
	if (result == 0)
		result = response_write_inputs(
			request, &inputs, kept.input, reply, error);
	text_clear(&kept.buf);
	reply->status = 200;
	return reply_elsewhere(reply, request, inputs.list.cut, error) ? 0
								       : result;
}

/* --- deleting ----------------------------------------------------------- */

int api_response_delete(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct store_response kept = { .id = 0 };
	int result = response_find(store, request, &kept, error);

	if (result != 0 && error->code == ERROR_DAMAGED && kept.id != 0) {
		*error = (struct error){ 0 };
		result = 0;
	}
	if (result == 0)
		result = store_response_delete(store, &kept, error);
	text_clear(&kept.buf);
	reply->status = 200;
	json_begin_object(&reply->body);
	json_member_string(&reply->body, "id", response_name(request));
	json_member_string(&reply->body, "object", SLICE("response"));
	json_member_bool(&reply->body, "deleted", true);
	json_end_object(&reply->body);
	return result;
}

int api_response_cancel(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	(void)store;
	(void)request;
	(void)reply;
	return error_set(
		error, ERROR_INVALID, "Cannot cancel a synchronous response.");
}
