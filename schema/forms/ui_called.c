/* SPDX-License-Identifier: MIT */
/* ui_called.c - the calls of a step, numbered. */
#include "schema/forms/ui_called.h"

#include <stdlib.h>

#include "schema/forms/ui_parts.h"
#include "schema/json/value.h"
#include "schema/json/write.h"
#include "schema/message/call_ids.h"

static int ui_called_by_id(const void *a, const void *b)
{
	const struct ui_called *one = a, *other = b;
	const int order = json_string_compare(one->id, other->id);

	return order ? order : (one->at > other->at) - (one->at < other->at);
}

static int ui_called_by_place(const void *a, const void *b)
{
	const struct ui_called *one = a, *other = b;

	return (one->at > other->at) - (one->at < other->at);
}

struct ui_called *ui_called_find(struct slice step)
{
	struct ui_called *all = calloc(json_count(step) + 1, sizeof(*all));
	struct json_walk walk = json_walk(step);
	struct ui_tool tool;
	struct slice part;
	size_t count = 0;

	while (all != NULL && json_next_element(&walk, &part))
		if (ui_parts_has_result(part, &tool)) {
			all[count] = (struct ui_called){ tool.id, count, 1 };
			count++;
		}
	if (count < 2)
		return all;
	qsort(all, count, sizeof(*all), ui_called_by_id);
	for (size_t i = 1; i < count; i++)
		if (json_string_compare(all[i].id, all[i - 1].id) == 0)
			all[i].nth = all[i - 1].nth + 1;
	qsort(all, count, sizeof(*all), ui_called_by_place);
	return all;
}

void ui_called_put_id(
	struct text *out, const char *name, const struct ui_called *called)
{
	json_name(out, name);
	if (called->nth > 1)
		call_ids_put_nth(out, called->id, called->nth);
	else
		json_put(out, called->id);
}
