/* SPDX-License-Identifier: MIT */
/*
 * recent_rows.h - copies of rows that several threads read.
 *
 * Rows are added at the end, by one thread at a time, and never change: a
 * reader that knows how many there were may go on while others follow.  They
 * have room for so much; what has become too large is copied anew.
 */
#ifndef CORE_STORE_RECENT_ROWS_H
#define CORE_STORE_RECENT_ROWS_H

#include "core/store/store.h"

#include <stdatomic.h>

#define RECENT_ROWS_MOST  1024
#define RECENT_BYTES_MOST ((size_t)256 << 10)

struct recent_row;

struct recent_rows {
	atomic_uint references;
	size_t count, capacity;
	size_t length, size; /* bytes of their texts */
	struct recent_row *rows;
	char *bytes;
};

/* With one reference; NULL: out of memory. */
struct recent_rows *recent_rows_new(size_t capacity, size_t size);
struct recent_rows *recent_rows_keep(struct recent_rows *rows);
/* Overwrites what goes with the last reference.  Accepts NULL. */
void recent_rows_free(struct recent_rows *rows);
/* Adds a copy; false: there is no room. */
bool recent_rows_add(struct recent_rows *rows, const struct message_row *row);
/* The same, and makes room, for the only reader; false: they are too many. */
bool recent_rows_grow(struct recent_rows *rows, const struct message_row *row);
/* The one at this place, as a row of the tables is; borrows. */
struct message_row recent_rows_get(const struct recent_rows *rows, size_t at);
int64_t recent_rows_seq(const struct recent_rows *rows, size_t at);
/* The last first. */
void recent_rows_turn(struct recent_rows *rows);
/* Gives back the room that was made for more. */
void recent_rows_fit(struct recent_rows *rows);
/* All bytes that they take. */
size_t recent_rows_bytes(const struct recent_rows *rows);

#endif
