/* SPDX-License-Identifier: MIT */
/* chat_items.c - which item a piece of an answer belongs to. */
#include "schema/llm/chat_items.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "schema/array.h"
#include "schema/error.h"
#include "schema/json/scan.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define ITEMS_MOST   10000

bool chat_item_is_call(const struct chat_item *item)
{
	return *item->kind == '\0';
}

static void chat_items_clear_one(struct chat_item *item)
{
	text_clear(&item->index);
	text_clear(&item->id);
	text_clear(&item->name);
	text_clear(&item->said);
	text_clear(&item->logprobs);
}

void chat_items_clear(struct chat_items *items)
{
	for (size_t i = 0; i < items->count; i++)
		chat_items_clear_one(&items->items[i]);
	free(items->items);
	items->items = NULL;
	items->count = items->capacity = 0;
}

/* --- beginnings and ends -------------------------------------------------- */

/* Are its arguments a whole value, so that no more of them can come? */
static bool chat_items_is_whole(const struct chat_item *item)
{
	static const struct json_limits limits = { .depth = 64,
		.values = 1000000 };
	struct json_scratch scratch = { 0 };
	struct text quoted = { 0 }, said = { 0 }, value = { 0 };
	struct error why = { 0 };
	bool whole;

	json_begin_string(&quoted);
	text_slice(&quoted, text_view(&item->said));
	json_end_string(&quoted);
	whole = !quoted.failed && json_decode(&said, text_view(&quoted)) &&
		said.length > 0 &&
		json_scan_copy(
			&value, text_view(&said), &limits, &scratch, &why) == 0;
	json_scratch_clear(&scratch);
	text_clear(&quoted);
	text_clear(&said);
	text_clear(&value);
	return whole;
}

static int chat_items_end_one(
	struct chat_items *items, size_t at, bool early, struct error *error)
{
	struct chat_item *item = &items->items[at];

	if (item->ended)
		return 0;
	item->ended = true;
	item->early = early;
	return items->watch == NULL
		       ? 0
		       : items->watch->ended(items->context, at, error);
}

int chat_items_end(struct chat_items *items, bool early, struct error *error)
{
	for (size_t i = 0; i < items->count; i++)
		if (chat_items_end_one(items, i, early, error))
			return -1;
	return 0;
}

/* The newest; NULL: there is none. */
static struct chat_item *chat_items_last(const struct chat_items *items)
{
	assert(items->count == 0 || items->items != NULL);
	return items->count > 0 ? &items->items[items->count - 1] : NULL;
}

/* Begins one behind the others; the one before it may end. */
static int chat_items_begin(struct chat_items *items,
	const struct chat_item *begun, struct error *error)
{
	const struct chat_item *last = chat_items_last(items);
	const size_t at = items->count;
	struct chat_item *room;

	if (at == ITEMS_MOST)
		return error_set(error, ERROR_UPSTREAM,
			"the upstream answered with more than %d items",
			ITEMS_MOST);
	if (last != NULL &&
		(!chat_item_is_call(last) || chat_items_is_whole(last)) &&
		chat_items_end_one(items, at - 1, false, error))
		return -1;
	room = array_room(items->items, &items->capacity, at, sizeof(*room));
	if (room == NULL)
		return error_out_of_memory(error);
	items->items = room;
	items->items[items->count++] = *begun;
	return 0;
}

static int chat_items_tell_begun(
	struct chat_items *items, size_t at, struct error *error)
{
	return items->watch == NULL
		       ? 0
		       : items->watch->begun(items->context, at, error);
}

static void chat_items_keep_logprobs(
	struct text *logprobs, struct slice of_delta)
{
	struct json_walk walk = json_walk(of_delta);
	struct slice one;

	while (json_next_element(&walk, &one))
		json_put(logprobs, one);
}

/* Adds to it; a JSON string. */
static int chat_items_say(struct chat_items *items, size_t at,
	struct slice delta, struct error *error)
{
	struct chat_item *item = &items->items[at];

	if (slice_is(delta, "\"\""))
		return 0;
	text_slice(&item->said, json_inner(delta));
	if (strcmp(item->kind, "output_text") == 0)
		chat_items_keep_logprobs(&item->logprobs, items->logprobs);
	if (item->said.failed || item->logprobs.failed)
		return error_out_of_memory(error);
	if (items->watch != NULL &&
		items->watch->said(items->context, at, delta, error))
		return -1;
	items->logprobs.length = 0;
	return 0;
}

/* --- texts ---------------------------------------------------------------- */

static int chat_items_add_text(struct chat_items *items, const char *kind,
	struct slice text, struct error *error)
{
	const struct chat_item begun = { .kind = kind };
	const struct chat_item *last = chat_items_last(items);

	if (slice_is(text, "\"\""))
		return 0;
	if (last == NULL || last->ended || strcmp(last->kind, kind) != 0) {
		if (chat_items_begin(items, &begun, error) ||
			chat_items_tell_begun(items, items->count - 1, error))
			return -1;
	}
	return chat_items_say(items, items->count - 1, text, error);
}

static int chat_items_add_parts(struct chat_items *items, const char *kind,
	struct slice parts, struct error *error);

/* A part that thinks has a text, or parts again. */
static int chat_items_add_part(struct chat_items *items, const char *kind,
	struct slice part, struct error *error)
{
	struct slice value;

	if (json_kind(part) == JSON_KIND_STRING)
		return chat_items_add_text(items, kind, part, error);
	if (json_find_kind(part, "text", JSON_KIND_STRING, &value))
		return chat_items_add_text(items, kind, value, error);
	if (json_find_kind(part, "refusal", JSON_KIND_STRING, &value))
		return chat_items_add_text(items, "refusal", value, error);
	if (json_find_kind(part, "thinking", JSON_KIND_STRING, &value))
		return chat_items_add_text(
			items, "reasoning_text", value, error);
	return json_find_kind(part, "thinking", JSON_KIND_ARRAY, &value)
		       ? chat_items_add_parts(
				 items, "reasoning_text", value, error)
		       : 0;
}

static int chat_items_add_parts(struct chat_items *items, const char *kind,
	struct slice parts, struct error *error)
{
	struct json_walk walk = json_walk(parts);
	struct slice part;

	while (json_next_element(&walk, &part))
		if (chat_items_add_part(items, kind, part, error))
			return -1;
	return 0;
}

/* Of two members of one kind the first that has any text counts. */
static int chat_items_add_texts(
	struct chat_items *items, struct slice message, struct error *error)
{
	static const struct {
		const char *member, *kind;
	} texts[] = {
		{ "reasoning_content", "reasoning_text" },
		{ "reasoning", "reasoning_text" },
		{ "content", "output_text" },
		{ "refusal", "refusal" },
	};
	const char *seen = "";
	struct slice value;

	for (size_t i = 0; i < COUNT(texts); i++) {
		if (strcmp(seen, texts[i].kind) == 0)
			continue;
		if (json_find_kind(message, texts[i].member, JSON_KIND_ARRAY,
			    &value) &&
			chat_items_add_parts(
				items, texts[i].kind, value, error))
			return -1;
		if (!json_find_kind(message, texts[i].member, JSON_KIND_STRING,
			    &value) ||
			slice_is(value, "\"\""))
			continue;
		if (chat_items_add_text(items, texts[i].kind, value, error))
			return -1;
		seen = texts[i].kind;
	}
	return 0;
}

/* --- calls ---------------------------------------------------------------- */

/* A piece of a call, as far as it says so: slices of JSON, or empty. */
struct chat_items_call {
	struct slice index;
	struct slice id, name; /* the insides of strings */
	struct slice arguments;
};

static struct slice chat_items_inner(struct slice object, const char *name)
{
	struct slice value;

	return json_find_kind(object, name, JSON_KIND_STRING, &value)
		       ? json_inner(value)
		       : (struct slice){ 0 };
}

static struct chat_items_call chat_items_read_call(struct slice call)
{
	struct chat_items_call read = { .id = chat_items_inner(call, "id") };
	struct slice function;

	json_find_kind(call, "index", JSON_KIND_NUMBER, &read.index);
	if (json_find_kind(call, "function", JSON_KIND_OBJECT, &function)) {
		read.name = chat_items_inner(function, "name");
		json_find(function, "arguments", &read.arguments);
	}
	return read;
}

/* May the piece be of this call?  Several may have one index. */
static bool chat_items_is_of(
	const struct chat_items_call *call, const struct chat_item *item)
{
	if (!chat_item_is_call(item) ||
		(call->index.length > 0 &&
			!slice_equal(text_view(&item->index), call->index)))
		return false;
	return call->id.length == 0 || item->id.length == 0 ||
	       slice_equal(text_view(&item->id), call->id);
}

/*
 * The newest call that the piece may be of; the count of items: it is another
 * one, as each is of a message that is whole.
 */
static size_t chat_items_find_call(
	const struct chat_items *items, const struct chat_items_call *call)
{
	const bool names_none = call->index.length == 0 && call->id.length == 0;

	if (items->whole || (names_none && call->name.length > 0))
		return items->count;
	for (size_t at = items->count; at-- > 0;)
		if (chat_items_is_of(call, &items->items[at]))
			return at;
	return items->count;
}

/* Notes what has not been said of it yet. */
static int chat_items_note_call(struct chat_item *item,
	const struct chat_items_call *call, struct error *error)
{
	if (item->index.length == 0)
		text_slice(&item->index, call->index);
	if (item->id.length == 0)
		text_slice(&item->id, call->id);
	if (item->name.length == 0)
		text_slice(&item->name, call->name);
	return item->index.failed || item->id.failed || item->name.failed
		       ? error_out_of_memory(error)
		       : 0;
}

/* Some servers give an object in place of its text. */
static int chat_items_add_arguments(struct chat_items *items, size_t at,
	struct slice arguments, struct error *error)
{
	struct text string = { 0 };
	int result;

	if (arguments.length == 0 || json_kind(arguments) == JSON_KIND_NULL)
		return 0;
	if (json_kind(arguments) == JSON_KIND_STRING)
		return chat_items_say(items, at, arguments, error);
	json_put_string(&string, arguments);
	result = string.failed
			 ? error_out_of_memory(error)
			 : chat_items_say(items, at, text_view(&string), error);
	text_clear(&string);
	return result;
}

static int chat_items_add_call(
	struct chat_items *items, struct slice piece, struct error *error)
{
	static const struct chat_item begun = { .kind = "" };
	const struct chat_items_call call = chat_items_read_call(piece);
	const size_t at = chat_items_find_call(items, &call);
	const bool is_new = at == items->count;

	if (is_new && chat_items_begin(items, &begun, error))
		return -1;
	if (items->items[at].ended)
		return 0;
	if (chat_items_note_call(&items->items[at], &call, error) ||
		(is_new && chat_items_tell_begun(items, at, error)))
		return -1;
	return chat_items_add_arguments(items, at, call.arguments, error);
}

int chat_items_add(
	struct chat_items *items, struct slice message, struct error *error)
{
	struct slice calls = SLICE("[]"), call;
	struct json_walk walk;

	if (chat_items_add_texts(items, message, error))
		return -1;
	json_find_kind(message, "tool_calls", JSON_KIND_ARRAY, &calls);
	walk = json_walk(calls);
	while (json_next_element(&walk, &call))
		if (json_kind(call) == JSON_KIND_OBJECT &&
			chat_items_add_call(items, call, error))
			return -1;
	return 0;
}
