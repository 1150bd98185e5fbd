/* SPDX-License-Identifier: MIT */
/*
 * test_store_every_call.c - the disk or the memory fails at each call in
 * turn: what was acknowledged stays, what was refused is not there.
 */
#include "core/store/search_text.h"
#include "tests/sqlite/fault_vfs.h"
#include "tests/sqlite/sqlite_unit.h"
#include "tests/unit/failing.h"

static struct store_options options = { .url = path, .search = true };
static sqlite3_mem_methods memory;

static void *fail_malloc(int size)
{
	return failing_now() ? NULL : memory.xMalloc(size);
}

static void *fail_realloc(void *old, int size)
{
	return failing_now() ? NULL : memory.xRealloc(old, size);
}

/* SQLite's memory fails as well. */
static void install_memory(void)
{
	sqlite3_mem_methods own;

	sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory);
	own = memory;
	own.xMalloc = fail_malloc;
	own.xRealloc = fail_realloc;
	ck_assert_int_eq(sqlite3_config(SQLITE_CONFIG_MALLOC, &own), SQLITE_OK);
}

static void start(void)
{
	scratch_file();
	install_memory();
	fault_install();
}

/* What a life of the store has had acknowledged. */
struct ledger {
	int64_t acknowledged;
	int64_t unknown;
};

/* One message, as a member; -1 ends this life. */
static int live_once(struct store *writer, struct ledger *ledger)
{
	struct message message = text_message("{\"content\":\"x\"}");
	struct session session;
	struct error why = { 0 };
	bool good;

	if (store_begin(writer, &why))
		return -1;
	good = !store_enter(writer, &why) &&
	       !store_session_find(writer,
		       (struct session_ref){ SLICE(""), SLICE("alice") }, 1,
		       &session, &why);
	if (good && session.id == 0)
		good = !store_session_create(writer,
			(struct session_ref){ SLICE(""), SLICE("alice") }, 1,
			&session, &why);
	good = good &&
	       !store_message_append(writer, &session, &message, 1, &why);
	good = !store_leave(writer, good, &why) && good;
	if (!good) {
		store_rollback(writer);
		return -1;
	}
	if (store_commit(writer, &why)) {
		ledger->unknown = why.code == ERROR_UNKNOWN;
		return -1;
	}
	ledger->acknowledged++;
	return 0;
}

/* What is behind with the index, or is not, is nobody's loss. */
static void index_once(struct store *writer)
{
	struct error why = { 0 };
	int64_t due_at;

	if (!store_begin(writer, &why) &&
		(store_maintenance_step(writer, 9000, 9, &why) ||
			store_pack(writer, 86400000, 9, &due_at, &why) ||
			store_commit(writer, &why)))
		store_rollback(writer);
}

static int count_found(void *context, const struct search_row *row)
{
	++*(int64_t *)context;
	ck_assert_uint_eq(row->text.length, 1);
	return 0;
}

static int count_words(struct store *store, int64_t *count, struct error *why)
{
	const struct search_query query = {
		.text = SLICE("x"), .limit = 100, .steps = 10000, .now = 1
	};

	*count = 0;
	return store_search(store, &query,
		(struct search_visitor){ count_found, count }, why);
}

static int count_row(void *context, const struct message_row *row)
{
	ck_assert_int_eq(row->seq, ++*(int64_t *)context);
	return 0;
}

/* Reads on a handle of its own; whatever is read must be right. */
static void read_once(const struct ledger *ledger)
{
	struct message_query query = { .limit = 100 };
	struct store *reader;
	struct session session;
	struct error why = { 0 };
	int64_t count = 0;

	if (store_open(&reader, &options, STORE_READ, &why))
		return;
	if (!store_begin(reader, &why) &&
		!store_session_find(reader,
			(struct session_ref){ SLICE(""), SLICE("alice") }, 1,
			&session, &why) &&
		!store_message_list(reader, &session, &query,
			(struct message_visitor){ count_row, &count }, &why))
		ck_assert_int_eq(count, ledger->acknowledged);
	if (!count_words(reader, &count, &why))
		ck_assert_int_le(count, ledger->acknowledged);
	store_rollback(reader);
	store_close(reader);
}

/* Opens, writes, reads, checkpoints, closes; stops at the first refusal. */
static void live(struct ledger *ledger)
{
	static const enum sqlite_checkpoint hows[] = { CHECKPOINT_PASSIVE,
		CHECKPOINT_PASSIVE, CHECKPOINT_TRUNCATE, CHECKPOINT_RESTART };
	struct error why = { 0 };
	struct store *writer;

	*ledger = (struct ledger){ 0 };
	if (store_open(&writer, &options, STORE_WRITE, &why))
		return;
	for (int i = 0; i < 4; i++) {
		if (live_once(writer, ledger))
			break;
		if (i > 0)
			index_once(writer);
		if (i == 1)
			read_once(ledger);
		checkpoint(writer, hows[i], &why);
	}
	store_close(writer);
}

/* Nothing acknowledged is lost, nothing refused is there. */
static void hold(const struct ledger *ledger, long nth)
{
	struct session session;
	struct store *store;
	int64_t last;

	ok(store_open(&store, &options, STORE_WRITE, &error));
	session = find(store, "alice");
	last = session.last_seq;
	ck_assert_msg(last >= ledger->acknowledged &&
			      last <= ledger->acknowledged + ledger->unknown,
		"call %ld: %ld of %ld", nth, (long)last,
		(long)ledger->acknowledged);
	say(store, "alice", "{\"content\":\"x\"}");
	ck_assert_int_eq(find(store, "alice").last_seq, last + 1);
	maintain(store, 9000, 9);
	ok(count_words(store, &last, &error));
	ck_assert_int_eq(find(store, "alice").last_seq, last);
	store_close(store);
	scratch_end();
	scratch_file();
}

/*
 * How far apart the calls are that fail.  In the plain build each of them does;
 * in the sanitized one, where a round takes ten times as long, every
 * thirteenth, and each in the long run.
 */
static long calls_apart(void)
{
#ifdef __SANITIZE_ADDRESS__
	return getenv("CHATMEM_TEST_LONG") ? 1 : 13;
#else
	return 1;
#endif
}

static void fail_each_call(unsigned kinds, int rc, bool forever)
{
	struct ledger ledger;
	long nth = 0;

	do {
		nth += calls_apart();
		fault_arm(kinds, nth, rc);
		fault.forever = forever;
		fault.torn = forever;
		live(&ledger);
		fault.left = 0;
		hold(&ledger, nth);
	} while (fault.happened);
	ck_assert_int_gt(nth, 20);
	ck_assert_int_eq(ledger.acknowledged, 4);
}

START_TEST(any_call_may_fail_once)
{
	fail_each_call(FAULT_ANY, SQLITE_IOERR, false);
}
END_TEST

START_TEST(any_call_may_fail_and_all_that_follow)
{
	fail_each_call(FAULT_ANY, SQLITE_IOERR, true);
}
END_TEST

/* A sync never says so: what a full disk does to it is an I/O error. */
START_TEST(the_disk_may_be_full_at_any_write)
{
	fail_each_call(FAULT_WRITE, SQLITE_FULL, false);
}
END_TEST

START_TEST(the_disk_may_stay_full_from_any_write_on)
{
	fail_each_call(FAULT_WRITE, SQLITE_FULL, true);
}
END_TEST

START_TEST(any_allocation_may_fail)
{
	size_t stride = getenv("CHATMEM_TEST_LONG") ? 0 : 50;
	struct ledger ledger;
	long nth = 0;

	while (failing_next()) {
		bool failed;

		live(&ledger);
		failed = failing_stop();
		failing.round += stride;
		hold(&ledger, ++nth);
		if (!failed)
			ck_assert_int_eq(ledger.acknowledged, 4);
	}
	ck_assert_int_gt(nth, 50);
}
END_TEST

STORE_UNIT("store_every_call", start, scratch_end, any_call_may_fail_once,
	any_call_may_fail_and_all_that_follow,
	the_disk_may_be_full_at_any_write,
	the_disk_may_stay_full_from_any_write_on, any_allocation_may_fail)
