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
	const struct text *marks;
	struct text group; /* slices: the elements of one answer */
	struct joined_mark last;
};

static struct joined_mark joined_get(const struct text *marks, size_t at)
{
	struct joined_mark mark;

	memcpy(&mark, marks->data + at * sizeof(mark), sizeof(mark));
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

	if (mark->values != 1 || mark->seq != writing->last.seq + 1 ||
		!items_kinds_continue(writing->last.kind, mark->kind))
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

static void joined_join(struct text *out, size_t begun,
	const struct text *marks, const struct joined_order *order)
{
	struct joined_writing writing = { .out = out, .marks = marks };
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
			const struct joined_mark mark = joined_get(marks,
				order->reversed ? order->count - 1 - i : i);

			joined_take(&writing, &walk, &mark);
		}
		joined_end(&writing);
	}
	out->failed |= writing.group.failed;
	text_clear(&writing.group);
	text_clear(&whole);
}

/* Are there two that may be one? */
static bool joined_has_any(const struct text *marks, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (joined_get(marks, i).kind != ITEM_NONE &&
			joined_get(marks, i - 1).kind != ITEM_NONE)
			return true;
	return false;
}

static int joined_count_part(void *context, const struct message *part)
{
	(void)part;
	*(size_t *)context += 1;
	return 0;
}

void joined_note(struct text *marks, const struct message_row *row,
	const struct form_ops *form)
{
	const struct form_ops *came = form_of(row->message.form);
	struct joined_mark mark = { row->seq, 1, items_kind(&row->message) };

	if (form->splits || form->shape == FORM_LINE)
		return;
	if (came->parts != NULL && came != form) {
		mark.values = 0;
		if (came->parts(&row->message, joined_count_part, &mark.values))
			marks->failed = true;
	}
	text_append(marks, (const char *)&mark, sizeof(mark));
}

void joined_finish(struct text *out, size_t begun, const struct form_ops *form,
	const struct joined_order *order)
{
	out->failed |= order->marks->failed;
	if (!out->failed && order->marks->length > 0 &&
		joined_has_any(order->marks, order->count))
		joined_join(out, begun, order->marks, order);
	if (form->finish != NULL && !out->failed)
		form->finish(out, begun);
}
