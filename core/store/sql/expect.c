/* SPDX-License-Identifier: MIT */
/*
 * expect.c - the first round trip of a batch on an engine that is far away.
 *
 * What is found of a session goes to the writer's cache.  Of the rest it is
 * remembered what is not there, which is the usual case: whatever is there is
 * asked for again by the member that needs it.  A member that writes such a
 * thing takes the memory of its absence away, for the whole batch.
 */
#include "core/store/expect.h"
#include "core/store/change_feed.h"
#include "core/store/pieces.h"
#include "core/store/sql/expectations.h"
#include "core/store/turns.h"

#include <stdlib.h>

/* The parameters of the statements. */
enum { ASK_TENANT = 1, ASK_NAME, ASK_IDS };

/* The only column of their rows, where there is one. */
enum { IS_COUNT };
enum { IS_DIGEST };
enum { IS_ID };

const char *const expect_sql[SQL_COUNT] = {
	[SQL_EXPECT_RECORD] = "SELECT 1 FROM idempotency_record"
			      " WHERE tenant = ?1 AND key = ?2",
	[SQL_EXPECT_COUNT] = "SELECT count FROM idempotency_count"
			     " WHERE tenant = ?1",
	[SQL_EXPECT_NEWEST] =
		"SELECT record.digest FROM session JOIN idempotency_record AS"
		" record ON record.session = session.id AND record.key IS NULL"
		" WHERE session.tenant = ?1 AND session.name = ?2",
	[SQL_EXPECT_PROFILE] = "SELECT " PROFILE_COLUMNS " FROM session"
			       " WHERE tenant = ?1 AND name = ?2",
	[SQL_EXPECT_IDS] =
		"SELECT client_id FROM session CROSS JOIN (SELECT value AS"
		" asked FROM json_each(?3)) CROSS JOIN message"
		" WHERE tenant = ?1 AND name = ?2"
		" AND message.history = session.history AND client_id = asked",
};

/* --- asked and answered ------------------------------------------------ */

enum expect_kind {
	QUESTION_PROFILE,
	QUESTION_RECORD,
	QUESTION_COUNT,
	QUESTION_NEWEST,
	QUESTION_IDS,
	QUESTION_TURN,
	QUESTION_KINDS
};

struct expect_question {
	enum expect_kind kind;
	struct expectation *of;
	struct query query;
	struct text ids; /* bound, JSON */
};

struct expect_questions {
	struct store *store;
	struct expect_question *all;
	size_t count;
	struct expected_sessions sessions;
};

static struct expect_question *expect_start(struct expect_questions *questions,
	struct expectation *of, enum expect_kind kind)
{
	static const enum sql statements[] = {
		[QUESTION_PROFILE] = SQL_EXPECT_PROFILE,
		[QUESTION_RECORD] = SQL_EXPECT_RECORD,
		[QUESTION_COUNT] = SQL_EXPECT_COUNT,
		[QUESTION_NEWEST] = SQL_EXPECT_NEWEST,
		[QUESTION_IDS] = SQL_EXPECT_IDS,
	};
	struct expect_question *question = &questions->all[questions->count++];
	const int64_t rows = kind == QUESTION_IDS ? (int64_t)of->ids.count : 1;

	*question = (struct expect_question){ .kind = kind, .of = of };
	question->query = query_rows(questions->store, statements[kind], rows);
	query_text(&question->query, ASK_TENANT, of->what->ref.tenant);
	return question;
}

static void expect_ask_of_session(struct expect_questions *questions,
	struct expectation *of, enum expect_kind kind)
{
	struct expect_question *question = expect_start(questions, of, kind);

	query_text(&question->query, ASK_NAME, of->what->ref.name);
	if (kind == QUESTION_IDS) {
		message_ids_write(&question->ids, &of->ids);
		query_text(
			&question->query, ASK_IDS, text_view(&question->ids));
	}
	query_ahead(&question->query);
}

static void expect_ask_of_key(
	struct expect_questions *questions, struct expectation *of)
{
	struct expect_question *question =
		expect_start(questions, of, QUESTION_RECORD);

	query_blob(&question->query, ASK_NAME, of->what->key);
	query_ahead(&question->query);
	question = expect_start(questions, of, QUESTION_COUNT);
	query_ahead(&question->query);
}

static void expect_ask_of_turn(
	struct expect_questions *questions, struct expectation *of)
{
	struct store *store = questions->store;
	struct expect_question *question = &questions->all[questions->count++];

	*question = (struct expect_question){ .kind = QUESTION_TURN, .of = of };
	store->ops->turns->check(
		store->engine, of->what->turn, &question->query);
	query_ahead(&question->query);
}

static void expect_ask_all(
	struct expect_questions *questions, struct expectation *of)
{
	const struct store_expected *what = of->what;

	if (what->ref.name.length && what->profile)
		expect_ask_of_session(questions, of, QUESTION_PROFILE);
	if (what->key.length)
		expect_ask_of_key(questions, of);
	if (what->ref.name.length && what->digest.length)
		expect_ask_of_session(questions, of, QUESTION_NEWEST);
	if (what->ref.name.length && of->ids.count)
		expect_ask_of_session(questions, of, QUESTION_IDS);
	if (what->turn)
		expect_ask_of_turn(questions, of);
}

static void expect_note_count(struct store_expectations *expectations,
	struct slice tenant, int64_t count)
{
	for (size_t i = 0; i < expectations->count_count; i++)
		if (slice_equal(expectations->counts[i].tenant, tenant))
			return;
	expectations->counts[expectations->count_count++] =
		(struct expected_count){ tenant, count };
}

/* An unknown one is asked for again, so this cannot fail. */
static void expect_note_profile(
	struct expectation *of, const struct query *query)
{
	struct session_profile row;
	struct error ignored = { 0 };

	of->has_profile = store_profile_read(query, &row, &ignored) == 0 &&
			  store_profile_copy(&row, &of->texts, &of->profile,
				  &ignored) == 0;
}

static void expect_note(struct expect_questions *questions,
	struct expect_question *question, bool found)
{
	const struct query *query = &question->query;
	struct expectation *of = question->of;

	switch (question->kind) {
	case QUESTION_PROFILE:
		if (found)
			expect_note_profile(of, query);
		return;
	case QUESTION_RECORD:
		of->no_record = !found;
		return;
	case QUESTION_COUNT:
		expect_note_count(questions->store->expectations,
			of->what->ref.tenant,
			found ? query_get_number(query, IS_COUNT) : 0);
		return;
	case QUESTION_NEWEST:
		of->no_newest =
			!found || !slice_equal(query_get_text(query, IS_DIGEST),
					  of->what->digest);
		return;
	case QUESTION_TURN:
		of->is_served = found;
		return;
	case QUESTION_IDS:
	case QUESTION_KINDS:
		return;
	}
}

/* Each row is an id that is there. */
static int expect_hear_ids(
	struct expect_question *question, struct error *error)
{
	struct expectation *of = question->of;
	const struct message_id *id;
	int found;

	if (question->ids.failed)
		return error_out_of_memory(error);
	for (size_t i = 0; i < of->what->message_count; i++)
		of->no_id[i] = of->plain;
	while ((found = query_step(&question->query, error)) > 0) {
		id = message_ids_find(
			&of->ids, query_get_text(&question->query, IS_ID));
		if (id)
			of->no_id[id->index] = false;
	}
	return found;
}

static int expect_hear_one(struct expect_questions *questions,
	struct expect_question *question, struct error *error)
{
	int found;

	if (question->kind == QUESTION_IDS)
		return expect_hear_ids(question, error);
	found = query_step(&question->query, error);
	if (found >= 0)
		expect_note(questions, question, found > 0);
	return found;
}

static int expect_hear(struct expect_questions *questions, struct error *error)
{
	int result = store_expect_sessions_hear(&questions->sessions, error) ||
				     store_expect_lists_hear(
					     &questions->sessions, error)
			     ? -1
			     : 0;

	for (size_t i = 0; i < questions->count; i++) {
		struct expect_question *question = &questions->all[i];

		if (result == 0 &&
			expect_hear_one(questions, question, error) < 0)
			result = -1;
		query_end(&question->query);
		text_clear(&question->ids);
	}
	return result;
}

bool store_is_shared(const struct store *store)
{
	return store->ops->shared;
}

/* --- the memory of it --------------------------------------------------- */

void store_expect_end(struct store *store)
{
	struct store_expectations *expectations = store->expectations;

	store->expectations = NULL;
	if (!expectations)
		return;
	store_expect_lists_end(expectations);
	for (size_t i = 0; i < expectations->count; i++) {
		free(expectations->all[i].no_id);
		message_ids_clear(&expectations->all[i].ids);
		text_clear(&expectations->all[i].texts);
	}
	free(expectations->all);
	free(expectations->counts);
	free(expectations);
}

static int expect_add(struct store_expectations *expectations,
	const struct store_expected *what)
{
	struct expectation *of = &expectations->all[expectations->count++];

	of->what = what;
	of->key = store_session_key(what->ref);
	of->no_id = calloc(what->message_count + 1, sizeof(*of->no_id));
	return !of->no_id || message_ids_sort(&of->ids, what->messages,
				     what->message_count)
		       ? -1
		       : 0;
}

static int expect_begin(struct store *store,
	const struct store_expected *expected, size_t count)
{
	struct store_expectations *expectations =
		calloc(1, sizeof(*expectations));

	store->expectations = expectations;
	if (!expectations)
		return -1;
	expectations->all = calloc(count, sizeof(*expectations->all));
	expectations->counts = calloc(count, sizeof(*expectations->counts));
	if (!expectations->all || !expectations->counts)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (expect_add(expectations, &expected[i]))
			return -1;
	return 0;
}

/* The sessions first: what is found of one may be locked. */
static int expect_ask(struct expect_questions *questions, struct error *error)
{
	struct store_expectations *expectations =
		questions->store->expectations;

	if (store_expect_sessions_ask(&questions->sessions, error))
		return -1;
	store_expect_lists_ask(&questions->sessions);
	for (size_t i = 0; i < expectations->count; i++)
		expect_ask_all(questions, &expectations->all[i]);
	return 0;
}

int store_expect(struct store *store, const struct store_expected *expected,
	size_t count, int64_t now, struct error *error)
{
	struct expect_questions questions = { .store = store,
		.sessions = { .store = store, .now = now } };
	int result;

	if (!store->ops->shared || count == 0)
		return 0;
	if (store->mode == STORE_READ && count == 1)
		store_expect_newest(store, &expected[0]);
	if (store->mode == STORE_READ && (count == 1 || !store->ops->lists))
		return 0;
	store_expect_end(store);
	if (expect_begin(store, expected, count))
		return error_out_of_memory(error);
	questions.all = calloc(count * QUESTION_KINDS, sizeof(*questions.all));
	if (!questions.all)
		return error_out_of_memory(error);
	result = store_expect_owners(store, expected, count, error) ||
				 expect_ask(&questions, error)
			 ? -1
			 : expect_hear(&questions, error);
	store_expect_sessions_end(&questions.sessions);
	free(questions.all);
	return result;
}
