/* SPDX-License-Identifier: MIT */
/*
 * session_list.h - which sessions there are, in the order of an index.
 */
#ifndef CORE_STORE_SESSION_LIST_H
#define CORE_STORE_SESSION_LIST_H

#include "core/store/store.h"

/* A session of a list; all slices are borrowed for the call. */
struct session_row {
	struct session session;
	struct slice name;
	struct slice owner; /* empty: none */
	struct slice memory;
	struct slice metadata;
	int64_t updated_at;
	/* Expired, or kept off by the query: it counts for its place only. */
	bool hidden;
};

/* A member of the metadata that is no array or object, as text. */
struct session_tag {
	struct slice key;
	struct slice value;
};
#define TAG_KEY_MAX   255
#define TAG_VALUE_MAX 1024 /* bytes; longer ones are not listed by */

/* By name, by the last write, by birth; both of these newest first. */
enum session_order { ORDER_NAME, ORDER_ACTIVITY, ORDER_BIRTH };

/* A place in a list: after the session that was last looked at. */
struct session_cursor {
	int64_t id; /* 0: the start */
	int64_t time;
	struct slice name; /* the only member by name; empty: the start */
};

/* Lists the sessions that meet all of these. */
struct session_query {
	struct slice tenant;
	bool has_prefix;
	struct slice prefix; /* of the name */
	struct slice owner;  /* empty: any */
	const struct session_tag *tags;
	int tag_count;
	bool ascending; /* by activity, oldest first; with none of these */
	struct session_cursor after;
	bool chains; /* those that chains of responses have become, too */
	int64_t now;
	/*
	 * Gets a damaged one, which is passed, whatever else is asked for: what
	 * it was is not known.  May be NULL.
	 */
	void (*damaged)(
		void *context, struct slice name, const struct error *why);
	/*
	 * With that, and not ascending: also one that a damaged page hides,
	 * which else ends the list; by name only has it one.
	 */
	bool passes_pages;
};

/*
 * With a prefix by name; else with an owner by activity; else with tags by
 * birth; else by activity.
 */
enum session_order session_order(const struct session_query *query);
/* Where this row stands in the list; borrows its name. */
struct session_cursor session_cursor(
	const struct session_query *query, const struct session_row *row);

/* Is called for each session; returns 0 to go on and 1 to stop. */
struct session_visitor {
	int (*visit)(void *context, const struct session_row *row);
	void *context;
};
/*
 * Visits the sessions that an index has in a row, hidden ones included, so that
 * the caller bounds the work.
 */
int store_session_list(struct store *store, const struct session_query *what,
	struct session_visitor visitor, struct error *error);

#endif
