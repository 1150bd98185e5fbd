/* SPDX-License-Identifier: MIT */
/*
 * store_unit.h - what the tests of the store share: a directory of their own,
 * and one-line ways to write and read.
 */
#ifndef TESTS_CONTRACT_STORE_UNIT_H
#define TESTS_CONTRACT_STORE_UNIT_H

#include "core/store/store.h"
#include "tests/unit/unit.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where a test's files are; made by scratch(), one for each test. */
static char directory[100];
static char path[120];

static inline const char *scratch(void)
{
	const char *parent = getenv("TMPDIR");

	snprintf(directory, sizeof(directory), "%.80s/chatmem-XXXXXX",
		parent ? parent : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/test.db", directory);
	return path;
}

/* Removes what a store leaves in the directory, and the directory. */
static inline void scratch_end(void)
{
	static const char *const suffixes[] = { "", "-wal", "-shm", "-journal",
		".lock", "-ballast", ".durable", "-wal.durable" };
	char name[160];

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
		unlink(name);
	}
	ck_assert_int_eq(rmdir(directory), 0);
}

static inline struct store *open_store(enum store_mode mode)
{
	struct store_options options = { .path = path };
	struct store *store;

	ok(store_open(&store, &options, mode, &error));
	return store;
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
	struct store_options options = { .path = path, .step_rows = rows };
	struct store *store;

	ok(store_open(&store, &options, STORE_WRITE, &error));
	return store;
}

static inline struct session find(struct store *store, const char *name)
{
	struct session session;

	ok(store_session_find(
		store, SLICE(""), slice_of(name), 2000, &session, &error));
	return session;
}

/* Finds or makes it, within a batch. */
static inline struct session make(struct store *store, const char *name)
{
	struct session session = find(store, name);

	if (session.id == 0)
		ok(store_session_create(store, SLICE(""), slice_of(name), 1000,
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
static inline void do_chores(struct store *store, int64_t now, int64_t rows)
{
	int steps = 0;

	do {
		ok(store_begin(store, &error));
		ok(store_chore_step(store, now, rows, &error));
		ok(store_commit(store, &error));
		ck_assert_int_lt(++steps, 100000);
	} while (store_chore_due(store) <= now);
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

	ok(store_message_list(
		store, session, &query, write_body, &out, &error));
	is(text_view(&out), expected);
	text_clear(&out);
}

/* The first value that SQL gives to another program. */
static inline void gives(const char *sql, const char *expected)
{
	sqlite3 *db;
	sqlite3_stmt *statement;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(
		sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
	ck_assert_str_eq(
		(const char *)sqlite3_column_text(statement, 0), expected);
	sqlite3_finalize(statement);
	sqlite3_close(db);
}

/* Bytes of the file of this suffix, -1 when there is none. */
static inline off_t size_of(const char *suffix)
{
	char name[160];
	struct stat there;

	snprintf(name, sizeof(name), "%s%s", path, suffix);
	return stat(name, &there) ? -1 : there.st_size;
}

/* UNIT() with a fixture around each test. */
#define STORE_UNIT(name, start, stop, ...)                            \
	int main(void)                                                \
	{                                                             \
		const TTest *const tests[] = { __VA_ARGS__ };         \
		return store_unit_run((name), (start), (stop), tests, \
			sizeof(tests) / sizeof(*tests));              \
	}

static inline int store_unit_run(const char *name, void (*start)(void),
	void (*stop)(void), const TTest *const *tests, size_t count)
{
	TCase *all = tcase_create(name);
	Suite *suite = suite_create(name);
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(all, start, stop);
	tcase_set_timeout(all, 0); /* ctest's and tests/run's count */
	for (size_t i = 0; i < count; i++)
		tcase_add_test(all, tests[i]);
	suite_add_tcase(suite, all);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
