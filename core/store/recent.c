/* SPDX-License-Identifier: MIT */
/*
 * recent.c - sessions by their names, and which of them goes when there are too
 * many.
 */
#include "core/store/recent.h"

#include "core/store/change_feed.h"
#include "schema/error.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS	   8192
#define CHAIN_MOST 16	/* sessions of a bucket */
#define TENANTS	   64	/* some may share a place */
#define SLOTS	   4096 /* as may sessions: then a read is not kept */
#define CHANGING   UINT64_MAX
/* A quarter of what is kept lies free between it in the heap, as measured. */
#define AROUND 4

struct recent_entry {
	struct recent_entry *next; /* of its bucket */
	struct recent_entry *newer, *older;
	uint64_t key; /* store_session_key() */
	size_t place; /* of its tenant */
	size_t bytes;
	struct recent_view view;
	bool changing;
	size_t tenant, length; /* bytes of the name, its tenant's first */
	char name[];
};

/* A tenant's, the newest first. */
struct recent_tenant {
	struct recent_entry *newest, *oldest;
	size_t bytes;
};

struct store_recent {
	pthread_mutex_t mutex;
	size_t most, bytes, count;
	uint64_t hits, misses;
	uint64_t number;       /* of commits */
	uint64_t changed;      /* when all did, or CHANGING */
	uint64_t slots[SLOTS]; /* when a session of that key did */
	struct recent_entry *buckets[BUCKETS];
	struct recent_tenant tenants[TENANTS];
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
	recent->most = most;
	*out = recent;
	return 0;
}

/* --- the lists; all below within the mutex -------------------------------- */

static struct recent_entry **recent_place(
	struct store_recent *recent, uint64_t key)
{
	return &recent->buckets[(key >> 32) % BUCKETS];
}

static uint64_t *recent_slot(struct store_recent *recent, uint64_t key)
{
	return &recent->slots[(key >> 20) % SLOTS];
}

static void recent_unlink(
	struct store_recent *recent, struct recent_entry *entry)
{
	struct recent_tenant *tenant = &recent->tenants[entry->place];

	*(entry->newer ? &entry->newer->older : &tenant->newest) = entry->older;
	*(entry->older ? &entry->older->newer : &tenant->oldest) = entry->newer;
	tenant->bytes -= entry->bytes;
	recent->bytes -= entry->bytes;
}

static void recent_link(struct store_recent *recent, struct recent_entry *entry)
{
	struct recent_tenant *tenant = &recent->tenants[entry->place];

	entry->bytes = sizeof(*entry) + entry->length +
		       recent_rows_bytes(entry->view.rows);
	if (entry->view.profile)
		entry->bytes += sizeof(*entry->view.profile) +
				entry->view.profile->length;
	entry->bytes += entry->bytes / AROUND;
	entry->newer = NULL;
	entry->older = tenant->newest;
	*(entry->older ? &entry->older->newer : &tenant->oldest) = entry;
	tenant->newest = entry;
	tenant->bytes += entry->bytes;
	recent->bytes += entry->bytes;
}

static void recent_remove(
	struct store_recent *recent, struct recent_entry *entry)
{
	struct recent_entry **at = recent_place(recent, entry->key);

	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
	recent_unlink(recent, entry);
	recent->count--;
	recent_view_clear(&entry->view);
	free(entry);
}

static void recent_make_room(struct store_recent *recent)
{
	while (recent->bytes > recent->most) {
		struct recent_tenant *most = recent->tenants;

		for (size_t i = 1; i < TENANTS; i++)
			if (recent->tenants[i].bytes > most->bytes)
				most = &recent->tenants[i];
		recent_remove(recent, most->oldest);
	}
}

static bool recent_is_named(
	const struct recent_entry *entry, struct session_ref ref)
{
	return slice_equal((struct slice){ entry->name, entry->tenant },
		       ref.tenant) &&
	       slice_equal((struct slice){ entry->name + entry->tenant,
				   entry->length - entry->tenant },
		       ref.name);
}

static struct recent_entry *recent_look(
	struct store_recent *recent, struct session_ref ref, uint64_t key)
{
	struct recent_entry *entry = *recent_place(recent, key);

	while (entry && (entry->key != key || !recent_is_named(entry, ref)))
		entry = entry->next;
	return entry;
}

/* Names chosen to be in one bucket put out each other, and cost nobody time. */
static void recent_shorten(
	struct store_recent *recent, struct recent_entry *entry)
{
	for (size_t i = 1; entry && i < CHAIN_MOST; i++)
		entry = entry->next;
	if (entry)
		recent_remove(recent, entry);
}

static struct recent_entry *recent_make(
	struct store_recent *recent, struct session_ref ref, uint64_t key)
{
	const size_t length = ref.tenant.length + ref.name.length;
	struct recent_entry *entry = calloc(1, sizeof(*entry) + length);
	struct recent_entry **place = recent_place(recent, key);

	if (!entry)
		return NULL;
	entry->key = key;
	entry->place = store_session_key(
			       (struct session_ref){ .tenant = ref.tenant }) %
		       TENANTS;
	entry->tenant = ref.tenant.length;
	entry->length = length;
	if (ref.tenant.length)
		memcpy(entry->name, ref.tenant.data, ref.tenant.length);
	if (ref.name.length)
		memcpy(entry->name + entry->tenant, ref.name.data,
			ref.name.length);
	recent_shorten(recent, *place);
	entry->next = *place;
	*place = entry;
	recent->count++;
	recent_link(recent, entry);
	return entry;
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
	entry = recent_look(recent, ref, key);
	found = entry && !entry->changing;
	*(found ? &recent->hits : &recent->misses) += 1;
	if (found) {
		*out = entry->view;
		recent_rows_keep(out->rows);
		recent_profile_keep(out->profile);
		recent_unlink(recent, entry);
		recent_link(recent, entry);
	}
	pthread_mutex_unlock(&recent->mutex);
	return found;
}

bool store_recent_has(struct store_recent *recent, uint64_t key)
{
	struct recent_entry *entry;

	pthread_mutex_lock(&recent->mutex);
	entry = *recent_place(recent, key);
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
		entry = recent_look(recent, ref, key);
		if (!entry)
			entry = recent_make(recent, ref, key);
	}
	if (entry) {
		recent_unlink(recent, entry);
		recent_view_join(&entry->view, view);
		recent_link(recent, entry);
		recent_make_room(recent);
	}
	pthread_mutex_unlock(&recent->mutex);
	recent_view_clear(view);
}

void store_recent_drop(struct store_recent *recent, struct session_ref ref)
{
	struct recent_entry *entry;

	pthread_mutex_lock(&recent->mutex);
	entry = recent_look(recent, ref, store_session_key(ref));
	if (entry)
		recent_remove(recent, entry);
	pthread_mutex_unlock(&recent->mutex);
}

/* --- commits ----------------------------------------------------------------
 */

static void recent_drop_all(struct store_recent *recent)
{
	for (size_t i = 0; i < TENANTS; i++)
		while (recent->tenants[i].oldest)
			recent_remove(recent, recent->tenants[i].oldest);
}

void store_recent_begin(
	struct store_recent *recent, const struct store_changes *changes)
{
	pthread_mutex_lock(&recent->mutex);
	recent->number++;
	if (changes->all) {
		recent->changed = CHANGING;
		recent_drop_all(recent);
	}
	for (size_t i = 0; i < changes->count && !changes->all; i++) {
		struct recent_entry *entry =
			*recent_place(recent, changes->keys[i]);

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
	struct recent_entry *entry = *recent_place(recent, key), *next;

	for (; entry; entry = next) {
		const struct recent_change *change =
			recent_change_of(all, count, entry->view.session.id);
		int known;

		next = entry->next;
		if (entry->key != key || !entry->changing)
			continue;
		recent_unlink(recent, entry);
		known = change ? recent_view_append(&entry->view, change) : -1;
		entry->changing = false;
		recent_link(recent, entry);
		if (known)
			recent_remove(recent, entry);
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
	recent_make_room(recent);
	pthread_mutex_unlock(&recent->mutex);
}

struct recent_figures store_recent_figures(struct store_recent *recent)
{
	struct recent_figures figures;

	pthread_mutex_lock(&recent->mutex);
	figures = (struct recent_figures){ recent->hits, recent->misses,
		recent->bytes, recent->count };
	pthread_mutex_unlock(&recent->mutex);
	return figures;
}

void store_recent_free(struct store_recent *recent)
{
	if (!recent)
		return;
	recent_drop_all(recent);
	pthread_mutex_destroy(&recent->mutex);
	free(recent);
}
