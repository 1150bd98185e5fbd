/* SPDX-License-Identifier: MIT */
/* chat_rows.c - the rows of a history as the messages of a chat. */
#include "core/history/chat_rows.h"

#include <stdlib.h>

#include "schema/array.h"
#include "schema/forms/form.h"
#include "schema/forms/items.h"
#include "schema/forms/join.h"
#include "schema/json/write.h"

/* --- a group -------------------------------------------------------------- */

static struct chat_row chat_rows_get(const struct chat_rows *rows, size_t at)
{
	const struct chat_rows_kept *kept = &rows->kept[at];

	return (struct chat_row){
		.message = { .form = MESSAGE_OPENAI,
			.type = kept->type,
			.body = { rows->bodies.data + kept->at, kept->length },
			.answer = kept->answer },
		.seq = kept->seq,
	};
}

/* Has room to hand on as many as are kept. */
static int chat_rows_reserve(struct chat_rows *rows)
{
	struct chat_row *grown;

	while (rows->row_capacity < rows->count) {
		grown = array_room(rows->rows, &rows->row_capacity,
			rows->row_capacity, sizeof(*grown));
		if (grown == NULL)
			return -1;
		rows->rows = grown;
	}
	return 0;
}

/* Hands on what was kept, in the order of the history. */
static int chat_rows_flush(struct chat_rows *rows)
{
	const bool down = rows->descending;
	struct chat_group group = {
		.count = rows->count,
		.joined = rows->kind != ITEM_NONE && rows->count > 1,
		.first = down ? rows->seq : rows->begun,
		.last = down ? rows->begun : rows->seq,
	};

	if (rows->begun == 0)
		return 0;
	if (chat_rows_reserve(rows))
		return -1;
	for (size_t i = 0; i < rows->count; i++)
		rows->rows[i] = chat_rows_get(
			rows, group.joined && down ? rows->count - 1 - i : i);
	group.rows = rows->rows;
	rows->count = 0;
	rows->bodies.length = 0;
	rows->begun = 0;
	return rows->visit(rows->context, &group);
}

/* --- a row ---------------------------------------------------------------- */

struct chat_rows_keeping {
	struct chat_rows *rows;
	const struct message_row *row;
};

/* Keeps the part, a message of a chat, unless nobody wants it. */
static int chat_rows_keep(void *context, const struct message *part)
{
	const struct chat_rows_keeping *keeping = context;
	struct chat_rows *rows = keeping->rows;
	const size_t before = rows->bodies.length;
	struct chat_rows_kept *kept = array_room(
		rows->kept, &rows->capacity, rows->count, sizeof(*kept));
	int keeps = 1;

	if (kept == NULL)
		return -1;
	rows->kept = kept;
	json_comma(&rows->bodies);
	kept += rows->count;
	*kept = (struct chat_rows_kept){ part->type,
		keeping->row->message.answer, keeping->row->seq,
		rows->bodies.length, 0 };
	format_openai(&rows->bodies, part);
	if (rows->bodies.failed)
		return -1;
	kept->length = rows->bodies.length - kept->at;
	if (rows->keeps != NULL && rows->kind != ITEM_NONE) {
		const struct chat_row row = chat_rows_get(rows, rows->count);

		keeps = rows->keeps(rows->context, &row.message);
	}
	if (keeps > 0)
		rows->count++;
	else
		rows->bodies.length = before;
	return keeps < 0 ? -1 : 0;
}

/* Is the row of the answer that came so far? */
static bool chat_rows_continues(
	const struct chat_rows *rows, const struct message_row *row, char kind)
{
	if (rows->begun == 0)
		return false;
	return rows->descending
		       ? row->seq == rows->seq - 1 &&
				 items_kinds_continue(kind, rows->kind)
		       : row->seq == rows->seq + 1 &&
				 items_kinds_continue(rows->kind, kind);
}

/* A row that is one message by itself is not written again. */
static int chat_rows_hand_on(
	struct chat_rows *rows, const struct message_row *row)
{
	const struct chat_row one = { row->message, row->seq };
	const struct chat_group group = { &one, 1, false, row->seq, row->seq };

	rows->begun = 0;
	return rows->visit(rows->context, &group);
}

int chat_rows_take(struct chat_rows *rows, const struct message_row *row)
{
	const char kind = items_kind(&row->message);
	struct chat_rows_keeping keeping = { rows, row };
	int result = 0;

	if (!chat_rows_continues(rows, row, kind)) {
		result = chat_rows_flush(rows);
		rows->begun = row->seq;
	}
	rows->seq = row->seq;
	rows->kind = kind;
	if (result)
		return result;
	if (kind != ITEM_NONE)
		return chat_rows_keep(&keeping, &row->message);
	if (form_of(row->message.form)->parts == NULL)
		return chat_rows_hand_on(rows, row);
	result = form_parts(&row->message, chat_rows_keep, &keeping);
	return result ? result : chat_rows_flush(rows);
}

int chat_rows_end(struct chat_rows *rows)
{
	return chat_rows_flush(rows);
}

void chat_rows_clear(struct chat_rows *rows)
{
	free(rows->kept);
	free(rows->rows);
	text_clear(&rows->bodies);
	*rows = (struct chat_rows){ 0 };
}

struct message chat_group_join(
	const struct chat_group *group, struct text *body)
{
	const struct chat_row *newest = &group->rows[group->count - 1];
	struct slice *elements = calloc(group->count, sizeof(*elements));
	struct message message = newest->message;

	body->failed |= elements == NULL;
	for (size_t i = 0; elements != NULL && i < group->count; i++)
		elements[i] = group->rows[i].message.body;
	if (elements != NULL)
		join_elements(body, elements, group->count);
	free(elements);
	message.body = text_view(body);
	return message;
}
