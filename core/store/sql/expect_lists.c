/* SPDX-License-Identifier: MIT */
/*
 * expect_lists.c - the newest messages of several reads, in one statement.
 *
 * For an engine that is far away a statement is most of what a read costs:
 * reads that wait share one.
 */
#include "core/store/lists.h"
#include "core/store/pieces.h"
#include "core/store/sql/chain.h"
#include "core/store/sql/expectations.h"

/* Follows a message's columns. */
enum { IS_PLACE = MESSAGE_REST };

void store_expect_lists_ask(struct expected_sessions *sessions)
{
	struct store *store = sessions->store;
	struct expected_lists *lists = &store->expectations->lists;
	const struct query_sessions of = {
		.tenants = text_view(&sessions->tenants),
		.names = text_view(&sessions->names),
		.most = text_view(&sessions->most),
	};

	if (!sessions->is_asked || store->mode != STORE_READ)
		return;
	store->ops->lists->start(store->engine, &of, &lists->query);
	query_ahead(&lists->query);
	lists->is_asked = true;
}

/*
 * A message that is too large to come along has no body.  That rows follow each
 * other is how statements are carried out, and no statement says it.
 */
static void expect_lists_note(
	struct expectation *of, const struct query *query, int row)
{
	const int64_t seq = query_get_number(query, MESSAGE_SEQ);

	if (!of->rows)
		of->first = row;
	else if (row != of->first + of->rows || seq >= of->last_seq)
		of->is_partial = true;
	if (!query_get_text(query, MESSAGE_BODY).length)
		of->is_partial = true;
	of->last_seq = seq;
	of->rows++;
}

int store_expect_lists_hear(
	struct expected_sessions *sessions, struct error *error)
{
	struct store_expectations *all = sessions->store->expectations;
	struct query *query = &all->lists.query;
	int found, row = 0;

	if (!all->lists.is_asked)
		return 0;
	for (; (found = query_step(query, error)) > 0; row++) {
		const int64_t place = query_get_number(query, IS_PLACE);

		for (size_t i = 0; i < all->count; i++)
			if (all->all[i].place == place)
				expect_lists_note(&all->all[i], query, row);
	}
	return found;
}

bool store_expect_lists_take(
	struct store *store, int64_t history, struct query *query)
{
	struct store_expectations *all = store->expectations;

	for (size_t i = 0; all->lists.is_asked && i < all->count; i++) {
		const struct expectation *of = &all->all[i];

		if (!of->has_row || of->row.history != history ||
			of->is_partial)
			continue;
		store->ops->lists->part(&all->lists.query,
			(struct query_part){ of->first, of->rows, of->most },
			query);
		return true;
	}
	return false;
}

void store_expect_lists_end(struct store_expectations *expectations)
{
	if (expectations->lists.is_asked)
		query_end(&expectations->lists.query);
}
