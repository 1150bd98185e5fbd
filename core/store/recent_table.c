/* SPDX-License-Identifier: MIT */
/*
 * recent_table.c - sessions by their names, and which of them goes when there
 * are too many.
 */
#include "core/store/recent_table.h"

#include "core/store/change_feed.h"

#include <stdlib.h>
#include <string.h>

#define CHAIN_MOST 16 /* sessions of a bucket */
/* A quarter of what is kept lies free between it in the heap, as measured. */
#define AROUND 4

static struct recent_entry **recent_table_place(
	struct recent_table *table, uint64_t key)
{
	return &table->buckets[(key >> 32) % RECENT_BUCKETS];
}

struct recent_entry *recent_table_first(
	struct recent_table *table, uint64_t key)
{
	return *recent_table_place(table, key);
}

void recent_table_unlink(struct recent_table *table, struct recent_entry *entry)
{
	struct recent_tenant *tenant = &table->tenants[entry->place];

	*(entry->newer ? &entry->newer->older : &tenant->newest) = entry->older;
	*(entry->older ? &entry->older->newer : &tenant->oldest) = entry->newer;
	tenant->bytes -= entry->bytes;
	table->bytes -= entry->bytes;
}

void recent_table_link(struct recent_table *table, struct recent_entry *entry)
{
	struct recent_tenant *tenant = &table->tenants[entry->place];

	entry->bytes = sizeof(*entry) + entry->length +
		       recent_view_bytes(&entry->view);
	entry->bytes += entry->bytes / AROUND;
	entry->newer = NULL;
	entry->older = tenant->newest;
	*(entry->older ? &entry->older->newer : &tenant->oldest) = entry;
	tenant->newest = entry;
	tenant->bytes += entry->bytes;
	table->bytes += entry->bytes;
}

void recent_table_use(struct recent_table *table, struct recent_entry *entry)
{
	recent_table_unlink(table, entry);
	recent_table_link(table, entry);
}

void recent_table_remove(struct recent_table *table, struct recent_entry *entry)
{
	struct recent_entry **at = recent_table_place(table, entry->key);

	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
	recent_table_unlink(table, entry);
	table->count--;
	recent_view_clear(&entry->view);
	free(entry);
}

/* An answer is less than the rows that it was made of, and may do instead. */
static void recent_table_shrink(
	struct recent_table *table, struct recent_entry *entry)
{
	if (!entry->view.rows || !entry->view.bodies.all[0]) {
		recent_table_remove(table, entry);
		return;
	}
	recent_table_unlink(table, entry);
	recent_rows_free(entry->view.rows);
	entry->view.rows = NULL;
	entry->view.count = 0;
	entry->view.whole = false;
	recent_table_link(table, entry);
}

void recent_table_make_room(struct recent_table *table)
{
	while (table->bytes > table->most) {
		struct recent_tenant *most = table->tenants;

		for (size_t i = 1; i < RECENT_TENANTS; i++)
			if (table->tenants[i].bytes > most->bytes)
				most = &table->tenants[i];
		recent_table_shrink(table, most->oldest);
	}
}

static bool recent_table_is_named(
	const struct recent_entry *entry, struct session_ref ref)
{
	return slice_equal((struct slice){ entry->name, entry->tenant },
		       ref.tenant) &&
	       slice_equal((struct slice){ entry->name + entry->tenant,
				   entry->length - entry->tenant },
		       ref.name);
}

struct recent_entry *recent_table_look(
	struct recent_table *table, struct session_ref ref, uint64_t key)
{
	struct recent_entry *entry = recent_table_first(table, key);

	while (entry &&
		(entry->key != key || !recent_table_is_named(entry, ref)))
		entry = entry->next;
	return entry;
}

/* Names chosen to be in one bucket put out each other, and cost nobody time. */
static void recent_table_shorten(
	struct recent_table *table, struct recent_entry *entry)
{
	for (size_t i = 1; entry && i < CHAIN_MOST; i++)
		entry = entry->next;
	if (entry)
		recent_table_remove(table, entry);
}

struct recent_entry *recent_table_make(
	struct recent_table *table, struct session_ref ref, uint64_t key)
{
	const size_t length = ref.tenant.length + ref.name.length;
	struct recent_entry *entry = calloc(1, sizeof(*entry) + length);
	struct recent_entry **place = recent_table_place(table, key);

	if (!entry)
		return NULL;
	entry->key = key;
	entry->place = store_session_key(
			       (struct session_ref){ .tenant = ref.tenant }) %
		       RECENT_TENANTS;
	entry->tenant = ref.tenant.length;
	entry->length = length;
	if (ref.tenant.length)
		memcpy(entry->name, ref.tenant.data, ref.tenant.length);
	if (ref.name.length)
		memcpy(entry->name + entry->tenant, ref.name.data,
			ref.name.length);
	recent_table_shorten(table, *place);
	entry->next = *place;
	*place = entry;
	table->count++;
	recent_table_link(table, entry);
	return entry;
}

void recent_table_clear(struct recent_table *table)
{
	for (size_t i = 0; i < RECENT_TENANTS; i++)
		while (table->tenants[i].oldest)
			recent_table_remove(table, table->tenants[i].oldest);
}
