/* SPDX-License-Identifier: MIT */
/*
 * expect_sessions.c - the sessions of a batch's members, in one statement.
 *
 * An engine that locks what it finds for a writer does so in the order of the
 * names, so that no two batches wait for each other.
 */
#include "core/store/pieces.h"
#include "core/store/sql/expectations.h"
#include "core/store/sql/session_cache.h"

#include <stdlib.h>

/* The parameters of the statements: lists, with a value for each place. */
enum { ASK_TENANTS = 1, ASK_NAMES };

/* And what follows a session's columns. */
enum { IS_PLACE = SESSION_REST };
enum { IS_DISOWNED_PLACE };

const char *const expect_sessions_sql[SQL_COUNT] = {
	[SQL_EXPECT_SESSIONS] =
		"SELECT " SESSION_COLUMNS_WITH(APPENDED_AT) SESSIONS_NAMED,
	[SQL_EXPECT_DISOWNED] =
		"SELECT place FROM (SELECT tenant, owner,"
		" generation" SESSIONS_NAMED ") AS session WHERE " DISOWNED,
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

/* The most that one of these, which name the same session, wants of it. */
static int64_t expect_sessions_most(struct expectation *const *members)
{
	const int64_t place = members[0]->place;
	int64_t most = 0;

	for (; *members && (*members)->place == place; members++)
		if ((*members)->what->newest > most)
			most = (*members)->what->newest;
	return most;
}

/* Members that name the same one have the same place. */
static void expect_sessions_place(struct expected_sessions *sessions)
{
	struct expectation **order = sessions->order;
	int64_t place = 0;

	for (size_t i = 0; i < sessions->count; i++) {
		if (i > 0 && expect_sessions_order(&order[i - 1], &order[i]))
			place++;
		order[i]->place = place;
	}
	sessions->places = (size_t)place + 1;
}

/* Each once. */
static void expect_sessions_write(struct expected_sessions *sessions,
	const struct engine_value_list *list)
{
	struct expectation **order = sessions->order;

	list->begin(&sessions->tenants, LIST_OF_TEXTS, sessions->places);
	list->begin(&sessions->names, LIST_OF_TEXTS, sessions->places);
	list->begin(&sessions->most, LIST_OF_NUMBERS, sessions->places);
	for (size_t i = 0; i < sessions->count; i++) {
		if (i > 0 && order[i]->place == order[i - 1]->place) {
			order[i]->most = order[i - 1]->most;
			continue;
		}
		order[i]->most = expect_sessions_most(&order[i]);
		list->text(&sessions->tenants, order[i]->what->ref.tenant);
		list->text(&sessions->names, order[i]->what->ref.name);
		list->number(&sessions->most, order[i]->most);
	}
	list->end(&sessions->tenants);
	list->end(&sessions->names);
	list->end(&sessions->most);
}

static void expect_sessions_start(
	struct expected_sessions *sessions, enum sql which, struct query *query)
{
	*query = query_rows(sessions->store, which, 0);
	query_text(query, ASK_TENANTS, text_view(&sessions->tenants));
	query_text(query, ASK_NAMES, text_view(&sessions->names));
	query_ahead(query);
}

int store_expect_sessions_ask(
	struct expected_sessions *sessions, struct error *error)
{
	if (expect_sessions_sort(sessions, error))
		return -1;
	if (!sessions->count)
		return 0;
	expect_sessions_place(sessions);
	expect_sessions_write(sessions, store_value_list(sessions->store));
	if (sessions->tenants.failed || sessions->names.failed ||
		sessions->most.failed)
		return error_out_of_memory(error);
	expect_sessions_start(sessions, SQL_EXPECT_SESSIONS, &sessions->query);
	expect_sessions_start(
		sessions, SQL_EXPECT_DISOWNED, &sessions->disowned);
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
		    of->what->ref.name, &session, &damage))
		return;
	session.disowned = session.disowned || of->is_disowned;
	if (sessions->store->mode == STORE_READ) {
		of->row = session;
		of->has_row = true;
		return;
	}
	if (session_is_gone(&session, sessions->now))
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

/* Whose owner is being erased: the row itself does not say so. */
static int expect_sessions_hear_disowned(
	struct expected_sessions *sessions, struct error *error)
{
	int found;

	while ((found = query_step(&sessions->disowned, error)) > 0)
		for (size_t i = 0; i < sessions->count; i++)
			if (sessions->order[i]->place ==
				query_get_number(
					&sessions->disowned, IS_DISOWNED_PLACE))
				sessions->order[i]->is_disowned = true;
	return found;
}

int store_expect_sessions_hear(
	struct expected_sessions *sessions, struct error *error)
{
	size_t at = 0;
	int found;

	if (!sessions->is_asked)
		return 0;
	if (expect_sessions_hear_disowned(sessions, error))
		return -1;
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
	if (sessions->is_asked) {
		query_end(&sessions->query);
		query_end(&sessions->disowned);
	}
	text_clear(&sessions->tenants);
	text_clear(&sessions->names);
	text_clear(&sessions->most);
	free(sessions->order);
}
