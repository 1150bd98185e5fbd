/* SPDX-License-Identifier: MIT */
/*
 * search_text.h - messages found by their words.
 */
#ifndef CORE_STORE_SEARCH_TEXT_H
#define CORE_STORE_SEARCH_TEXT_H

#include "core/store/store.h"

/*
 * Appends the text of the content: the string, or the text parts of an
 * array, a line each; a lone surrogate is U+FFFD.  The index forgets a message
 * by its text, so a change of this rule needs a migration that empties it.
 */
void search_text(struct text *out, const struct message *message);

/* A piece of a query: a word, or what stands between quotation marks. */
struct search_part {
	struct slice text; /* without quotation marks */
	bool prefix;	   /* an asterisk follows */
};

/*
 * Takes the next part off `rest`; false at the end.  Every text is a query: a
 * quotation mark without another one goes on to the end.
 */
bool search_next(struct slice *rest, struct search_part *part);

/*
 * Appends about 160 characters of the text around the byte `at`, with "…"
 * where it was cut.
 */
void search_snippet(struct text *out, struct slice text, size_t at);

/*
 * How close a text is to what is asked for, whose parts it has so many times;
 * its length is 1 where it has as many words as texts have on average.  BM25,
 * all words weighing the same: every text that is found has all of them, and
 * how rare a word is would cost a walk through all its messages.
 */
double search_closeness(const int *counts, size_t count, double length);

struct search_query {
	struct slice tenant;
	/* Only what this one shows; NULL: all sessions. */
	const struct session *session;
	struct slice text; /* of the user; see search_next() */
	int64_t limit;
	/* Of SQLite, to look in the index without finding anything. */
	int64_t steps;
	int64_t now;
};

/* A message that was found; all slices are borrowed for the call. */
struct search_row {
	struct session session;
	struct slice name;
	struct message_row message;
	struct slice text; /* search_text() of it */
	size_t at;	   /* where the text has what was looked for */
};

/* Is called for each; returns 0 to go on and 1 to stop. */
struct search_visitor {
	int (*visit)(void *context, const struct search_row *row);
	void *context;
};

/*
 * Visits the messages that have all words, best first among the newest 10,000;
 * one that several sessions share is visited for each.  The newest may not be
 * found yet, nor words behind the first MiB of a message.  Ends early when
 * the steps are used up: with what was found, the newest, or with ERROR_INVALID
 * if that is nothing.  ERROR_INVALID if there is no word, and
 * ERROR_NOT_CONFIGURED without an index.
 */
int store_search(struct store *store, const struct search_query *what,
	struct search_visitor visitor, struct error *error);

/* Queries, and texts in which they are looked for without an index. */
struct search_texts {
	const struct slice *queries;
	size_t query_count; /* at most 64 */
	const struct slice *texts;
	size_t text_count;
	uint64_t *has; /* of each text: bit N, it has query N */
};

/*
 * Tells which texts have which queries, as a search would find them; each text
 * is split into words once.  A query without a word is in none, nor is one
 * that makes more than 64 parts or 256 words with those before it.
 */
int store_search_texts(struct store *store, const struct search_texts *what,
	struct error *error);

/*
 * Did the last search fail because the index is damaged?  Then the same search
 * by the writer's handle sees to it that it is made anew.
 */
bool store_search_is_damaged(const struct store *store);

#endif
