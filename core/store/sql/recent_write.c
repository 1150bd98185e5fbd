/* SPDX-License-Identifier: MIT */
/* recent_write.c - what a batch appends, for the cache of newest messages. */
#include "core/store/sql/recent.h"

#include "core/store/change_feed.h"
#include "core/store/sql/sql.h"

#include <stdlib.h>
#include <string.h>

#define CHANGES_MOST 256 /* sessions of a batch; of more nothing is kept */
#define PLACES	     1024
#define ROWS_FIRST   4
#define BYTES_FIRST  1024

struct recent_writing {
	struct recent_change all[CHANGES_MOST];
	size_t count;
	uint16_t places[PLACES]; /* by session, 1 + its place in `all`; or 0 */
	bool noted;		 /* the member at hand has a part in it */
	bool unsure; /* what there is of it is not what is written */
	bool doubts; /* others may write */
};

static const struct store_changes recent_write_everything = { .all = true };

int store_writing_open(struct store *store, struct error *error)
{
	store->writing = calloc(1, sizeof(*store->writing));
	return store->writing ? 0 : error_out_of_memory(error);
}

static void recent_write_clear(struct recent_writing *writing)
{
	if (writing->count)
		memset(writing->places, 0, sizeof(writing->places));
	for (size_t at = 0; at < writing->count; at++)
		recent_rows_free(writing->all[at].rows);
	writing->count = 0;
	writing->unsure = false;
}

void store_writing_close(struct store *store)
{
	if (!store->writing)
		return;
	recent_write_clear(store->writing);
	free(store->writing);
	store->writing = NULL;
}

void store_writing_doubt(struct store *store)
{
	if (!store->writing || store->writing->doubts)
		return;
	store->writing->doubts = true;
	store_recent_begin(store->options.recent, &recent_write_everything);
}

void store_writing_begin(struct store *store)
{
	if (!store->writing)
		return;
	recent_write_clear(store->writing);
	if (!store->writing->doubts)
		return;
	store->writing->doubts = false;
	store_recent_end(
		store->options.recent, &recent_write_everything, NULL, 0);
}

void store_writing_undo(struct store *store)
{
	if (store->writing && store->writing->noted)
		store->writing->unsure = true;
}

void store_writing_enter(struct store *store)
{
	if (store->writing)
		store->writing->noted = false;
}

/* Its place, or the free one where it belongs. */
static uint16_t *recent_write_place(
	struct recent_writing *writing, int64_t session)
{
	uint64_t place = (uint64_t)session % PLACES;

	while (writing->places[place] &&
		writing->all[writing->places[place] - 1].session.id != session)
		place = (place + 1) % PLACES;
	return &writing->places[place];
}

/* NULL: the session is not in the cache, or there are too many. */
static struct recent_change *recent_write_change(
	struct store *store, const struct session *session)
{
	struct recent_writing *writing = store->writing;
	uint16_t *place;

	if (!writing)
		return NULL;
	place = recent_write_place(writing, session->id);
	writing->noted |= *place != 0;
	if (*place)
		return &writing->all[*place - 1];
	if (!store_recent_has(store->options.recent, session->key))
		return NULL;
	if (writing->count == CHANGES_MOST) {
		writing->unsure = true;
		return NULL;
	}
	writing->noted = true;
	*place = (uint16_t)++writing->count;
	writing->all[*place - 1] =
		(struct recent_change){ .session.id = session->id };
	return &writing->all[*place - 1];
}

void store_writing_changed(struct store *store, const struct session *session)
{
	struct recent_change *change = recent_write_change(store, session);

	if (change)
		change->session = *session;
}

/* It has no history that it had. */
void store_writing_dropped(struct store *store, const struct session *session)
{
	const struct session none = { .id = session->id, .key = session->key };

	store_writing_changed(store, &none);
}

void store_writing_appended(struct store *store, const struct session *session,
	const struct message_row *row)
{
	struct recent_change *change = recent_write_change(store, session);

	if (!change)
		return;
	if (!change->rows)
		change->rows = recent_rows_new(ROWS_FIRST, BYTES_FIRST);
	/* A part of them is known to be no more than that: see its seqs. */
	if (change->rows)
		recent_rows_grow(change->rows, row);
}

void store_writing_commit(struct store *store)
{
	if (store->writing)
		store_recent_begin(store->options.recent, store_changes(store));
}

void store_writing_end(struct store *store, bool done)
{
	struct recent_writing *writing = store->writing;

	if (!writing)
		return;
	store_recent_end(store->options.recent, store_changes(store),
		writing->all, done && !writing->unsure ? writing->count : 0);
	recent_write_clear(writing);
}
