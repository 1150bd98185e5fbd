/* SPDX-License-Identifier: MIT */
/* delta.c - the chunks of a streamed completion, added up. */
#include "schema/json/delta.h"

#include <assert.h>
#include <stdlib.h>

#include "schema/json/write.h"

/* A name or an index is looked for among so many, and no more. */
#define NAMED_MAX 256

static bool delta_is_one_of(struct slice name, const char *const *names)
{
	while (*names != NULL && !json_string_is(name, slice_of(*names)))
		names++;
	return *names != NULL;
}

/* True if servers send it once, or again and again as a whole. */
static bool delta_is_whole(struct slice name)
{
	static const char *const names[] = { "role", "type", "id", "name",
		NULL };

	return delta_is_one_of(name, names);
}

static bool delta_begins_to_grow(struct slice name)
{
	static const char *const names[] = { "delta", "text", NULL };

	return delta_is_one_of(name, names);
}

static bool delta_is_container(enum json_kind kind)
{
	return kind == JSON_KIND_ARRAY || kind == JSON_KIND_OBJECT;
}

static struct json_delta *delta_push(struct json_delta *parent)
{
	if (parent->items == NULL || parent->count == parent->capacity) {
		const size_t capacity = parent->capacity * 2 + 4;
		struct json_delta *items =
			realloc(parent->items, capacity * sizeof(*items));

		if (items == NULL)
			return NULL;
		parent->items = items;
		parent->capacity = capacity;
	}
	parent->items[parent->count] = (struct json_delta){ 0 };
	return &parent->items[parent->count++];
}

static size_t delta_named_count(const struct json_delta *parent)
{
	return parent->count < NAMED_MAX ? parent->count : NAMED_MAX;
}

const struct json_delta *json_delta_member(
	const struct json_delta *object, struct slice name)
{
	for (size_t i = 0; i < delta_named_count(object); i++)
		if (json_string_is(text_view(&object->items[i].name), name))
			return &object->items[i];
	return NULL;
}

const struct json_delta *json_delta_element(
	const struct json_delta *array, struct slice index)
{
	for (size_t i = 0; i < delta_named_count(array); i++) {
		const struct json_delta *found =
			json_delta_member(&array->items[i], SLICE("index"));

		if (found != NULL &&
			slice_equal(text_view(&found->text), index))
			return &array->items[i];
	}
	return NULL;
}

/* Gives the item that was found, or a new one; NULL: out of memory. */
static struct json_delta *delta_place(
	struct json_delta *parent, const struct json_delta *found)
{
	return found != NULL ? &parent->items[found - parent->items]
			     : delta_push(parent);
}

static int delta_add_value(struct json_delta *sum, struct slice name,
	struct slice value, bool grows);

static int delta_add_element(
	struct json_delta *array, struct slice element, bool grows)
{
	const struct json_delta *found = NULL;
	struct json_delta *item;
	struct slice index;

	if (json_kind(element) == JSON_KIND_OBJECT &&
		json_find(element, "index", &index)) {
		found = json_delta_element(array, index);
		if (found == NULL && array->count >= NAMED_MAX)
			return 0;
	}
	item = delta_place(array, found);
	return item == NULL
		       ? -1
		       : delta_add_value(item, SLICE("\"\""), element, grows);
}

static int delta_add_member(struct json_delta *object, struct slice name,
	struct slice value, bool grows)
{
	const struct json_delta *found = NULL;
	struct json_delta *item;

	for (size_t i = 0; found == NULL && i < delta_named_count(object); i++)
		if (json_string_compare(
			    text_view(&object->items[i].name), name) == 0)
			found = &object->items[i];
	if (found == NULL && object->count >= NAMED_MAX)
		return 0;
	item = delta_place(object, found);
	if (item == NULL)
		return -1;
	if (found == NULL)
		text_slice(&item->name, name);
	if (item->name.failed)
		return -1;
	return delta_add_value(
		item, name, value, grows || delta_begins_to_grow(name));
}

static int delta_add_inside(
	struct json_delta *sum, struct slice container, bool grows)
{
	struct json_walk walk = json_walk(container);
	struct slice name, value;

	if (sum->kind == JSON_KIND_ARRAY) {
		while (json_next_element(&walk, &value))
			if (delta_add_element(sum, value, grows))
				return -1;
		return 0;
	}
	while (json_next_member(&walk, &name, &value))
		if (delta_add_member(sum, name, value, grows))
			return -1;
	return 0;
}

static void delta_clear_inside(struct json_delta *sum)
{
	for (size_t i = 0; i < sum->count; i++)
		json_delta_clear(&sum->items[i]);
	sum->count = 0;
	sum->text.length = 0;
}

static int delta_add_value(struct json_delta *sum, struct slice name,
	struct slice value, bool grows)
{
	const enum json_kind kind = json_kind(value);
	const bool string = kind == JSON_KIND_STRING;

	if (kind == JSON_KIND_NULL && sum->kind != JSON_KIND_NULL)
		return 0;
	/* An empty name does not take back the one that was sent before. */
	if (string && sum->text.length > 0 && slice_is(value, "\"\""))
		return 0;
	if (kind != sum->kind)
		delta_clear_inside(sum);
	sum->kind = kind;
	if (delta_is_container(kind))
		return delta_add_inside(sum, value, grows);
	if (!string || !grows || delta_is_whole(name))
		sum->text.length = 0;
	text_slice(&sum->text, string ? json_inner(value) : value);
	return sum->text.failed ? -1 : 0;
}

int json_delta_add(struct json_delta *sum, struct slice chunk)
{
	assert(json_kind(chunk) == JSON_KIND_OBJECT);
	return delta_add_value(sum, SLICE("\"\""), chunk, false);
}

static void delta_write_inside(
	struct text *out, const struct json_delta *sum, bool indexed)
{
	const bool object = sum->kind == JSON_KIND_OBJECT;

	for (size_t i = 0; i < sum->count; i++) {
		const struct json_delta *item = &sum->items[i];

		if (object && !indexed &&
			json_string_is(text_view(&item->name), SLICE("index")))
			continue;
		if (object)
			json_name_json(out, text_view(&item->name));
		json_delta_write(out, item, indexed);
	}
}

void json_delta_write(
	struct text *out, const struct json_delta *sum, bool indexed)
{
	switch (sum->kind) {
	case JSON_KIND_NULL:
		json_put_null(out);
		break;
	case JSON_KIND_ARRAY:
		json_begin_array(out);
		delta_write_inside(out, sum, indexed);
		json_end_array(out);
		break;
	case JSON_KIND_OBJECT:
		json_begin_object(out);
		delta_write_inside(out, sum, indexed);
		json_end_object(out);
		break;
	case JSON_KIND_STRING:
		json_begin_string(out);
		text_slice(out, text_view(&sum->text));
		json_end_string(out);
		break;
	case JSON_KIND_FALSE:
	case JSON_KIND_TRUE:
	case JSON_KIND_NUMBER:
		json_put(out, text_view(&sum->text));
		break;
	}
}

void json_delta_clear(struct json_delta *sum)
{
	for (size_t i = 0; i < sum->count; i++)
		json_delta_clear(&sum->items[i]);
	free(sum->items);
	text_clear(&sum->name);
	text_clear(&sum->text);
	*sum = (struct json_delta){ 0 };
}
