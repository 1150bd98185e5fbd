/* SPDX-License-Identifier: MIT */
/*
 * chain.h - chains of histories, each beginning with another's.
 */
#ifndef CORE_STORE_SQL_CHAIN_H
#define CORE_STORE_SQL_CHAIN_H

#include "core/store/sql/sql.h"

/* --- chains of histories: segment.c, as_of.c ------------------------------ */

/*
 * A history adds its own rows to a list: their seqs are above `floor`, up to
 * `upto`.  The rows up to `floor` are in the segment below.  Rows that are not
 * above `after` belong to the list no more.
 */
struct segment {
	int64_t history;
	int64_t session;  /* of the history; the top's is not set */
	int64_t shown_by; /* the session whose chain it is */
	int64_t version;  /* the rows as they were then; 0: as they are */
	int64_t floor;	  /* 0: nothing is below */
	int64_t upto;
	int64_t after;
	int depth; /* of it: so many are above */
	char mark[MARK_LENGTH + 1];
};

struct segment store_segment_top(const struct session *session);
/* Has the list something below that is above this seq? */
bool store_segment_goes_on(const struct segment *segment, int64_t after);
/* Goes down by one; there must be a floor. */
int store_segment_below(
	struct store *store, struct segment *segment, struct error *error);
/* The version from which on a history is shown. */
int store_history_from(struct store *store, int64_t history,
	int64_t *from_version, struct error *error);
/* Goes down to where this seq would be. */
int store_segment_of(struct store *store, struct segment *segment, int64_t seq,
	struct error *error);
/*
 * How to read a segment's own rows: as they are with the first statement, as
 * they were with the second.  Both are given the segment_parameter and then,
 * from segment_rest() on, their own.
 */
struct segment_read {
	enum sql live;
	enum sql as_of;
	int64_t after; /* seqs */
	int64_t before;
	struct query_most most;
};

enum segment_parameter {
	SEGMENT_HISTORY = 1,
	SEGMENT_AFTER,
	SEGMENT_BEFORE,
	SEGMENT_VERSION /* as_of only */
};

static inline int segment_rest(const struct segment *segment)
{
	return segment->version ? SEGMENT_VERSION + 1 : SEGMENT_VERSION;
}

/* Starts it, bound to what the segment has of that. */
struct query store_segment_query(struct store *store,
	const struct segment *segment, const struct segment_read *read);
/* The same, asked for already?  It may have fewer rows than the most. */
bool store_expect_newest_take(struct store *store,
	const struct segment *segment, const struct segment_read *read,
	struct query *query);
/* The seq of the nth of the segment's rows, from the end; 0: it has fewer. */
int store_segment_nth(struct store *store, const struct segment *segment,
	int64_t nth, int64_t *seq, struct error *error);

/* --- lists of messages: history.c, archive.c ------------------------------ */

/* A list on its way. */
struct message_walk {
	struct store *store;
	const struct session *session;
	const struct message_query *what; /* NULL: one message is looked for */
	struct message_visitor visitor;
	int64_t left; /* of the limit; 0: it is ended */
	int64_t seq;  /* of the last row */
	bool damaged; /* such rows are visited too, without their contents */
};

/* 1: who asks for damage is told of this row's, and the list goes on; -1. */
int store_walk_pass_damaged(struct message_walk *walk,
	const struct message_row *row, struct error *error);
void store_walk_visit(struct message_walk *walk, const struct message_row *row);

/* --- edits: edit.c ----------------------------------------------------------
 */

/* Archives the row at the version that it names; no edit is counted. */
int store_archive_row(struct store *store, const struct session *session,
	const struct message_row *row, int64_t now, struct error *error);

/* --- shared rows: copy_on_write.c ----------------------------------------- */

/*
 * Makes what is inherited from seq `first` on the session's own.  Where this
 * is too much for one write it does a part, and fails: see store_unfinished().
 */
int store_copy_on_write(struct store *store, struct session *session,
	int64_t first, int64_t now, struct error *error);
/*
 * Finds the segment that another history may begin with to show the session's
 * messages up to base->upto.  Where it would have too many below it, all is
 * made its own first.
 */
int store_history_base(struct store *store, struct session *session,
	int64_t now, struct segment *base, struct error *error);
/* The most rows that one write moves. */
int64_t store_step_rows(const struct store *store);

#endif
