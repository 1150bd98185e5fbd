/* SPDX-License-Identifier: MIT */
/* json_delta.c - a JSON value that comes in deltas. */
#include "schema/json_delta.h"

#include <stdlib.h>

static const struct slice index_name = { "\"index\"", 7 };

/* What servers send once, or again and again as a whole. */
static bool is_whole(struct slice name)
{
	static const char *const names[] = { "role", "type", "id", "name" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (json_string_is(name, slice_of(names[i])))
			return true;
	return false;
}

static bool is_container(enum json_kind kind)
{
	return kind == JSON_KIND_ARRAY || kind == JSON_KIND_OBJECT;
}

static struct json_delta *push(struct json_delta *parent)
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

static struct json_delta *find_member(
	const struct json_delta *object, struct slice name)
{
	for (size_t i = 0; i < object->count; i++)
		if (json_string_compare(
			    text_view(&object->items[i].name), name) == 0)
			return &object->items[i];
	return NULL;
}

/* The element that has the same index, as spelled. */
static struct json_delta *find_element(
	const struct json_delta *array, struct slice element)
{
	struct slice index;

	if (json_kind(element) != JSON_KIND_OBJECT ||
		!json_find(element, "index", &index))
		return NULL;
	for (size_t i = 0; i < array->count; i++) {
		struct json_delta *item = &array->items[i];
		const struct json_delta *known = find_member(item, index_name);

		if (known != NULL &&
			slice_equal(text_view(&known->text), index))
			return item;
	}
	return NULL;
}

static int add_value(
	struct json_delta *sum, struct slice name, struct slice value);

static int add_element(struct json_delta *array, struct slice element)
{
	struct json_delta *item = find_element(array, element);

	if (item == NULL)
		item = push(array);
	return item == NULL ? -1 : add_value(item, SLICE("\"\""), element);
}

static int add_member(
	struct json_delta *object, struct slice name, struct slice value)
{
	struct json_delta *item = find_member(object, name);

	if (item == NULL) {
		item = push(object);
		if (item == NULL)
			return -1;
		text_slice(&item->name, name);
	}
	return item->name.failed ? -1 : add_value(item, name, value);
}

static int add_inside(struct json_delta *sum, struct slice container)
{
	struct json_walk walk = json_walk(container);
	struct slice name, value;

	if (sum->kind == JSON_KIND_ARRAY) {
		while (json_next_element(&walk, &value))
			if (add_element(sum, value))
				return -1;
		return 0;
	}
	while (json_next_member(&walk, &name, &value))
		if (add_member(sum, name, value))
			return -1;
	return 0;
}

static void clear_inside(struct json_delta *sum)
{
	for (size_t i = 0; i < sum->count; i++)
		json_delta_clear(&sum->items[i]);
	sum->count = 0;
	sum->text.length = 0;
}

static int add_value(
	struct json_delta *sum, struct slice name, struct slice value)
{
	const enum json_kind kind = json_kind(value);
	const bool string = kind == JSON_KIND_STRING;

	if (kind == JSON_KIND_NULL && sum->kind != JSON_KIND_NULL)
		return 0;
	/* An empty name does not take back the one that was sent before. */
	if (string && sum->text.length > 0 && slice_is(value, "\"\""))
		return 0;
	if (kind != sum->kind)
		clear_inside(sum);
	sum->kind = kind;
	if (is_container(kind))
		return add_inside(sum, value);
	if (!string || is_whole(name))
		sum->text.length = 0;
	text_slice(&sum->text, string ? json_inner(value) : value);
	return sum->text.failed ? -1 : 0;
}

int json_delta_add(struct json_delta *sum, struct slice object)
{
	return add_value(sum, SLICE("\"\""), object);
}

static void write_value(
	struct text *out, const struct json_delta *sum, bool indexed);

static void write_inside(
	struct text *out, const struct json_delta *sum, bool indexed)
{
	const bool array = sum->kind == JSON_KIND_ARRAY;
	const char *comma = "";

	for (size_t i = 0; i < sum->count; i++) {
		const struct json_delta *item = &sum->items[i];

		if (indexed && slice_equal(text_view(&item->name), index_name))
			continue;
		text_string(out, comma);
		comma = ",";
		if (array) {
			write_value(out, item, true);
			continue;
		}
		text_slice(out, text_view(&item->name));
		text_append(out, ":", 1);
		json_delta_write(out, item);
	}
}

static void write_value(
	struct text *out, const struct json_delta *sum, bool indexed)
{
	const enum json_kind kind = sum->kind;

	if (kind == JSON_KIND_NULL) {
		text_string(out, "null");
	} else if (is_container(kind)) {
		text_string(out, kind == JSON_KIND_ARRAY ? "[" : "{");
		write_inside(out, sum, indexed);
		text_string(out, kind == JSON_KIND_ARRAY ? "]" : "}");
	} else {
		const char *quote = kind == JSON_KIND_STRING ? "\"" : "";

		text_string(out, quote);
		text_slice(out, text_view(&sum->text));
		text_string(out, quote);
	}
}

void json_delta_write(struct text *out, const struct json_delta *sum)
{
	write_value(out, sum, false);
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
