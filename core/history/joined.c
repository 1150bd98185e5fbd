/* SPDX-License-Identifier: MIT */
/* joined.c - the messages of one answer become one, where a form has it so. */
#include "core/history/joined.h"

#include <string.h>

#include "schema/forms/form.h"
#include "schema/forms/items.h"
#include "schema/forms/join.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

/* An array that is written again. */
struct joined_writing {
	struct text *out;
	struct text group; /* slices: the elements of one answer */
	struct joined_mark last;
	bool whole;
};

/* That of the row which is so far on in the array. */
static struct joined_mark joined_get(
	const struct joined_order *order, size_t at)
{
	struct joined_mark mark;

	if (order->reversed)
		at = order->count - 1 - at;
	memcpy(&mark, order->marks->data + at * sizeof(mark), sizeof(mark));
	return mark;
}

static void joined_end(struct joined_writing *writing)
{
	const size_t count = writing->group.length / sizeof(struct slice);

	if (count > 0 && !writing->group.failed)
		join_elements(writing->out,
			(const struct slice *)(const void *)writing->group.data,
			count);
	writing->group.length = 0;
}

/* Takes the values of one row; one that continues joins those before it. */
static void joined_take(struct joined_writing *writing, struct json_walk *walk,
	const struct joined_mark *mark)
{
	struct slice element;

	if (mark->values != 1 ||
		(!writing->whole && mark->seq != writing->last.seq + 1) ||
		!items_kinds_continue(writing->last.last, mark->kind))
		joined_end(writing);
	for (size_t i = 0; i < mark->values; i++) {
		if (i > 0)
			joined_end(writing);
		if (json_next_element(walk, &element))
			text_append(&writing->group, (const char *)&element,
				sizeof(element));
	}
	writing->last = *mark;
}

static void joined_join(
	struct text *out, size_t begun, const struct joined_order *order)
{
	struct joined_writing writing = { .out = out, .whole = order->whole };
	struct text whole = { 0 };
	struct json_walk walk;

	json_begin_array(&whole);
	text_append(&whole, out->data + begun, out->length - begun);
	json_end_array(&whole);
	out->failed |= whole.failed;
	if (!out->failed) {
		out->length = begun;
		walk = json_walk(text_view(&whole));
		for (size_t i = 0; i < order->count; i++) {
			const struct joined_mark mark = joined_get(order, i);

			joined_take(&writing, &walk, &mark);
		}
		joined_end(&writing);
	}
	out->failed |= writing.group.failed;
	text_clear(&writing.group);
	text_clear(&whole);
}

/* Are there two that may be one? */
static bool joined_has_any(const struct joined_order *order)
{
	for (size_t i = 1; i < order->count; i++)
		if (joined_get(order, i).kind != ITEM_NONE &&
			joined_get(order, i - 1).kind != ITEM_NONE)
			return true;
	return false;
}

/* --- the newest first ----------------------------------------------------- */

/* Is any row more than one value? */
static bool joined_has_several(const struct joined_order *order)
{
	for (size_t i = 0; i < order->count; i++)
		if (joined_get(order, i).values > 1)
			return true;
	return false;
}

/* The last row's values, or value, come first; those of a row stay in order. */
static void joined_put_turned(struct text *out, const struct slice *values,
	size_t count, const struct joined_order *rows)
{
	size_t row = rows != NULL ? rows->count : 0;

	while (count > 0) {
		size_t some = row > 0 ? joined_get(rows, --row).values : 1;

		some = some < count ? some : count;
		count -= some;
		for (size_t i = 0; i < some; i++)
			json_put(out, values[count + i]);
	}
}

/* Turns the array round, by rows, or by values if these are NULL. */
static void joined_turn(
	struct text *out, size_t begun, const struct joined_order *rows)
{
	struct text whole = { 0 }, values = { 0 };
	struct json_walk walk = { 0 };
	struct slice value;

	json_begin_array(&whole);
	text_append(&whole, out->data + begun, out->length - begun);
	json_end_array(&whole);
	if (!whole.failed)
		walk = json_walk(text_view(&whole));
	while (json_next_element(&walk, &value))
		text_append(&values, (const char *)&value, sizeof(value));
	out->failed |= whole.failed || values.failed;
	if (!out->failed) {
		out->length = begun;
		joined_put_turned(out,
			(const struct slice *)(const void *)values.data,
			values.length / sizeof(value), rows);
	}
	text_clear(&whole);
	text_clear(&values);
}

/* --- both ----------------------------------------------------------------- */

/* How many values stand there, behind the last of which nothing stands yet. */
static size_t joined_count(struct text *out, size_t begun)
{
	struct json_walk walk;
	struct slice value;
	size_t count = 0;

	if (out->failed || text_reserve(out, 1))
		return 0;
	out->data[out->length] = ']';
	walk = (struct json_walk){ out->data + begun, out->data + out->length };
	while (json_next_element(&walk, &value))
		count++;
	return count;
}

void joined_note(struct text *marks, const struct message_row *row,
	const struct form_ops *form, struct text *out, size_t begun)
{
	const struct form_ops *came = form_of(row->message.form);
	const char kind = items_kind(&row->message);
	struct joined_mark mark = { row->seq, 1, kind, kind };

	if (form->shape == FORM_LINE)
		return;
	if (came != form && (form->splits || came->parts != NULL))
		mark.values = joined_count(out, begun);
	text_append(marks, (const char *)&mark, sizeof(mark));
}

void joined_hide(struct text *marks, const struct message_row *row)
{
	const char kind = items_kind(&row->message);
	struct joined_mark mark;
	char *last;

	if (marks->length < sizeof(mark))
		return;
	last = marks->data + marks->length - sizeof(mark);
	memcpy(&mark, last, sizeof(mark));
	mark.last = items_kinds_continue(mark.last, kind) ? kind : ITEM_NONE;
	memcpy(last, &mark, sizeof(mark));
}

void joined_finish(struct text *out, size_t begun, const struct form_ops *form,
	const struct joined_order *order)
{
	struct joined_order rows = *order;
	bool joins = false, turns = false;

	out->failed |= order->marks->failed;
	if (!out->failed && order->marks->length > 0) {
		joins = !form->splits && joined_has_any(order);
		turns = order->descends &&
			(joins || form->finish || joined_has_several(order));
	}
	if (turns) {
		joined_turn(out, begun, order);
		rows.reversed = !rows.reversed;
	}
	if (joins && !out->failed)
		joined_join(out, begun, &rows);
	if (form->finish != NULL && !out->failed)
		form->finish(out, begun);
	if (turns && !out->failed)
		joined_turn(out, begun, NULL);
}
