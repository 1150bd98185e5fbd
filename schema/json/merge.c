/* SPDX-License-Identifier: MIT */
/*
 * merge.c - JSON merge patch (RFC 7396), over slices.
 */
#include "schema/json/merge.h"

#include <stdlib.h>

#include "schema/json/value.h"
#include "schema/json/write.h"

/* A member of a patch. */
struct merge_change {
	struct slice name;
	struct slice value;
	bool used; /* the target has this member */
};

/* The changes of one object, sorted by their decoded names. */
struct merge_changes {
	struct merge_change *items;
	size_t count;
};

static void merge(struct text *out, struct slice target, struct slice patch);

static int merge_compare_names(const void *a, const void *b)
{
	const struct merge_change *left = a;
	const struct merge_change *right = b;

	return json_string_compare(left->name, right->name);
}

static int merge_changes_new(struct merge_changes *changes, struct slice patch)
{
	struct json_walk walk = json_walk(patch);
	struct merge_change change = { 0 };

	*changes = (struct merge_changes){
		.items = calloc(json_count(patch), sizeof(*changes->items)),
	};
	if (!changes->items)
		return -1;
	while (json_next_member(&walk, &change.name, &change.value))
		changes->items[changes->count++] = change;
	qsort(changes->items, changes->count, sizeof(*changes->items),
		merge_compare_names);
	return 0;
}

static struct merge_change *merge_changes_find(
	const struct merge_changes *changes, struct slice name)
{
	const struct merge_change wanted = { .name = name };

	return bsearch(&wanted, changes->items, changes->count,
		sizeof(*changes->items), merge_compare_names);
}

/* Writes what the target has: kept, merged or left out. */
static void merge_old(struct text *out, struct slice target,
	const struct merge_changes *changes)
{
	struct json_walk walk = json_walk(target);
	struct slice name, value;

	while (json_next_member(&walk, &name, &value)) {
		struct merge_change *change = merge_changes_find(changes, name);

		if (!change) {
			json_member_json(out, name, value);
			continue;
		}
		change->used = true;
		if (json_kind(change->value) == JSON_KIND_NULL)
			continue;
		json_name_json(out, name);
		merge(out, value, change->value);
	}
}

/* Writes what only the patch has, in its order. */
static void merge_new(struct text *out, struct slice patch,
	const struct merge_changes *changes)
{
	struct json_walk walk = json_walk(patch);
	struct slice name, value;

	while (json_next_member(&walk, &name, &value)) {
		if (json_kind(value) == JSON_KIND_NULL ||
			merge_changes_find(changes, name)->used)
			continue;
		json_name_json(out, name);
		merge(out, SLICE("{}"), value);
	}
}

static void merge(struct text *out, struct slice target, struct slice patch)
{
	struct merge_changes changes;

	if (json_kind(patch) != JSON_KIND_OBJECT) {
		json_put(out, patch);
		return;
	}
	if (json_kind(target) != JSON_KIND_OBJECT)
		target = SLICE("{}");
	if (slice_is(patch, "{}")) {
		json_put(out, target);
		return;
	}
	if (merge_changes_new(&changes, patch) != 0) {
		out->failed = true;
		return;
	}
	json_begin_object(out);
	merge_old(out, target, &changes);
	merge_new(out, patch, &changes);
	json_end_object(out);
	free(changes.items);
}

bool json_merge_patch(struct text *out, struct slice target, struct slice patch)
{
	merge(out, target, patch);
	return !out->failed;
}
