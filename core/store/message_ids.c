/* SPDX-License-Identifier: MIT */
/* message_ids.c - the ids that clients gave to the messages of a list. */
#include "core/store/message_ids.h"

#include "schema/json/write.h"

#include <stdio.h>
#include <stdlib.h>

static int message_ids_order(const void *left, const void *right)
{
	const struct message_id *a = left, *b = right;
	const int order = slice_compare(a->id, b->id);

	return order ? order : (a->index > b->index) - (a->index < b->index);
}

static int message_ids_look(const void *key, const void *element)
{
	const struct message_id *other = element;

	return slice_compare(*(const struct slice *)key, other->id);
}

int message_ids_sort(
	struct message_ids *out, const struct message *messages, size_t count)
{
	size_t kept = 0;

	*out = (struct message_ids){ calloc(count + 1, sizeof(*out->all)), 0 };
	if (!out->all)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (messages[i].id.length)
			out->all[out->count++] =
				(struct message_id){ messages[i].id, i };
	qsort(out->all, out->count, sizeof(*out->all), message_ids_order);
	for (size_t i = 0; i < out->count; i++)
		if (!kept ||
			!slice_equal(out->all[kept - 1].id, out->all[i].id))
			out->all[kept++] = out->all[i];
	out->count = kept;
	return 0;
}

struct message_id *message_ids_find(
	const struct message_ids *ids, struct slice id)
{
	if (!ids->count || !id.length)
		return NULL;
	return bsearch(
		&id, ids->all, ids->count, sizeof(*ids->all), message_ids_look);
}

struct message_id *message_ids_find_row(
	const struct message_ids *ids, const struct message_row *row)
{
	char made[MARK_LENGTH + 32];

	if (!ids->count || row->message.id.length)
		return message_ids_find(ids, row->message.id);
	snprintf(made, sizeof(made), "%.*s-%lld", (int)row->mark.length,
		row->mark.data, (long long)row->seq);
	return message_ids_find(ids, slice_of(made));
}

void message_ids_write(struct text *out, const struct message_ids *ids)
{
	json_begin_array(out);
	for (size_t i = 0; i < ids->count; i++)
		json_put_string(out, ids->all[i].id);
	json_end_array(out);
}

void message_ids_clear(struct message_ids *ids)
{
	free(ids->all);
	*ids = (struct message_ids){ 0 };
}
