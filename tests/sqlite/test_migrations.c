/* SPDX-License-Identifier: MIT */
/*
 * test_migrations.c - a file of each older version, as that version would have
 * written it, is opened and says, and does, what a new one would.
 */
#include "core/store/change_feed.h"
#include "core/store/idempotency.h"
#include "core/store/sqlite/migrations.h"
#include "tests/contract/store_unit.h"

/* By the tables of version 1: an edited message, a cleared list, a fork. */
static const char filled[] =
	"INSERT INTO session (id, tenant, name, mark, history, last_seq, edits,"
	" removed, inherited, purged, created_at, touched_at, memory, metadata)"
	" VALUES (1, '', 'a', 'aaaaaaaaaaaaa', 2, 3, 2, 1, 0, 0, 1000, 1000,"
	" '{}', '{\"m\":1}'), (2, '', 'b', 'bbbbbbbbbbbbb', 3, 3, 2, 1, 3, 5,"
	" 1000, 1000, '{}', '{}');"
	"INSERT INTO history (id, session, from_version, until_version,"
	" ended_at, base, base_upto, base_version, mark) VALUES"
	" (1, 1, 0, 2, 1000, NULL, NULL, NULL, 'aaaaaaaaaaaaa'),"
	" (2, 1, 2, NULL, NULL, NULL, NULL, NULL, 'aaaaaaaaaaaaa'),"
	" (3, 2, 5, NULL, NULL, 2, 3, 5, 'bbbbbbbbbbbbb');"
	"INSERT INTO message (id, history, seq, born, form, type, created_at,"
	" updated_at, client_id, body) VALUES"
	" (1, 1, 1, 1, 1, 1, 1000, NULL, NULL, '\"gone\"'),"
	" (3, 2, 3, 4, 1, 1, 1000, NULL, 'mine', '\"two\"'),"
	" (4, 2, 2, 5, 1, 1, 1000, 1000, NULL, '\"one!\"'),"
	" (5, 3, 4, 6, 1, 1, 1000, NULL, NULL, '\"own\"');"
	"INSERT INTO retired (id, history, seq, born, retired, retired_at,"
	" form, type, created_at, body) VALUES"
	" (2, 2, 2, 3, 5, 1000, 1, 1, 1000, '\"one\"');";

/* Since version 3. */
static const char kept[] =
	"INSERT INTO reply (tenant, session, key, digest, kept_at, status,"
	" etag, location, body) VALUES"
	" ('', 1, CAST('k' AS BLOB), zeroblob(32), 1000, 200, '', '', 'yes'),"
	" ('', 2, NULL, zeroblob(32), 1000, 200, '', '', 'no');";

/* Since version 9. */
static const char counted[] =
	"INSERT INTO reply_count (tenant, count) VALUES ('', 1)";

static void make_file(int version)
{
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	for (int i = 0; i < version; i++)
		ck_assert_int_eq(
			sqlite3_exec(db, migrations[i], NULL, NULL, NULL),
			SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, filled, NULL, NULL, NULL), SQLITE_OK);
	if (version >= 3)
		ck_assert_int_eq(
			sqlite3_exec(db, kept, NULL, NULL, NULL), SQLITE_OK);
	if (version >= 9)
		ck_assert_int_eq(
			sqlite3_exec(db, counted, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static int write_change(void *context, const struct store_change *change)
{
	text_format(context, "%d%c ", (int)change->version,
		change->row ? '+' : '-');
	return 0;
}

static int write_kept(void *context, const struct kept_reply *reply)
{
	text_slice(context, reply->body);
	return 0;
}

static void says_what_it_had(struct store *store, int version)
{
	struct session a = find(store, "a"), b = find(store, "b"), then = a;
	struct text out = { 0 };

	has_bodies(store, &a, "2:\"one!\" 3:\"two\" ");
	has_bodies(store, &b, "2:\"one!\" 3:\"two\" 4:\"own\" ");
	ok(store_session_at(store, &then, 4, &error));
	has_bodies(store, &then, "2:\"one\" 3:\"two\" ");
	then = a;
	ok(store_session_at(store, &then, 1, &error));
	has_bodies(store, &then, "1:\"gone\" ");
	ok(store_change_list(store, &a, 0, write_change, &out, &error));
	is(text_view(&out), "1+ 2- 3+ 4+ 5+ ");
	out.length = 0;
	ok(store_reply_find(store, SLICE(""), SLICE("k"), 0, 1000, write_kept,
		&out, &error));
	is(text_view(&out), version < 3 ? "" : "yes");
	text_clear(&out);
}

/* It writes what is new since then, too. */
static void does_what_is_new(struct store *store)
{
	struct session a = find(store, "a"), b = find(store, "b"), c;
	int64_t removed;

	append(store, &a, "\"more\"");
	whole(store_session_fork(
		store, &b, SLICE(""), SLICE("c"), 4, 2000, &c, &error));
	whole(store_message_remove(store, &b, 1, 3, 2000, &removed, &error));
	has_bodies(store, &a, "2:\"one!\" 3:\"two\" 4:\"more\" ");
	has_bodies(store, &b, "4:\"own\" ");
	has_bodies(store, &c, "2:\"one!\" 3:\"two\" 4:\"own\" ");
	ok(store_session_erase(store, &a, 2000, &error));
	ok(store_session_erase(store, &b, 2000, &error));
	ok(store_commit(store, &error));
	do_chores(store, 2000 + 2592000000, 100);
	gives("SELECT group_concat(body, ' ') FROM"
	      " (SELECT body FROM message ORDER BY seq)",
		"\"one!\" \"two\" \"own\"");
	gives("SELECT coalesce(sum(count), 0) FROM reply_count", "0");
	ok(store_begin(store, &error));
	c = find(store, "c");
	has_bodies(store, &c, "2:\"one!\" 3:\"two\" 4:\"own\" ");
	store_rollback(store);
}

START_TEST(a_file_of_each_version_is_opened_as_a_new_one)
{
	for (int version = 1; migrations[version - 1]; version++) {
		struct store *store;

		scratch();
		make_file(version);
		store = open_steps(1);
		ok(store_begin(store, &error));
		says_what_it_had(store, version);
		does_what_is_new(store);
		store_close(store);
		scratch_end();
	}
}
END_TEST

UNIT("migrations", a_file_of_each_version_is_opened_as_a_new_one)
