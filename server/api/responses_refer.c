/* SPDX-License-Identifier: MIT */
/* responses_refer.c - items that a request names by their ids. */
#include "schema/error.h"
#include "schema/forms/parse.h"
#include "schema/json/value.h"
#include "schema/json/write.h"
#include "schema/llm/response.h"
#include "server/api/conversation.h"
#include "server/api/responses.h"

bool responses_is_reference(struct slice item)
{
	struct slice type;

	return json_kind(item) == JSON_KIND_OBJECT &&
	       json_find(item, "type", &type) &&
	       slice_is(type, "\"item_reference\"");
}

static int responses_refer_refuse(struct slice id, struct error *error)
{
	return error_set(error, ERROR_NOT_FOUND,
		"Item with id '%.*s' not found.", SLICE_SHORT(id));
}

/* --- of a response ------------------------------------------------------ */

/* Appends it as it came, but with the id that it has here. */
static bool responses_refer_put(struct text *out,
	const struct store_response *kept, const struct response_own_item *id)
{
	const struct response_own own = {
		.base = response_own_base(kept->name),
	};
	struct json_walk walk = json_walk(
		id->is_input ? kept->input : response_output(kept->body));
	struct slice item;

	for (size_t at = 0; json_next_element(&walk, &item); at++) {
		if (at != id->place)
			continue;
		if (id->is_input)
			json_put(out, item);
		else
			response_own_write_item(out, &own, item, (int64_t)at);
		return true;
	}
	return false;
}

/* Appends it if it is an item of a response that is kept. */
static int responses_refer_find_kept(const struct responses *run,
	struct slice id, struct text *out, bool *found, struct error *error)
{
	const struct request *request = run->turn.request;
	struct store_response kept = { .id = 0 };
	struct response_own_item parts;
	struct text name = { 0 };
	int result = 0;

	if (!response_own_read_id(id, &parts))
		return 0;
	text_string(&name, RESPONSE_PREFIX);
	text_slice(&name, parts.base);
	if (name.failed)
		result = error_out_of_memory(error);
	else if (store_response_is_name(text_view(&name)))
		result = store_response_find(run->turn.store,
			(struct session_ref){
				request->tenant, text_view(&name) },
			request->now, &kept, error);
	if (result == 0 && kept.id != 0)
		*found = responses_refer_put(out, &kept, &parts);
	text_clear(&kept.buf);
	text_clear(&name);
	return result;
}

/* --- of the history ----------------------------------------------------- */

/*
 * Is it in the history that goes before the input anyway?  A request that is
 * compared with the history has it like any other.
 */
static int responses_refer_is_before(const struct responses *run,
	struct slice id, struct item_place *place, bool *before,
	struct error *error)
{
	const struct store_response *previous = &run->previous;
	struct response_own_item parts;

	if (previous->id != 0 && previous->session == 0) {
		*before = response_own_read_id(id, &parts) &&
			  slice_equal(response_own_base(previous->name),
				  parts.base);
		return 0;
	}
	if (item_find(run->turn.store, &run->turn.session, id, place, error))
		return -1;
	*before = place->seq != 0 &&
		  (previous->id == 0 || place->seq <= previous->last_seq);
	return 0;
}

/* Appends the item at this place, or of any session where there is none. */
static int responses_refer_read(const struct responses *run,
	const struct item_place *place, struct slice id, struct text *out,
	struct error *error)
{
	size_t begun;

	json_comma(out);
	begun = out->length;
	if (place->seq != 0 ? item_read(run->turn.store, &run->turn.session,
				      place, out, error)
			    : item_seek(run->turn.store, run->turn.request, id,
				      out, error))
		return -1;
	return out->length > begun ? 0 : responses_refer_refuse(id, error);
}

/* --- the input ---------------------------------------------------------- */

static int responses_refer_resolve(const struct responses *run,
	struct slice item, struct text *out, struct error *error)
{
	struct item_place place = { 0 };
	struct text id = { 0 };
	struct slice value = SLICE("null");
	bool before = false, found = false;
	int result;

	json_find(item, "id", &value);
	if (json_kind(value) != JSON_KIND_STRING)
		return error_set(error, ERROR_INVALID,
			"an item_reference must have an id, not %.*s",
			SLICE_SHORT(value));
	json_decode(&id, value);
	result = id.failed ? error_out_of_memory(error)
			   : responses_refer_is_before(run, text_view(&id),
				     &place, &before, error);
	if (result == 0 && !before)
		result = responses_refer_find_kept(
			run, text_view(&id), out, &found, error);
	else if (!run->asked->compares)
		found = true;
	if (result == 0 && !found)
		result = responses_refer_read(
			run, &place, text_view(&id), out, error);
	text_clear(&id);
	return result;
}

int responses_resolve(
	const struct responses *run, struct text *out, struct error *error)
{
	struct json_walk walk = json_walk(run->asked->given);
	struct slice item;

	json_begin_array(out);
	while (json_next_element(&walk, &item)) {
		if (!responses_is_reference(item))
			json_put(out, item);
		else if (responses_refer_resolve(run, item, out, error))
			return -1;
	}
	json_end_array(out);
	return out->failed ? error_out_of_memory(error) : 0;
}

int responses_give(struct responses *run, struct error *error)
{
	struct responses_given *given = &run->given;

	given->items = run->asked->given;
	given->list = &run->asked->items.list;
	if (!run->asked->refers && !run->asked->handed_on)
		return 0;
	if (responses_resolve(run, &given->made, error) ||
		message_items_parse(
			&given->own, text_view(&given->made), "input", error))
		return -1;
	given->items = text_view(&given->made);
	given->list = &given->own;
	return 0;
}
