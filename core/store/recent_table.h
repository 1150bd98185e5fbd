/* SPDX-License-Identifier: MIT */
/*
 * recent_table.h - sessions by their names, those that were used last first.
 *
 * Whoever shares the table between threads has a lock for it.
 */
#ifndef CORE_STORE_RECENT_TABLE_H
#define CORE_STORE_RECENT_TABLE_H

#include "core/store/recent_view.h"

#define RECENT_BUCKETS 8192
#define RECENT_TENANTS 64 /* some may share a place */

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

/* Starts as {0} but for `most`. */
struct recent_table {
	size_t most, bytes, count;
	struct recent_entry *buckets[RECENT_BUCKETS];
	struct recent_tenant tenants[RECENT_TENANTS];
};

/* The first in the bucket of this key; the others follow it. */
struct recent_entry *recent_table_first(
	struct recent_table *table, uint64_t key);
/* NULL: it is not there. */
struct recent_entry *recent_table_look(
	struct recent_table *table, struct session_ref ref, uint64_t key);
/* Adds one that is not there; NULL: out of memory. */
struct recent_entry *recent_table_make(
	struct recent_table *table, struct session_ref ref, uint64_t key);
/* It was used. */
void recent_table_use(struct recent_table *table, struct recent_entry *entry);
/* Before its view changes, and after it. */
void recent_table_unlink(
	struct recent_table *table, struct recent_entry *entry);
void recent_table_link(struct recent_table *table, struct recent_entry *entry);
void recent_table_remove(
	struct recent_table *table, struct recent_entry *entry);
/* Until no more than `most` bytes are kept. */
void recent_table_make_room(struct recent_table *table);
void recent_table_clear(struct recent_table *table);

#endif
