/* SPDX-License-Identifier: MIT */
/* test_erased.c - the journal of erasures, and erasures done again. */
#include "core/store/erased.h"
#include "core/store/restore.h"
#include "tests/contract/opened_store.h"

static struct session said(const char *name)
{
	say(store, name, "\"Hi!\"");
	return find(store, name);
}

static void erase(const char *name)
{
	struct session session;

	ok(store_begin(store, &error));
	session = make(store, name);
	ok(store_session_erase(store, &session, 3000, &error));
	ok(store_commit(store, &error));
}

static void erases_again(int64_t sessions)
{
	int64_t count;

	ok(store_erase_again(store, 4000, &count, &error));
	ck_assert_int_eq(count, sessions);
}

/* As it would be in another file, of before. */
static void comes_back(const char *name, const struct session *as)
{
	const struct session_profile profile = {
		.memory = SLICE("{}"),
		.metadata = SLICE("{}"),
		.retain_retired = -1,
	};
	struct session session;

	ok(store_begin(store, &error));
	ok(store_session_restore(store,
		(struct session_ref){ SLICE(""), slice_of(name) },
		&(struct session_image){ as, &profile }, &session, &error));
	ok(store_commit(store, &error));
}

static void runs(const char *sql)
{
	store_close(store);
	ck_assert_int_eq(engine->run(directory, sql), 0);
	store = open_store(STORE_WRITE);
}

START_TEST(each_erasure_is_an_entry)
{
	said("alice");
	said("bob");
	has_rows("erased", 0);
	erase("alice");
	has_rows("erased", 1);
	said("alice");
	erase("alice");
	has_rows("erased", 2);
	maintain(store, 5000, 100);
	has_rows("erased", 2);
}
END_TEST

START_TEST(an_erasure_that_is_undone_is_no_entry)
{
	struct session session = said("alice");

	ok(store_begin(store, &error));
	ok(store_session_erase(store, &session, 3000, &error));
	store_rollback(store);
	has_rows("erased", 0);
}
END_TEST

START_TEST(sessions_that_go_with_their_owner_are_entries)
{
	const struct session_profile profile = { .owner = SLICE("ann"),
		.memory = SLICE("{}"),
		.metadata = SLICE("{}"),
		.retain_retired = -1 };
	struct owner_erasure erased;
	struct session session;

	said("alice");
	ok(store_begin(store, &error));
	session = make(store, "bob");
	ok(store_session_configure(store, &session, &profile, 2000, &error));
	ok(store_commit(store, &error));
	ok(store_begin(store, &error));
	ok(store_owner_erase(store,
		(struct owner_ref){ SLICE(""), SLICE("ann") }, 3000, &erased,
		&error));
	ok(store_commit(store, &error));
	maintain(store, 5000, 100);
	has_rows("erased", 1);
}
END_TEST

START_TEST(what_expires_is_no_entry)
{
	const struct session_profile profile = { .ttl_seconds = 1,
		.memory = SLICE("{}"),
		.metadata = SLICE("{}"),
		.retain_retired = -1 };
	struct session session;

	ok(store_begin(store, &error));
	session = make(store, "alice");
	ok(store_session_configure(store, &session, &profile, 2000, &error));
	ok(store_commit(store, &error));
	maintain(store, 9000, 100);
	has_rows("session", 0);
	has_rows("erased", 0);
}
END_TEST

/* The row is taken away, as if it were in a backup of before. */
START_TEST(what_is_due_is_erased_again)
{
	said("alice");
	said("bob");
	said("carol");
	runs("CREATE TABLE kept AS SELECT * FROM session");
	erase("alice");
	erase("carol");
	maintain(store, 5000, 100);
	erases_again(0);
	runs("INSERT INTO session SELECT * FROM kept WHERE name <> 'bob';"
	     "DROP TABLE kept; UPDATE erased SET again = 1");
	ck_assert_int_ne(find(store, "alice").id, 0);
	erases_again(2);
	ck_assert_int_eq(find(store, "alice").id, 0);
	ck_assert_int_ne(find(store, "bob").id, 0);
	ck_assert_int_eq(find(store, "carol").id, 0);
	erases_again(0);
}
END_TEST

/* Also one of an export that was made before a restore. */
START_TEST(what_is_imported_again_is_erased_no_more)
{
	const struct session alice = said("alice"), bob = said("bob");

	erase("alice");
	erase("bob");
	comes_back("alice", &alice);
	has_rows("erased", 1);
	runs("INSERT INTO epoch (id, mark) VALUES (1, '0123456789abc')");
	comes_back("bob", &bob);
	ck_assert_str_eq(find(store, "bob").mark, bob.mark);
	has_rows("erased", 0);
}
END_TEST

CONTRACT_UNIT("erased", start, stop, each_erasure_is_an_entry,
	an_erasure_that_is_undone_is_no_entry,
	sessions_that_go_with_their_owner_are_entries, what_expires_is_no_entry,
	what_is_due_is_erased_again, what_is_imported_again_is_erased_no_more)
