/* SPDX-License-Identifier: MIT */
/*
 * search.h - a search that is being made.
 */
#ifndef CORE_STORE_SQLITE_SEARCH_H
#define CORE_STORE_SQLITE_SEARCH_H

#include "core/store/search_text.h"
#include "core/store/sql/chain.h"

#define SEARCH_SEGMENTS_MAX 64 /* a longer chain is sought by tenant */

/* A part of the query as a row of words. */
struct part {
	size_t first; /* in search.ends */
	size_t count;
	size_t seen; /* so many of it have just been met */
	size_t at;   /* where the text has the first of these */
	bool prefix; /* the last word may go on */
};

struct hit {
	int64_t id;
	double closeness;
};

struct search {
	struct store *store;
	const struct search_query *what;
	struct text match; /* for FTS5 */
	struct text words; /* all words one after the other, */
	size_t ends[SEARCH_WORDS_MAX];
	size_t word_count;
	struct part parts[SEARCH_PARTS_MAX];
	size_t part_count;
	bool crowded; /* more than SEARCH_WORDS_MAX */
	struct segment segments[SEARCH_SEGMENTS_MAX]; /* of the session, */
	size_t segment_count;			      /* 0: not known */
	struct hit *hits;
	size_t hit_count;
	int64_t steps; /* done to find them */
	bool spent;    /* more than what was allowed */
	int (*visit)(void *context, const struct search_row *row);
	void *context;
	int64_t left;
	struct text text; /* of the message at hand */
};

/* Splits the user's text into parts and their words; begins the match. */
int store_search_read(struct search *search, struct error *error);
/*
 * Ends the match with a word that all messages of the caller have, or of the
 * session.
 */
int store_search_place(struct search *search, struct error *error);

#endif
