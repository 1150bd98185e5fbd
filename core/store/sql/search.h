/* SPDX-License-Identifier: MIT */
/*
 * search.h - a search that is being made.
 */
#ifndef CORE_STORE_SQL_SEARCH_H
#define CORE_STORE_SQL_SEARCH_H

#include "core/store/search_text.h"
#include "core/store/sql/chain.h"

#define SEARCH_SEGMENTS_MAX 64 /* a longer chain is sought by tenant */

#define SEARCH_WORDS_MAX 256 /* in all of these */

/* A part of the query as a row of words. */
struct search_words {
	size_t first; /* in search.ends */
	size_t count;
	size_t seen; /* so many of it have just been met */
	size_t at;   /* where the text has the first of these */
	bool prefix; /* the last word may go on */
};

struct search {
	struct store *store;
	const struct search_query *what;
	struct text words; /* all words one after the other, */
	size_t ends[SEARCH_WORDS_MAX];
	size_t word_count;
	struct search_part given[SEARCH_PARTS_MAX]; /* as the user has them, */
	struct search_words parts[SEARCH_PARTS_MAX];
	size_t part_count;
	bool crowded; /* more than SEARCH_WORDS_MAX */
	struct segment segments[SEARCH_SEGMENTS_MAX]; /* of the session, */
	int64_t histories[SEARCH_SEGMENTS_MAX];
	size_t segment_count; /* 0: not known */
	struct search_visitor visitor;
	int64_t left;
	struct text text; /* of the message at hand */
};

/* Splits the user's text into parts and their words. */
int store_search_read(struct search *search, struct error *error);
/* Which histories the session shows, unless these are too many to name. */
int store_search_scope(struct search *search, struct error *error);

#endif
