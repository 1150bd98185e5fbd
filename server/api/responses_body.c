/* SPDX-License-Identifier: MIT */
/* responses_body.c - what the model's server is asked for a response. */
#include "server/api/responses_body.h"

#include "schema/error.h"
#include "schema/forms/items.h"
#include "schema/json/value.h"
#include "schema/json/write.h"
#include "schema/llm/response.h"
#include "schema/llm/response_own.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define ENCRYPTED    "reasoning.encrypted_content"

bool responses_body_asks_for_thoughts(struct slice body)
{
	struct slice include = SLICE("[]"), value;
	struct json_walk walk;

	json_find_kind(body, "include", JSON_KIND_ARRAY, &include);
	walk = json_walk(include);
	while (json_next_element(&walk, &value))
		if (json_kind(value) == JSON_KIND_STRING &&
			json_string_is(value, SLICE(ENCRYPTED)))
			return true;
	return false;
}

/* Only thoughts that are sent along can be told again. */
static void responses_body_put_include(struct text *out, struct slice body)
{
	struct slice include = SLICE("[]"), value;
	struct json_walk walk;
	const bool asks = responses_body_asks_for_thoughts(body);
	const bool reasons =
		json_find_kind(body, "reasoning", JSON_KIND_OBJECT, &value);

	json_find_kind(body, "include", JSON_KIND_ARRAY, &include);
	if (json_count(include) == 0 && !reasons)
		return;
	json_name(out, "include");
	json_begin_array(out);
	walk = json_walk(include);
	while (json_next_element(&walk, &value))
		json_put(out, value);
	if (reasons && !asks)
		json_put_string(out, SLICE(ENCRYPTED));
	json_end_array(out);
}

int responses_body_put_history(
	struct slice variables, struct text *out, struct error *error)
{
	struct json_walk walk = json_walk(variables), items;
	struct slice name, value, item;

	while (json_next_member(&walk, &name, &value)) {
		if (json_kind(value) == JSON_KIND_STRING &&
			!slice_is(value, "\"\"")) {
			json_begin_object(out);
			json_member_string(out, "role", SLICE("system"));
			json_member(out, "content", value);
			json_end_object(out);
		}
		items = json_walk(value);
		while (json_kind(value) == JSON_KIND_ARRAY &&
			json_next_element(&items, &item))
			json_put(out, item);
	}
	return out->failed ? error_out_of_memory(error) : 0;
}

static bool responses_body_is_ours(struct slice name)
{
	static const struct slice names[] = { { "input", 5 }, { "include", 7 },
		{ "conversation", 12 }, { "previous_response_id", 20 },
		{ "store", 5 } };

	return json_string_among(name, names, COUNT(names)) < COUNT(names);
}

int responses_body_write(
	const struct question *question, struct text *out, struct error *error)
{
	struct json_walk walk = json_walk(question->body);
	struct slice name, value;

	json_begin_object(out);
	while (json_next_member(&walk, &name, &value))
		if (!responses_body_is_ours(name))
			json_member_json(out, name, value);
	json_name(out, "input");
	if (question_write(question, out, error))
		return -1;
	responses_body_put_include(out, question->body);
	json_member_bool(out, "store", false);
	json_end_object(out);
	return out->failed ? error_out_of_memory(error) : 0;
}

/* Items that were listed here have ids that no other server knows. */
static bool responses_body_is_made(struct slice item)
{
	struct response_own_item item_id;
	struct slice id;

	if (!json_find_kind(item, "id", JSON_KIND_STRING, &id))
		return false;
	id = json_inner(id);
	return items_id_bare(id).length < id.length ||
	       response_own_read_id(id, &item_id);
}

static void responses_body_put_input(struct text *out, struct slice items)
{
	struct json_walk walk = json_walk(items);
	struct slice item;

	json_begin_array(out);
	while (json_next_element(&walk, &item)) {
		if (json_kind(item) == JSON_KIND_OBJECT &&
			responses_body_is_made(item))
			response_tell(out, item);
		else
			json_put(out, item);
	}
	json_end_array(out);
}

void responses_body_hand_on(
	struct text *out, struct slice body, struct slice items)
{
	struct json_walk walk = json_walk(body);
	struct slice name, value;

	json_begin_object(out);
	while (json_next_member(&walk, &name, &value)) {
		json_name_json(out, name);
		if (json_kind(value) == JSON_KIND_ARRAY &&
			json_string_is(name, SLICE("input")))
			responses_body_put_input(
				out, items.length > 0 ? items : value);
		else
			json_put(out, value);
	}
	json_end_object(out);
}
