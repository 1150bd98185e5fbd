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
#include "core/store/sql/expectations.h"

#include <stdlib.h>

/* The parameters of the statements. */
enum { ASK_TENANT = 1, ASK_NAME, ASK_ID };

const char *const expect_sql[SQL_COUNT] = {
	[SQL_EXPECT_RECORD] = "SELECT 1 FROM idempotency_record"
			      " WHERE tenant = ?1 AND key = ?2",
	[SQL_EXPECT_COUNT] = "SELECT count FROM idempotency_count"
			     " WHERE tenant = ?1",
	[SQL_EXPECT_NEWEST] =
		"SELECT 1 FROM session JOIN idempotency_record AS record"
		" ON record.session = session.id AND record.key IS NULL"
		" WHERE session.tenant = ?1 AND session.name = ?2",
	[SQL_EXPECT_ID] =
		"SELECT 1 FROM session JOIN message"
		" ON message.history = session.history AND client_id = ?3"
		" WHERE session.tenant = ?1 AND session.name = ?2",
};

/* --- asked and answered ------------------------------------------------ */

enum expect_kind {
	QUESTION_SESSION, /* the first of a member */
	QUESTION_RECORD,
	QUESTION_COUNT,
	QUESTION_NEWEST,
	QUESTION_ID,
};

struct expect_question {
	enum expect_kind kind;
	struct expectation *of;
	size_t id; /* which of the ids */
	struct query query;
};

struct expect_questions {
	struct store *store;
	struct expect_question *all;
	size_t count;
	int64_t now;
};

static void expect_ask(struct expect_questions *questions,
	struct expectation *of, enum expect_kind kind, size_t id)
{
	static const enum sql statements[] = {
		[QUESTION_SESSION] = SQL_SESSION_FIND,
		[QUESTION_RECORD] = SQL_EXPECT_RECORD,
		[QUESTION_COUNT] = SQL_EXPECT_COUNT,
		[QUESTION_NEWEST] = SQL_EXPECT_NEWEST,
		[QUESTION_ID] = SQL_EXPECT_ID,
	};
	struct expect_question *question = &questions->all[questions->count++];

	*question =
		(struct expect_question){ .kind = kind, .of = of, .id = id };
	question->query = query_start(questions->store, statements[kind]);
	query_text(&question->query, ASK_TENANT, of->what->ref.tenant);
	if (kind == QUESTION_RECORD)
		query_blob(&question->query, ASK_NAME, of->what->key);
	else if (kind != QUESTION_COUNT)
		query_text(&question->query, ASK_NAME, of->what->ref.name);
	if (kind == QUESTION_ID)
		query_text(&question->query, ASK_ID, of->what->ids[id]);
	query_ahead(&question->query);
}

static void expect_ask_all(
	struct expect_questions *questions, struct expectation *of)
{
	const struct store_expected *what = of->what;

	if (what->ref.name.length)
		expect_ask(questions, of, QUESTION_SESSION, 0);
	if (what->key.length) {
		expect_ask(questions, of, QUESTION_RECORD, 0);
		expect_ask(questions, of, QUESTION_COUNT, 0);
	}
	if (what->newest)
		expect_ask(questions, of, QUESTION_NEWEST, 0);
	for (size_t i = 0; i < what->id_count; i++)
		if (what->ids[i].length)
			expect_ask(questions, of, QUESTION_ID, i);
}

/* A session that has ended is for the member to erase. */
static void expect_note_session(struct expect_questions *questions,
	struct expectation *of, const struct query *query)
{
	struct session session;
	struct error damage = { 0 };

	/* A damaged one is for the member to meet. */
	if (store_read_session(query, of->what->ref.name, &session, &damage) ||
		session_is_gone(&session, questions->now))
		return;
	of->session = session.id;
	of->plain = session.inherited == 0;
	store_cache_put(questions->store, of->what->ref, &session);
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

static void expect_note(struct expect_questions *questions,
	struct expect_question *question, bool found)
{
	struct expectation *of = question->of;

	switch (question->kind) {
	case QUESTION_SESSION:
		of->no_session = !found;
		of->plain = !found;
		if (found)
			expect_note_session(questions, of, &question->query);
		return;
	case QUESTION_RECORD:
		of->no_record = !found;
		return;
	case QUESTION_COUNT:
		expect_note_count(questions->store->expectations,
			of->what->ref.tenant,
			found ? query_get_number(&question->query, 0) : 0);
		return;
	case QUESTION_NEWEST:
		of->no_newest = !found;
		return;
	case QUESTION_ID:
		of->no_id[question->id] = !found && of->plain;
		return;
	}
}

static int expect_hear(struct expect_questions *questions, struct error *error)
{
	int result = 0;

	for (size_t i = 0; i < questions->count; i++) {
		struct expect_question *question = &questions->all[i];
		const int found =
			result ? -1 : query_step(&question->query, error);

		if (found < 0)
			result = -1;
		else
			expect_note(questions, question, found > 0);
		query_end(&question->query);
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
	for (size_t i = 0; i < expectations->count; i++)
		free(expectations->all[i].no_id);
	free(expectations->all);
	free(expectations->counts);
	free(expectations);
}

/* Makes room; *questions is how many there will be at most. */
static int expect_begin(struct store *store,
	const struct store_expected *expected, size_t count, size_t *questions)
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
	*questions = 0;
	for (size_t i = 0; i < count; i++) {
		struct expectation *of = &expectations->all[i];
		const size_t ids = expected[i].id_count;

		of->what = &expected[i];
		of->key = store_session_key(expected[i].ref);
		of->no_id = calloc(ids + 1, sizeof(*of->no_id));
		if (!of->no_id)
			return -1;
		expectations->count++;
		*questions += 4 + ids;
	}
	return 0;
}

int store_expect(struct store *store, const struct store_expected *expected,
	size_t count, int64_t now, struct error *error)
{
	struct expect_questions questions = { .store = store, .now = now };
	size_t most;
	int result;

	if (!store->ops->shared || count == 0)
		return 0;
	store_expect_end(store);
	if (expect_begin(store, expected, count, &most))
		return error_out_of_memory(error);
	questions.all = calloc(most, sizeof(*questions.all));
	if (!questions.all)
		return error_out_of_memory(error);
	for (size_t i = 0; i < count; i++)
		expect_ask_all(&questions, &store->expectations->all[i]);
	result = expect_hear(&questions, error);
	free(questions.all);
	return result;
}
