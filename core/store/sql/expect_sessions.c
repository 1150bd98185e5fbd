/* SPDX-License-Identifier: MIT */
/*
 * expect_sessions.c - the sessions of a batch's members, in one statement.
 *
 * An engine that locks what it finds for a writer does so in the order of the
 * names, so that no two batches wait for each other.
 */
#include "core/store/pieces.h"
#include "core/store/sql/expectations.h"
#include "schema/json/write.h"

#include <stdlib.h>

/* The parameter of the statement, JSON: [["tenant","name"],…]. */
enum { ASK_NAMES = 1 };

/* And what follows a session's columns. */
enum { IS_PLACE = SESSION_REST };

const char *const expect_sessions_sql[SQL_COUNT] = {
	[SQL_EXPECT_SESSIONS] =
		"SELECT " SESSION_COLUMNS_WITH(APPENDED_AT) SESSIONS_NAMED,
};

static int expect_sessions_order(const void *left, const void *right)
{
	const struct expectation *a = *(const void *const *)left;
	const struct expectation *b = *(const void *const *)right;
	const int order =
		slice_compare(a->what->ref.tenant, b->what->ref.tenant);

	return order ? order
		     : slice_compare(a->what->ref.name, b->what->ref.name);
}

/* The members that name a session, in order. */
static int expect_sessions_sort(
	struct expected_sessions *sessions, struct error *error)
{
	struct store_expectations *all = sessions->store->expectations;

	sessions->order = calloc(all->count + 1, sizeof(*sessions->order));
	if (!sessions->order)
		return error_out_of_memory(error);
	for (size_t i = 0; i < all->count; i++)
		if (all->all[i].what->ref.name.length)
			sessions->order[sessions->count++] = &all->all[i];
	qsort(sessions->order, sessions->count, sizeof(*sessions->order),
		expect_sessions_order);
	return 0;
}

static void expect_sessions_write_name(
	struct text *out, const struct session_ref *ref)
{
	json_begin_array(out);
	json_put_string(out, ref->tenant);
	json_put_string(out, ref->name);
	json_end_array(out);
}

/* Each once; members that name the same one have the same place. */
static void expect_sessions_write(struct expected_sessions *sessions)
{
	struct expectation **order = sessions->order;
	int64_t place = -1;

	json_begin_array(&sessions->names);
	for (size_t i = 0; i < sessions->count; i++) {
		if (i == 0 || expect_sessions_order(&order[i - 1], &order[i])) {
			expect_sessions_write_name(
				&sessions->names, &order[i]->what->ref);
			place++;
		}
		order[i]->place = place;
	}
	json_end_array(&sessions->names);
}

int store_expect_sessions_ask(
	struct expected_sessions *sessions, struct error *error)
{
	if (expect_sessions_sort(sessions, error))
		return -1;
	if (!sessions->count)
		return 0;
	expect_sessions_write(sessions);
	if (sessions->names.failed)
		return error_out_of_memory(error);
	sessions->query = query_rows(sessions->store, SQL_EXPECT_SESSIONS, 0);
	query_text(&sessions->query, ASK_NAMES, text_view(&sessions->names));
	query_ahead(&sessions->query);
	sessions->is_asked = true;
	return 0;
}

/* A session that has ended is for the member to erase. */
static void expect_sessions_note(
	struct expected_sessions *sessions, struct expectation *of)
{
	struct session session;
	struct error damage = { 0 };

	/* A damaged one is for the member to meet. */
	if (store_read_session(sessions->store, &sessions->query,
		    of->what->ref.name, &session, &damage) ||
		session_is_gone(&session, sessions->now))
		return;
	of->session = session.id;
	of->plain = session.inherited == 0;
	store_cache_put(sessions->store, of->what->ref, &session);
}

/* Of these places before this one there was no row. */
static size_t expect_sessions_pass(
	struct expected_sessions *sessions, size_t at, int64_t place)
{
	for (; at < sessions->count && sessions->order[at]->place < place; at++)
		sessions->order[at]->no_session = sessions->order[at]->plain =
			true;
	return at;
}

int store_expect_sessions_hear(
	struct expected_sessions *sessions, struct error *error)
{
	size_t at = 0;
	int found;

	if (!sessions->is_asked)
		return 0;
	while ((found = query_step(&sessions->query, error)) > 0) {
		const int64_t place =
			query_get_number(&sessions->query, IS_PLACE);

		at = expect_sessions_pass(sessions, at, place);
		for (; at < sessions->count &&
			sessions->order[at]->place == place;
			at++)
			expect_sessions_note(sessions, sessions->order[at]);
	}
	if (found == 0)
		expect_sessions_pass(sessions, at, INT64_MAX);
	return found;
}

void store_expect_sessions_end(struct expected_sessions *sessions)
{
	if (sessions->is_asked)
		query_end(&sessions->query);
	text_clear(&sessions->names);
	free(sessions->order);
}
