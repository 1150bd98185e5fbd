/* SPDX-License-Identifier: MIT */
/* recent.c - which of what was read is shown, and for how long. */
#include "core/store/recent.h"

#include "core/store/change_feed.h"
#include "core/store/recent_table.h"
#include "schema/error.h"

#include <pthread.h>
#include <stdlib.h>

#define SLOTS	 4096 /* some sessions share one: then a read is not kept */
#define CHANGING UINT64_MAX

struct store_recent {
	pthread_mutex_t mutex;
	uint64_t hits, misses;
	uint64_t number;       /* of commits */
	uint64_t changed;      /* when all did, or CHANGING */
	uint64_t slots[SLOTS]; /* when a session of that key did */
	struct recent_table table;
};

int store_recent_new(struct store_recent **out, size_t most)
{
	struct store_recent *recent;

	*out = NULL;
	if (most == 0)
		return 0;
	recent = calloc(1, sizeof(*recent));
	if (!recent || pthread_mutex_init(&recent->mutex, NULL)) {
		free(recent);
		return -1;
	}
	recent->table.most = most;
	*out = recent;
	return 0;
}

static uint64_t *recent_slot(struct store_recent *recent, uint64_t key)
{
	return &recent->slots[(key >> 20) % SLOTS];
}

/* --- reads ------------------------------------------------------------------
 */

uint64_t store_recent_number(struct store_recent *recent)
{
	uint64_t number;

	pthread_mutex_lock(&recent->mutex);
	number = recent->number;
	pthread_mutex_unlock(&recent->mutex);
	return number;
}

bool store_recent_find(struct store_recent *recent, struct session_ref ref,
	struct recent_view *out)
{
	const uint64_t key = store_session_key(ref);
	struct recent_entry *entry;
	bool found;

	pthread_mutex_lock(&recent->mutex);
	entry = recent_table_look(&recent->table, ref, key);
	found = entry && !entry->changing;
	*(found ? &recent->hits : &recent->misses) += 1;
	if (found) {
		*out = entry->view;
		out->bodies = (struct recent_bodies){ 0 };
		recent_rows_keep(out->rows);
		recent_profile_keep(out->profile);
		recent_table_use(&recent->table, entry);
	}
	pthread_mutex_unlock(&recent->mutex);
	return found;
}

struct recent_body *store_recent_body(struct store_recent *recent,
	struct session_ref ref, int64_t now,
	const struct recent_question *question)
{
	struct recent_body *body = NULL;
	struct recent_entry *entry;

	pthread_mutex_lock(&recent->mutex);
	entry = recent_table_look(&recent->table, ref, store_session_key(ref));
	if (entry && !entry->changing &&
		!session_is_gone(&entry->view.session, now))
		body = recent_bodies_find(&entry->view.bodies, question);
	if (body) {
		recent_body_keep(body);
		recent->hits++;
		recent_table_use(&recent->table, entry);
	}
	pthread_mutex_unlock(&recent->mutex);
	return body;
}

bool store_recent_has(struct store_recent *recent, uint64_t key)
{
	struct recent_entry *entry;

	pthread_mutex_lock(&recent->mutex);
	entry = recent_table_first(&recent->table, key);
	while (entry && entry->key != key)
		entry = entry->next;
	pthread_mutex_unlock(&recent->mutex);
	return entry != NULL;
}

void store_recent_put(struct store_recent *recent, uint64_t number,
	struct session_ref ref, struct recent_view *view)
{
	const uint64_t key = store_session_key(ref);
	struct recent_entry *entry = NULL;

	pthread_mutex_lock(&recent->mutex);
	if (*recent_slot(recent, key) <= number && recent->changed <= number) {
		entry = recent_table_look(&recent->table, ref, key);
		if (!entry)
			entry = recent_table_make(&recent->table, ref, key);
	}
	if (entry) {
		recent_table_unlink(&recent->table, entry);
		recent_view_join(&entry->view, view);
		recent_table_link(&recent->table, entry);
		recent_table_make_room(&recent->table);
	}
	pthread_mutex_unlock(&recent->mutex);
	recent_view_clear(view);
}

void store_recent_drop(struct store_recent *recent, struct session_ref ref)
{
	struct recent_entry *entry;

	pthread_mutex_lock(&recent->mutex);
	entry = recent_table_look(&recent->table, ref, store_session_key(ref));
	if (entry)
		recent_table_remove(&recent->table, entry);
	pthread_mutex_unlock(&recent->mutex);
}

/* --- commits ----------------------------------------------------------------
 */

void store_recent_begin(
	struct store_recent *recent, const struct store_changes *changes)
{
	pthread_mutex_lock(&recent->mutex);
	recent->number++;
	if (changes->all) {
		recent->changed = CHANGING;
		recent_table_clear(&recent->table);
	}
	for (size_t i = 0; i < changes->count && !changes->all; i++) {
		struct recent_entry *entry =
			recent_table_first(&recent->table, changes->keys[i]);

		*recent_slot(recent, changes->keys[i]) = CHANGING;
		for (; entry; entry = entry->next)
			if (entry->key == changes->keys[i])
				entry->changing = true;
	}
	pthread_mutex_unlock(&recent->mutex);
}

static const struct recent_change *recent_change_of(
	const struct recent_change *all, size_t count, int64_t session)
{
	for (size_t at = 0; at < count; at++)
		if (all[at].session.id == session)
			return &all[at];
	return NULL;
}

/* A name's key may be another name's, too: such an entry goes. */
static void recent_settle(struct store_recent *recent, uint64_t key,
	const struct recent_change *all, size_t count)
{
	struct recent_entry *entry = recent_table_first(&recent->table, key),
			    *next;

	for (; entry; entry = next) {
		const struct recent_change *change =
			recent_change_of(all, count, entry->view.session.id);
		int known;

		next = entry->next;
		if (entry->key != key || !entry->changing)
			continue;
		recent_table_unlink(&recent->table, entry);
		known = change ? recent_view_append(&entry->view, change) : -1;
		entry->changing = false;
		recent_table_link(&recent->table, entry);
		if (known)
			recent_table_remove(&recent->table, entry);
	}
	*recent_slot(recent, key) = recent->number;
}

void store_recent_end(struct store_recent *recent,
	const struct store_changes *changes, const struct recent_change *all,
	size_t count)
{
	pthread_mutex_lock(&recent->mutex);
	recent->number++;
	if (changes->all)
		recent->changed = recent->number;
	for (size_t i = 0; i < changes->count && !changes->all; i++)
		recent_settle(recent, changes->keys[i], all, count);
	recent_table_make_room(&recent->table);
	pthread_mutex_unlock(&recent->mutex);
}

struct recent_figures store_recent_figures(struct store_recent *recent)
{
	struct recent_figures figures;

	pthread_mutex_lock(&recent->mutex);
	figures = (struct recent_figures){ recent->hits, recent->misses,
		recent->table.bytes, recent->table.count };
	pthread_mutex_unlock(&recent->mutex);
	return figures;
}

void store_recent_free(struct store_recent *recent)
{
	if (!recent)
		return;
	recent_table_clear(&recent->table);
	pthread_mutex_destroy(&recent->mutex);
	free(recent);
}
