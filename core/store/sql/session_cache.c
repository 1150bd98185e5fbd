/* SPDX-License-Identifier: MIT */
/*
 * session_cache.c - the sessions that the writer wrote lately.
 *
 * A set-associative table: a name is kept in one of the ways of one set, so
 * names chosen to collide cost a miss and nothing else.  Whatever a member or
 * a batch touched is dropped when it is undone; a miss reads the tables.
 */
#include "core/store/sql/session_cache.h"
#include "core/store/change_feed.h"
#include "core/store/recent_view.h"

#include <stdlib.h>
#include <string.h>

#define SETS 4096
#define WAYS 4

#define PROFILE_BYTES 256 /* a longer one is read from its row */

struct session_cache_cached {
	struct session session;
	struct recent_profile *profile; /* NULL: it was not asked for */
	uint64_t member;		/* that touched it last */
	size_t tenant; /* bytes of the key that are the tenant */
	size_t length;
	char key[];
};

struct store_cache {
	struct session_cache_cached *sets[SETS][WAYS];
	uint64_t member;
	struct store_changes changes;
	unsigned turn;	   /* the way to be evicted next */
	bool member_wrote; /* something to be dropped if it is undone */
	bool batch_wrote;
};

int store_cache_new(struct store *store, struct error *error)
{
	store->cache = calloc(1, sizeof(*store->cache));
	return store->cache ? 0 : error_out_of_memory(error);
}

static void session_cache_drop(struct session_cache_cached **way)
{
	if (*way)
		recent_profile_free((*way)->profile);
	free(*way);
	*way = NULL;
}

/* Drops what was touched by this member or, if 0, by any. */
static void session_cache_drop_member(
	struct store_cache *cache, uint64_t member)
{
	for (size_t set = 0; set < SETS; set++)
		for (size_t i = 0; i < WAYS; i++) {
			struct session_cache_cached **way =
				&cache->sets[set][i];

			if (*way && (!member || (*way)->member == member))
				session_cache_drop(way);
		}
}

void store_cache_free(struct store *store)
{
	if (store->cache)
		session_cache_drop_member(store->cache, 0);
	free(store->cache);
	store->cache = NULL;
}

static struct session_cache_cached **session_cache_set_of(
	struct store_cache *cache, uint64_t key)
{
	return cache->sets[(key >> 40) % SETS];
}

static bool session_cache_has_key(
	const struct session_cache_cached *cached, struct session_ref ref)
{
	struct slice a = { cached->key, cached->tenant };
	struct slice b = { cached->key + cached->tenant,
		cached->length - cached->tenant };

	return slice_equal(a, ref.tenant) && slice_equal(b, ref.name);
}

bool store_cache_find(
	struct store *store, struct session_ref ref, struct session *out)
{
	struct session_cache_cached **ways;

	if (!store->cache)
		return false;
	ways = session_cache_set_of(store->cache, store_session_key(ref));
	for (size_t i = 0; i < WAYS; i++)
		if (ways[i] && session_cache_has_key(ways[i], ref)) {
			*out = ways[i]->session;
			return true;
		}
	return false;
}

static struct session_cache_cached *session_cache_cached_new(
	struct session_ref ref, const struct session *session)
{
	size_t length = ref.tenant.length + ref.name.length;
	struct session_cache_cached *cached = malloc(sizeof(*cached) + length);

	if (!cached)
		return NULL;
	cached->session = *session;
	cached->profile = NULL;
	cached->tenant = ref.tenant.length;
	cached->length = length;
	if (ref.tenant.length)
		memcpy(cached->key, ref.tenant.data, ref.tenant.length);
	memcpy(cached->key + ref.tenant.length, ref.name.data, ref.name.length);
	return cached;
}

/* A free way of the set, else each in turn. */
static struct session_cache_cached **session_cache_way_for(
	struct store_cache *cache, uint64_t key)
{
	struct session_cache_cached **ways = session_cache_set_of(cache, key);

	for (size_t i = 0; i < WAYS; i++)
		if (!ways[i])
			return &ways[i];
	return &ways[cache->turn++ % WAYS];
}

/*
 * A session that was read within a member may be one that it wrote, so it
 * belongs to the member as well.
 */
void store_cache_put(
	struct store *store, struct session_ref ref, struct session *session)
{
	struct store_cache *cache = store->cache;
	struct session_cache_cached **way;

	if (!cache)
		return;
	session->key = store_session_key(ref);
	way = session_cache_way_for(cache, session->key);
	session_cache_drop(way);
	*way = session_cache_cached_new(ref, session);
	if (*way)
		(*way)->member = cache->member;
}

static struct session_cache_cached **session_cache_way_of(
	struct store_cache *cache, const struct session *session)
{
	struct session_cache_cached **ways =
		session_cache_set_of(cache, session->key);

	for (size_t i = 0; i < WAYS; i++)
		if (ways[i] && ways[i]->session.id == session->id)
			return &ways[i];
	return NULL;
}

/* A batch writes to the same session over and over. */
static void session_cache_note(struct store_changes *changes, uint64_t key)
{
	if (changes->count && changes->keys[changes->count - 1] == key)
		return;
	if (!key || changes->count == STORE_CHANGES_MAX)
		changes->all = true;
	else
		changes->keys[changes->count++] = key;
}

const struct store_changes *store_changes(const struct store *store)
{
	return &store->cache->changes;
}

void store_cache_changed(struct store *store, const struct session *session)
{
	struct store_cache *cache = store->cache;
	struct session_cache_cached **way =
		session_cache_way_of(cache, session);

	cache->member_wrote = true;
	cache->batch_wrote = true;
	session_cache_note(&cache->changes, session->key);
	store_writing_changed(store, session);
	if (way) {
		(*way)->session = *session;
		(*way)->member = cache->member;
	}
}

const struct session_profile *store_cache_profile(
	const struct store *store, const struct session *session)
{
	struct session_cache_cached **way =
		store->cache ? session_cache_way_of(store->cache, session)
			     : NULL;

	return way && (*way)->profile ? &(*way)->profile->profile : NULL;
}

/* A shared store is told of those of a batch before it begins. */
void store_cache_learn_profile(struct store *store,
	const struct session *session, const struct session_profile *profile)
{
	struct session_cache_cached **way =
		store->cache && !store->ops->shared
			? session_cache_way_of(store->cache, session)
			: NULL;

	if (way && !(*way)->profile &&
		profile->owner.length + profile->memory.length +
				profile->metadata.length <=
			PROFILE_BYTES)
		(*way)->profile = recent_profile_new(profile);
}

void store_cache_configured(struct store *store, const struct session *session)
{
	struct session_cache_cached **way =
		session_cache_way_of(store->cache, session);

	if (way) {
		recent_profile_free((*way)->profile);
		(*way)->profile = NULL;
	}
	store_cache_changed(store, session);
}

void store_cache_drop(struct store *store, const struct session *session)
{
	struct session_cache_cached **way =
		session_cache_way_of(store->cache, session);

	store->cache->member_wrote = true;
	store->cache->batch_wrote = true;
	session_cache_note(&store->cache->changes, session->key);
	store_writing_dropped(store, session);
	if (way)
		session_cache_drop(way);
}

void store_cache_drop_all(struct store *store)
{
	session_cache_drop_member(store->cache, 0);
	store->cache->member_wrote = true;
	store->cache->batch_wrote = true;
	store->cache->changes.all = true;
}

void store_cache_enter(struct store *store)
{
	if (!store->cache)
		return;
	store->cache->member++;
	store->cache->member_wrote = false;
}

void store_cache_undo(struct store *store)
{
	if (store->cache && store->cache->member_wrote)
		session_cache_drop_member(store->cache, store->cache->member);
}

void store_cache_begin(struct store *store)
{
	store_cache_enter(store);
	if (!store->cache)
		return;
	/* Others may have changed what was read before the batch. */
	if (store->ops->shared)
		session_cache_drop_member(store->cache, 0);
	store->cache->batch_wrote = false;
	store->cache->changes.count = 0;
	store->cache->changes.all = false;
}

void store_cache_undo_all(struct store *store)
{
	if (store->cache && store->cache->batch_wrote)
		session_cache_drop_member(store->cache, 0);
}
