/* SPDX-License-Identifier: MIT */
/*
 * fork.c - sessions that begin with what another one has.
 */
#include "core/store/mark.h"
#include "core/store/pieces.h"
#include "core/store/sql/chain.h"
#include "core/store/sql/session_cache.h"

/* The parameters of the statements. */
enum {
	FORK_PARENT = 1,
	FORK_TENANT,
	FORK_NAME,
	FORK_MARK,
	FORK_LAST_SEQ,
	FORK_EDITS,
	FORK_REMOVED,
	FORK_INHERITED,
	FORK_NOW,
	FORK_EPOCH
};

const char *const fork_sql[SQL_COUNT] = {
	[SQL_SESSION_FORK] =
		"INSERT INTO session (tenant, name, mark, history, last_seq,"
		" edits, removed, inherited, purged, created_at, touched_at,"
		" ttl_seconds, retain_retired, owner, generation, memory,"
		" metadata, profile_checksum, epoch)"
		" SELECT ?2, ?3, ?4, 0, ?5, ?6, ?7, ?8, ?5 + ?6, ?9, ?9,"
		" ttl_seconds, retain_retired, owner, generation, memory,"
		" metadata, profile_checksum, nullif(?10, 0)"
		" FROM session WHERE id = ?1",
};

/* Counted on the shorter side of `upto`. */
static int fork_count_upto(struct store *store, const struct session *parent,
	int64_t upto, int64_t *count, struct error *error)
{
	int64_t all = session_message_count(parent);

	if (parent->removed == 0) {
		*count = upto;
		return 0;
	}
	if (upto <= parent->last_seq / 2)
		return store_message_count(store, parent,
			(struct seq_range){ 1, upto }, count, error);
	if (store_message_count(store, parent,
		    (struct seq_range){ upto + 1, parent->last_seq }, count,
		    error))
		return -1;
	*count = all - *count;
	return 0;
}

static int fork_insert(struct store *store, const struct session *parent,
	struct session_ref ref, struct session *fork, struct error *error)
{
	const struct epoch_mark kept = store_epoch_keep(store, fork);
	struct query query = query_start(store, SQL_SESSION_FORK);

	query_number(&query, FORK_PARENT, parent->id);
	query_text(&query, FORK_TENANT, ref.tenant);
	query_text(&query, FORK_NAME, ref.name);
	query_text(&query, FORK_MARK, slice_of(kept.letters));
	query_number(&query, FORK_LAST_SEQ, fork->last_seq);
	query_number(&query, FORK_EDITS, fork->edits);
	query_number(&query, FORK_REMOVED, fork->removed);
	query_number(&query, FORK_INHERITED, fork->inherited);
	query_number(&query, FORK_NOW, fork->created_at);
	query_number(&query, FORK_EPOCH, store->epochs.count);
	return query_insert(&query, &fork->id, error);
}

int store_session_fork(struct store *store, struct session *parent,
	const struct session_fork *fork, struct session *out,
	struct error *error)
{
	const int64_t upto = fork->upto;
	struct segment base = { .upto = upto };
	const int64_t now = session_write_time(parent, fork->now);
	int64_t count;

	if (fork_count_upto(store, parent, upto, &count, error))
		return -1;
	if (count && store_history_base(store, parent, fork->now, &base, error))
		return -1;
	*out = (struct session){
		.last_seq = upto,
		.edits = upto == 0,
		.removed = upto - count,
		.inherited = count ? upto : 0,
		.created_at = now,
		.touched_at = now,
		.retain_retired = parent->retain_retired,
		.ttl_seconds = parent->ttl_seconds,
	};
	out->purged = session_version(out);
	if (store_usage_of(store, fork->ref.tenant, error) ||
		mark_make(out->mark, error) ||
		fork_insert(store, parent, fork->ref, out, error) ||
		store_usage_check_session(store, error) ||
		store_history_make(
			store, out, out->purged, count ? &base : NULL, error) ||
		store_session_show(store, out, error) ||
		store_tags_copy(store, parent, out, error) ||
		store_memory_state_copy(store, parent, out, error))
		return -1;
	store_cache_put(store, fork->ref, out);
	store_expect_made(store, fork->ref, out, false);
	store_cache_changed(store, out);
	return 0;
}
