/* SPDX-License-Identifier: MIT */
/*
 * store_unit.h - what the tests of the store share: a place of their own on
 * the engine under test, and one-line ways to write and read.
 */
#ifndef TESTS_CONTRACT_STORE_UNIT_H
#define TESTS_CONTRACT_STORE_UNIT_H

#include "core/store/pack.h"
#include "core/store/store.h"
#include "tests/contract/tested_engine.h"
#include "tests/unit/unit.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Of the test that runs; the first unless STORE_UNIT() says another. */
static const struct tested_engine *engine;

/* Where a test's store is; made by scratch(), one for each test. */
static char directory[100];

static inline void scratch(void)
{
	const char *parent = getenv("TMPDIR");

	if (!engine)
		engine = tested_engines[0];
	snprintf(directory, sizeof(directory), "%.80s/chatmem-XXXXXX",
		parent ? parent : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(directory));
}

/* Removes what a store leaves there, and the directory. */
static inline void scratch_end(void)
{
	engine->remove(directory);
	ck_assert_int_eq(rmdir(directory), 0);
}

/* Opens the test's store with options that do not say where it is. */
static inline struct store *open_with(
	struct store_options options, enum store_mode mode)
{
	struct store *store;

	engine->locate(&options, directory);
	ok(store_open(&store, &options, mode, &error));
	return store;
}

static inline struct store *open_store(enum store_mode mode)
{
	return open_with((struct store_options){ 0 }, mode);
}

/* So many rows of this table are committed. */
static inline void has_rows(const char *table, int64_t rows)
{
	const int64_t held = engine->rows(directory, table);

	ck_assert_msg(held == rows, "%s holds %lld rows, not %lld", table,
		(long long)held, (long long)rows);
}

/* So many times; a tenth of that where each costs a round trip. */
static inline int times(int many)
{
	return engine->far ? (many + 9) / 10 : many;
}

/* A change that may take several writes, as the write lane makes it. */
#define whole(call)                                                      \
	do {                                                             \
		int left = 1000;                                         \
		while (call)                                             \
			ck_assert_msg(store_unfinished(store) && --left, \
				"%s: %s", #call, error.message);         \
	} while (0)

/* The writer's handle; one write moves so many rows, 0: the usual number. */
static inline struct store *open_steps(int64_t rows)
{
	return open_with(
		(struct store_options){ .step_rows = rows }, STORE_WRITE);
}

static inline struct session find(struct store *store, const char *name)
{
	struct session session;

	ok(store_session_find(store,
		(struct session_ref){ SLICE(""), slice_of(name) }, 2000,
		&session, &error));
	return session;
}

/* Finds or makes it, within a batch. */
static inline struct session make(struct store *store, const char *name)
{
	struct session session;

	ok(store_session_take(store,
		(struct session_ref){ SLICE(""), slice_of(name) }, 2000,
		&session, &error));
	if (session.id == 0)
		ok(store_session_create(store,
			(struct session_ref){ SLICE(""), slice_of(name) }, 1000,
			&session, &error));
	return session;
}

static inline struct message text_message(const char *body)
{
	return (struct message){ .form = MESSAGE_STORED,
		.type = MESSAGE_HUMAN,
		.body = slice_of(body) };
}

/* Sets both JSON objects, within a batch. */
static inline void configure(struct store *store, struct session *session,
	const char *memory, const char *metadata, int64_t now)
{
	const struct session_profile profile = {
		.memory = slice_of(memory),
		.metadata = slice_of(metadata),
		.retain_retired = -1,
	};

	ok(store_session_configure(store, session, &profile, now, &error));
}

/* Appends within a batch. */
static inline void append(
	struct store *store, struct session *session, const char *body)
{
	struct message message = text_message(body);

	ok(store_message_append(store, session, &message, 2000, &error));
}

/* Does all that is due, so many rows a step. */
static inline void maintain(struct store *store, int64_t now, int64_t rows)
{
	int steps = 0;

	do {
		ok(store_begin(store, &error));
		ok(store_maintenance_step(store, now, rows, &error));
		ok(store_commit(store, &error));
		ck_assert_int_lt(++steps, 100000);
	} while (store_maintenance_due(store) <= now);
}

/* Brings rows next to each other, so many a step, as long as there are any. */
static inline void pack(struct store *store, int64_t now, int64_t rows)
{
	int64_t due_at = now;

	for (int steps = 0; due_at <= now; steps++) {
		ok(store_begin(store, &error));
		ok(store_pack(store, now, rows, &due_at, &error));
		ok(store_commit(store, &error));
		ck_assert_int_lt(steps, 100000);
	}
}

/* A batch of its own for one message to one session. */
static inline void say(struct store *store, const char *name, const char *body)
{
	struct session session;

	ok(store_begin(store, &error));
	session = make(store, name);
	append(store, &session, body);
	ok(store_commit(store, &error));
}

/* The bodies of a list, each with its seq before it: "1:Hi 2:Ho ". */
static inline int write_body(void *context, const struct message_row *row)
{
	struct text *out = context;

	text_number(out, row->seq);
	text_append(out, ":", 1);
	text_slice(out, row->message.body);
	text_append(out, " ", 1);
	return 0;
}

static inline void has_bodies(struct store *store,
	const struct session *session, const char *expected)
{
	struct message_query query = { .limit = 100 };
	struct text out = { 0 };

	ok(store_message_list(store, session, &query,
		(struct message_visitor){ write_body, &out }, &error));
	is(text_view(&out), expected);
	text_clear(&out);
}

/* UNIT() with a fixture around each test; either half may be NULL. */
#define STORE_UNIT(name, start, stop, ...) \
	STORE_MAIN(name, start, stop, 1, __VA_ARGS__)

/* The same for each engine; or for the one that CHATMEM_TEST_ENGINE names. */
#define CONTRACT_UNIT(name, start, stop, ...) \
	STORE_MAIN(name, start, stop, INT_MAX, __VA_ARGS__)

#define STORE_MAIN(name, start, stop, most, ...)                               \
	int main(void)                                                         \
	{                                                                      \
		const TTest *const tests[] = { __VA_ARGS__, NULL };            \
		return store_unit_run((name), (start), (stop), tests, (most)); \
	}

static inline int store_unit_one(const char *name, void (*start)(void),
	void (*stop)(void), const TTest *const *tests)
{
	TCase *all = tcase_create(name);
	char title[80];
	Suite *suite;
	SRunner *runner;
	int failed;

	snprintf(title, sizeof(title), "%s on %s", name, engine->name);
	suite = suite_create(title);
	tcase_add_checked_fixture(all, start, stop);
	tcase_set_timeout(all, 0); /* ctest's and tests/run's count */
	for (; *tests; tests++)
		tcase_add_test(all, *tests);
	suite_add_tcase(suite, all);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed;
}

static inline int store_unit_run(const char *name, void (*start)(void),
	void (*stop)(void), const TTest *const *tests, int most)
{
	const char *only = most > 1 ? getenv("CHATMEM_TEST_ENGINE") : NULL;
	int failed = 0, engines = 0;

	for (int i = 0; tested_engines[i] && i < most; i++) {
		engine = tested_engines[i];
		if ((only && strcmp(only, engine->name) != 0) ||
			(engine->is_there && !engine->is_there()))
			continue;
		engines++;
		failed += store_unit_one(name, start, stop, tests);
	}
	return engines && failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
