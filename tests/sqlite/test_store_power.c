/* SPDX-License-Identifier: MIT */
/*
 * test_store_power.c - the power fails or the process is killed: every
 * acknowledged message is there afterwards, once and in its place.
 *
 * A child writes and tells what was acknowledged through a pipe; when it is
 * dead the parent opens what it left behind.
 */
#include "tests/sqlite/fault_vfs.h"
#include "tests/sqlite/sqlite_unit.h"

#include <limits.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#define NAMES 3
#define INDEXED_ROWS                                                           \
	" (SELECT coalesce(indexed_as, id) AS indexed_as FROM (SELECT id FROM" \
	" message UNION ALL SELECT id FROM retired) LEFT JOIN moved_message"   \
	" USING (id))"

static const char *const names[NAMES] = { "alice", "bob", "carol" };
static struct store_options options = { .url = path, .search = true };

/* The last seq of each session that was acknowledged, and its clears. */
struct ledger {
	int64_t last[NAMES];
	int64_t version[NAMES];
};

static void start(void)
{
	scratch_file();
	fault_install();
}

/* The body says where it belongs. */
static void body_of(char body[40], int who, int64_t seq)
{
	snprintf(body, 40, "\"%s %ld\"", names[who], (long)seq);
}

/* A member: some messages to one session, or it is cleared. */
static void write_member(
	struct store *store, struct ledger *ledger, const char *padding)
{
	int who = (int)(random() % NAMES);
	struct session session;
	struct text body = { 0 };
	int64_t deleted;

	session = make(store, names[who]);
	if (random() % 20 == 0)
		ok(store_history_clear(store, &session, 9, &deleted, &error));
	for (long n = random() % 4; n >= 0; n--) {
		struct message message = text_message("");
		char where[40];

		message.form = MESSAGE_TEXT;
		body_of(where, who, session.last_seq + 1);
		body.length = 0;
		text_string(&body, where);
		text_append(&body, padding, (size_t)random() % 6000);
		message.body = text_view(&body);
		ok(store_message_append(store, &session, &message, 9, &error));
	}
	text_clear(&body);
	ledger->last[who] = session.last_seq;
	ledger->version[who] = session_version(&session);
}

/* Some messages get into the index, and some rows next to each other. */
static void maintain_once(struct store *store)
{
	int64_t due_at;

	ok(store_begin(store, &error));
	ok(store_maintenance_step(store, 9, 1 + random() % 100, &error));
	ok(store_commit(store, &error));
	ok(store_begin(store, &error));
	ok(store_pack(store, 86400000, 1 + random() % 500, &due_at, &error));
	ok(store_commit(store, &error));
}

/* Never returns; a test that forgets to kill it must not fill the disk. */
static void write_until_killed(struct store *store, int pipe_end)
{
	static char padding[6000];
	struct ledger ledger = { 0 };

	memset(padding, ' ', sizeof(padding));
	for (int batch = 0; batch < 5000; batch++) {
		ok(store_begin(store, &error));
		for (long n = random() % 5; n >= 0; n--) {
			ok(store_enter(store, &error));
			write_member(store, &ledger, padding);
			ok(store_leave(store, true, &error));
		}
		ok(store_commit(store, &error));
		if (write(pipe_end, &ledger, sizeof(ledger)) < 0)
			_exit(1);
		if (random() % 4 == 0)
			maintain_once(store);
		if (random() % 10 == 0)
			checkpoint(store,
				(enum sqlite_checkpoint)(random() % 3), &error);
	}
	_exit(2);
}

/* What the child tells of so many commits, or until it is dead. */
static void read_commits(struct ledger *ledger, int pipe_end, long most)
{
	struct ledger next;

	while (most-- > 0 &&
		read(pipe_end, &next, sizeof(next)) == sizeof(next))
		for (int i = 0; i < NAMES; i++)
			if (next.last[i]) {
				ledger->last[i] = next.last[i];
				ledger->version[i] = next.version[i];
			}
}

struct reading {
	int who;
	int64_t seq;
};

static int check_row(void *context, const struct message_row *row)
{
	struct reading *reading = context;
	char body[40];

	ck_assert_int_eq(row->seq, ++reading->seq);
	body_of(body, reading->who, row->seq);
	ck_assert_uint_ge(row->message.body.length, strlen(body));
	ck_assert_mem_eq(row->message.body.data, body, strlen(body));
	return 0;
}

/* All of a session's messages, dense, and none that was not written. */
static void check_session(
	struct store *store, const struct ledger *ledger, int who, int round)
{
	struct message_query query = { .limit = INT64_MAX };
	struct session session = find(store, names[who]);
	struct reading reading = { who, session.removed };

	ck_assert_msg(session.last_seq >= ledger->last[who] &&
			      session_version(&session) >= ledger->version[who],
		"round %d: %s has %ld of %ld", round, names[who],
		(long)session.last_seq, (long)ledger->last[who]);
	if (session.id == 0)
		return;
	ok(store_message_list(store, &session, &query,
		(struct message_visitor){ check_row, &reading }, &error));
	ck_assert_int_eq(reading.seq, session.last_seq);
}

/* The index is whole, and gets to have every message once. */
static void check_index(struct store *store)
{
	maintain(store, 9, 1000);
	gives("SELECT count(*) FROM " INDEXED " WHERE id NOT IN" INDEXED_ROWS,
		"0");
	gives("SELECT count(*) FROM " INDEXED_ROWS " WHERE indexed_as NOT IN"
	      " " INDEXED,
		"0");
}

static void integrity(void)
{
	sqlite3 *db;
	sqlite3_stmt *statement;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(
		sqlite3_exec(db,
			"INSERT INTO words (words) VALUES ('integrity-check')",
			NULL, NULL, NULL),
		SQLITE_OK);
	sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &statement, NULL);
	ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
	ck_assert_str_eq((const char *)sqlite3_column_text(statement, 0), "ok");
	sqlite3_finalize(statement);
	sqlite3_close(db);
}

static void check_all(const struct ledger *ledger, int round)
{
	struct store *store;

	ok(store_open(&store, &options, STORE_WRITE, &error));
	for (int i = 0; i < NAMES; i++)
		check_session(store, ledger, i, round);
	check_index(store);
	store_close(store);
	integrity();
}

/* Starts the child; *out is the end of the pipe to read its ledger from. */
static pid_t start_writer(int *out, int seed, long cut)
{
	int ends[2];
	pid_t child;

	ck_assert_int_eq(pipe(ends), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		struct store *store;

		srandom((unsigned)seed);
		if (cut)
			disk_follow(cut);
		ok(store_open(&store, &options, STORE_WRITE, &error));
		write_until_killed(store, ends[1]);
	}
	close(ends[1]);
	*out = ends[0];
	return child;
}

static int rounds(int few, int many)
{
	return getenv("CHATMEM_TEST_LONG") ? many : few;
}

/* Every fifth time on a new file: the making of it is cut as well. */
START_TEST(a_power_cut_loses_nothing_acknowledged)
{
	long written = 0;

	for (int round = 0; round < rounds(60, 600); round++) {
		struct ledger ledger = { 0 };
		char log[160];
		int status, end;
		pid_t child;

		srandom((unsigned)round);
		child = start_writer(&end, round, 1 + random() % 400);
		read_commits(&ledger, end, LONG_MAX);
		close(end);
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		ck_assert_int_eq(status, 0);
		snprintf(log, sizeof(log), "%s-shm", path);
		unlink(log);
		check_all(&ledger, round);
		for (int i = 0; i < NAMES; i++)
			written += ledger.last[i];
		if (round % 5 == 4) {
			scratch_end();
			scratch_file();
		}
	}
	ck_assert_int_gt(written, 1000);
}
END_TEST

START_TEST(a_killed_process_loses_nothing_acknowledged)
{
	long written = 0;

	for (int round = 0; round < rounds(20, 250); round++) {
		const struct timespec more = { 0, random() % 5000000 };
		struct ledger ledger = { 0 };
		int status, end;
		pid_t child = start_writer(&end, round, 0);

		read_commits(&ledger, end, 1 + random() % 60);
		nanosleep(&more, NULL); /* within a commit */
		ck_assert_int_eq(kill(child, SIGKILL), 0);
		read_commits(&ledger, end, LONG_MAX);
		close(end);
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		ck_assert(WIFSIGNALED(status));
		check_all(&ledger, round);
		for (int i = 0; i < NAMES; i++)
			written += ledger.last[i];
		if (round % 20 == 19) {
			scratch_end();
			scratch_file();
		}
	}
	ck_assert_int_gt(written, 100);
}
END_TEST

STORE_UNIT("store_power", start, scratch_end,
	a_power_cut_loses_nothing_acknowledged,
	a_killed_process_loses_nothing_acknowledged)
