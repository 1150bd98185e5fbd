/* SPDX-License-Identifier: MIT */
/* from_tree.c - the branch of a tree of messages that was shown. */
#include <stdlib.h>

#include "core/transfer/from_line.h"
#include "schema/error.h"
#include "schema/json/value.h"

static int from_tree_compare(const void *a, const void *b)
{
	return json_string_compare(((const struct from_node *)a)->id,
		((const struct from_node *)b)->id);
}

static void from_tree_add(
	struct from_tree *tree, struct slice id, struct slice value)
{
	if (json_kind(id) == JSON_KIND_STRING)
		tree->nodes[tree->count++] = (struct from_node){ id, value };
}

int from_tree_read(struct from_tree *tree, struct from_line *line,
	struct slice container, const char *id)
{
	struct json_walk walk = json_walk(container);
	struct slice name, value;
	const size_t most = json_count(container);

	tree->nodes = calloc(most + 1, sizeof(*tree->nodes));
	tree->branch = calloc(most + 1, sizeof(*tree->branch));
	if (tree->nodes == NULL || tree->branch == NULL)
		return error_out_of_memory(line->error);
	if (json_kind(container) == JSON_KIND_OBJECT)
		while (json_next_member(&walk, &name, &value))
			from_tree_add(tree, name, value);
	else
		while (json_next_element(&walk, &value))
			if (json_find_kind(value, id, JSON_KIND_STRING, &name))
				from_tree_add(tree, name, value);
	qsort(tree->nodes, tree->count, sizeof(*tree->nodes),
		from_tree_compare);
	return 0;
}

static const struct from_node *from_tree_find(
	const struct from_tree *tree, struct slice id)
{
	const struct from_node wanted = { .id = id };

	return json_kind(id) != JSON_KIND_STRING
		       ? NULL
		       : bsearch(&wanted, tree->nodes, tree->count,
				 sizeof(wanted), from_tree_compare);
}

static void from_tree_turn_round(struct from_tree *tree)
{
	for (size_t i = 0; i < tree->length / 2; i++) {
		const struct slice last = tree->branch[tree->length - 1 - i];

		tree->branch[tree->length - 1 - i] = tree->branch[i];
		tree->branch[i] = last;
	}
}

int from_tree_follow(struct from_tree *tree, struct from_line *line,
	struct slice tip, const char *parent, const char *path)
{
	const struct from_node *node = from_tree_find(tree, tip);

	tree->length = 0;
	if (node == NULL)
		return error_set(line->error, ERROR_INVALID,
			"%s has no message %.*s", path, SLICE_SHORT(tip));
	while (node != NULL) {
		struct slice above = SLICE("null");

		if (tree->length == tree->count)
			return error_set(line->error, ERROR_INVALID,
				"%s: the parents of %.*s go round in a circle",
				path, SLICE_SHORT(tip));
		tree->branch[tree->length++] = node->value;
		if (json_kind(node->value) == JSON_KIND_OBJECT)
			json_find(node->value, parent, &above);
		node = from_tree_find(tree, above);
	}
	from_tree_turn_round(tree);
	return 0;
}

void from_tree_clear(struct from_tree *tree)
{
	free(tree->nodes);
	free(tree->branch);
	*tree = (struct from_tree){ 0 };
}
