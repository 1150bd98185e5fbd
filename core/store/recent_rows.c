/* SPDX-License-Identifier: MIT */
/* recent_rows.c - copies of rows that several threads read. */
#include "core/store/recent_rows.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT_TYPE_SENT, TEXT_ID, TEXT_CLIENT_TIME, TEXT_BODY, TEXTS };

/* The texts lie one behind the other. */
struct recent_row {
	int64_t seq, created_at, updated_at, born;
	size_t start;
	uint32_t lengths[TEXTS];
	signed char form, type;
	bool answer;
	char mark[MARK_LENGTH];
};

struct recent_rows *recent_rows_new(size_t capacity, size_t size)
{
	struct recent_rows *rows = calloc(1, sizeof(*rows));

	if (!rows)
		return NULL;
	atomic_init(&rows->references, 1);
	rows->rows = malloc(capacity * sizeof(*rows->rows));
	rows->bytes = malloc(size + 1);
	rows->capacity = capacity;
	rows->size = size;
	if (rows->rows && rows->bytes)
		return rows;
	recent_rows_free(rows);
	return NULL;
}

struct recent_rows *recent_rows_keep(struct recent_rows *rows)
{
	if (rows)
		atomic_fetch_add(&rows->references, 1);
	return rows;
}

/* Erased bytes are in no memory that is used again. */
void recent_rows_free(struct recent_rows *rows)
{
	if (!rows || atomic_fetch_sub(&rows->references, 1) > 1)
		return;
	if (rows->bytes)
		explicit_bzero(rows->bytes, rows->length);
	free(rows->rows);
	free(rows->bytes);
	free(rows);
}

static size_t recent_rows_texts(
	const struct message *message, struct slice texts[TEXTS])
{
	size_t length = 0;

	texts[TEXT_TYPE_SENT] = message->type_sent;
	texts[TEXT_ID] = message->id;
	texts[TEXT_CLIENT_TIME] = message->client_created_at;
	texts[TEXT_BODY] = message->body;
	for (size_t i = 0; i < TEXTS; i++)
		length += texts[i].length;
	return length;
}

bool recent_rows_add(struct recent_rows *rows, const struct message_row *row)
{
	struct slice texts[TEXTS];
	const size_t length = recent_rows_texts(&row->message, texts);
	struct recent_row *copy = &rows->rows[rows->count];

	if (rows->count == rows->capacity || length > rows->size - rows->length)
		return false;
	*copy = (struct recent_row){
		.seq = row->seq,
		.created_at = row->created_at,
		.updated_at = row->updated_at,
		.born = row->born,
		.start = rows->length,
		.form = (signed char)row->message.form,
		.type = (signed char)row->message.type,
		.answer = row->message.answer,
	};
	memcpy(copy->mark, row->mark.data, MARK_LENGTH);
	for (size_t i = 0; i < TEXTS; i++) {
		copy->lengths[i] = (uint32_t)texts[i].length;
		if (texts[i].length)
			memcpy(rows->bytes + rows->length, texts[i].data,
				texts[i].length);
		rows->length += texts[i].length;
	}
	rows->count++;
	return true;
}

static bool recent_rows_enlarge(struct recent_rows *rows, size_t length)
{
	size_t capacity = rows->capacity, size = rows->size;
	struct recent_row *more;
	char *bytes;

	if (rows->count == RECENT_ROWS_MOST ||
		length > RECENT_BYTES_MOST - rows->length)
		return false;
	while (capacity <= rows->count)
		capacity *= 2;
	while (size - rows->length < length)
		size *= 2;
	more = reallocarray(rows->rows, capacity, sizeof(*more));
	if (!more)
		return false;
	rows->rows = more;
	rows->capacity = capacity;
	bytes = malloc(size + 1);
	if (!bytes)
		return false;
	memcpy(bytes, rows->bytes, rows->length);
	explicit_bzero(rows->bytes, rows->length);
	free(rows->bytes);
	rows->bytes = bytes;
	rows->size = size;
	return true;
}

bool recent_rows_grow(struct recent_rows *rows, const struct message_row *row)
{
	struct slice texts[TEXTS];

	return recent_rows_add(rows, row) ||
	       (recent_rows_enlarge(
			rows, recent_rows_texts(&row->message, texts)) &&
		       recent_rows_add(rows, row));
}

struct message_row recent_rows_get(const struct recent_rows *rows, size_t at)
{
	const struct recent_row *row = &rows->rows[at];
	struct slice texts[TEXTS];
	const char *text = rows->bytes + row->start;

	for (size_t i = 0; i < TEXTS; i++) {
		texts[i] = (struct slice){ text, row->lengths[i] };
		text += row->lengths[i];
	}
	return (struct message_row){
		.message = {
			.form = (enum message_form)row->form,
			.type = (enum message_type)row->type,
			.type_sent = texts[TEXT_TYPE_SENT],
			.body = texts[TEXT_BODY],
			.id = texts[TEXT_ID],
			.client_created_at = texts[TEXT_CLIENT_TIME],
			.answer = row->answer,
		},
		.seq = row->seq,
		.created_at = row->created_at,
		.updated_at = row->updated_at,
		.born = row->born,
		.mark = { row->mark, MARK_LENGTH },
	};
}

int64_t recent_rows_seq(const struct recent_rows *rows, size_t at)
{
	return rows->rows[at].seq;
}

void recent_rows_turn(struct recent_rows *rows)
{
	for (size_t i = 0, j = rows->count; i + 1 < j; i++) {
		const struct recent_row row = rows->rows[i];

		rows->rows[i] = rows->rows[--j];
		rows->rows[j] = row;
	}
}

void recent_rows_fit(struct recent_rows *rows)
{
	struct recent_row *fewer;
	char *bytes = realloc(rows->bytes, rows->length + 1);

	if (bytes) {
		rows->bytes = bytes;
		rows->size = rows->length;
	}
	fewer = rows->count
			? reallocarray(rows->rows, rows->count, sizeof(*fewer))
			: NULL;
	if (fewer) {
		rows->rows = fewer;
		rows->capacity = rows->count;
	}
}

size_t recent_rows_bytes(const struct recent_rows *rows)
{
	return rows ? sizeof(*rows) + rows->capacity * sizeof(*rows->rows) +
			       rows->size
		    : 0;
}
