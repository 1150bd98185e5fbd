/* SPDX-License-Identifier: MIT */
/* recent_view.c - views that are joined, and go on. */
#include "core/store/recent_view.h"

#include <string.h>

#define ROWS_LEAST 16 /* that stay */

void recent_view_clear(struct recent_view *view)
{
	recent_rows_free(view->rows);
	recent_profile_free(view->profile);
	recent_bodies_clear(&view->bodies);
	*view = (struct recent_view){ 0 };
}

size_t recent_view_bytes(const struct recent_view *view)
{
	size_t bytes = recent_rows_bytes(view->rows) +
		       recent_bodies_bytes(&view->bodies);

	if (view->profile)
		bytes += sizeof(*view->profile) + view->profile->length;
	return bytes;
}

bool recent_view_is_of(
	const struct recent_view *view, const struct session *session)
{
	const struct session *known = &view->session;

	return known->id == session->id && known->history == session->history &&
	       known->last_seq == session->last_seq &&
	       known->edits == session->edits &&
	       known->removed == session->removed &&
	       known->inherited == session->inherited &&
	       known->purged == session->purged;
}

static bool recent_view_has_more(
	const struct recent_view *view, const struct recent_view *known)
{
	if (!view->rows || !known->rows)
		return view->rows != NULL;
	return !known->whole && (view->whole || view->count > known->count);
}

/* Of the same version the larger part stays. */
void recent_view_join(struct recent_view *known, const struct recent_view *view)
{
	if (!recent_view_is_of(known, &view->session))
		recent_view_clear(known);
	known->session = view->session;
	if (recent_view_has_more(view, known)) {
		recent_rows_free(known->rows);
		known->rows = recent_rows_keep(view->rows);
		known->count = view->count;
		known->wanted = view->wanted;
		known->whole = view->whole;
	}
	if (!known->profile)
		known->profile = recent_profile_keep(view->profile);
	recent_bodies_join(&known->bodies, &view->bodies);
}

/* Of many rows those stay that are read, or of all of them the newest half. */
static size_t recent_view_most(const struct recent_view *view)
{
	const size_t half = RECENT_ROWS_MOST / 2;

	if (view->wanted < ROWS_LEAST)
		return ROWS_LEAST;
	return view->wanted < half ? view->wanted : half;
}

/* Rows that have room for more. */
static struct recent_rows *recent_view_copy(
	const struct recent_view *view, const struct recent_rows *more)
{
	const size_t most = recent_view_most(view);
	size_t from = view->count > most ? view->count - most : 0;
	struct recent_rows *rows;
	size_t length = more->length, count;
	bool good = true;

	for (size_t at = view->count; at > from; at--) {
		const struct message message =
			recent_rows_get(view->rows, at - 1).message;

		length += message.body.length + message.id.length +
			  message.type_sent.length +
			  message.client_created_at.length;
		if (length > RECENT_BYTES_MOST / 2)
			from = at;
	}
	if (length > RECENT_BYTES_MOST)
		return NULL;
	count = view->count - from + more->count;
	rows = recent_rows_new(count + count / 2, length + length / 2);
	for (size_t at = from; rows && good && at < view->count; at++) {
		const struct message_row row = recent_rows_get(view->rows, at);

		good = recent_rows_add(rows, &row);
	}
	if (rows && good)
		return rows;
	recent_rows_free(rows);
	return NULL;
}

static bool recent_view_add_all(
	struct recent_rows *rows, const struct recent_rows *more)
{
	if (rows->capacity - rows->count < more->count ||
		rows->size - rows->length < more->length)
		return false;
	for (size_t at = 0; at < more->count; at++) {
		const struct message_row row = recent_rows_get(more, at);

		recent_rows_add(rows, &row);
	}
	return true;
}

/* Did nothing but these messages come? */
static bool recent_view_is_appended(
	const struct session *before, const struct recent_change *change)
{
	const struct session *after = &change->session;
	const struct recent_rows *rows = change->rows;

	return rows && rows->count > 0 && before->id == after->id &&
	       before->history == after->history &&
	       before->edits == after->edits &&
	       before->removed == after->removed &&
	       before->inherited == after->inherited &&
	       before->last_seq + (int64_t)rows->count == after->last_seq &&
	       recent_rows_seq(rows, 0) == before->last_seq + 1 &&
	       recent_rows_seq(rows, rows->count - 1) == after->last_seq;
}

/* Gives the view rows that have room for these and has them. */
static int recent_view_move(
	struct recent_view *view, const struct recent_rows *more)
{
	struct recent_rows *rows = recent_view_copy(view, more);

	if (!rows || !recent_view_add_all(rows, more)) {
		recent_rows_free(rows);
		return -1;
	}
	view->whole &= rows->count == view->count + more->count;
	recent_rows_free(view->rows);
	view->rows = rows;
	return 0;
}

/* -1: it is not known what the session is now. */
int recent_view_append(
	struct recent_view *view, const struct recent_change *change)
{
	const struct session *after = &change->session;

	if (!recent_view_is_appended(&view->session, change))
		return -1;
	recent_bodies_clear(&view->bodies);
	if (!view->rows)
		view->whole = session_message_count(&view->session) == 0;
	if ((!view->rows || !recent_view_add_all(view->rows, change->rows)) &&
		recent_view_move(view, change->rows))
		return -1;
	view->count = view->rows->count;
	view->session.last_seq = after->last_seq;
	view->session.touched_at = after->touched_at;
	view->session.appended_at = after->appended_at;
	return 0;
}
