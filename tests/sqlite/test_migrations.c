/* SPDX-License-Identifier: MIT */
/*
 * test_migrations.c - a file of each older version, as that version would have
 * written it, is opened and says, and does, what a new one would.
 */
#include "core/store/change_feed.h"
#include "core/store/idempotency.h"
#include "core/store/session_list.h"
#include "core/store/sqlite/migrations.h"
#include "tests/sqlite/sqlite_unit.h"

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
	" (1, 1, 1, 1, 5, 1, 1000, NULL, NULL, '\"gone\"'),"
	" (3, 2, 3, 4, 5, 1, 1000, NULL, 'mine', '\"two\"'),"
	" (4, 2, 2, 5, 5, 1, 1000, 1000, NULL, '\"one!\"'),"
	" (5, 3, 4, 6, 5, 1, 1000, NULL, NULL, '\"own\"');"
	"INSERT INTO retired (id, history, seq, born, retired, retired_at,"
	" form, type, created_at, body) VALUES"
	" (2, 2, 2, 3, 5, 1000, 5, 1, 1000, '\"one\"');";

/* Since version 3. */
static const char kept[] =
	"INSERT INTO reply (tenant, session, key, digest, kept_at, status,"
	" etag, location, body) VALUES"
	" ('', 1, CAST('k' AS BLOB), zeroblob(32), 1000, 200, '', '', 'yes'),"
	" ('', 2, NULL, zeroblob(32), 1000, 200, '', '', 'no');";

/* Since version 9. */
static const char counted[] =
	"INSERT INTO reply_count (tenant, count) VALUES ('', 1)";

/* Since version 10 both have other names. */
static const char recorded[] =
	"INSERT INTO idempotency_record (tenant, session, key, digest, kept_at,"
	" status, etag, location, body) VALUES"
	" ('', 1, CAST('k' AS BLOB), zeroblob(32), 1000, 200, '', '', 'yes'),"
	" ('', 2, NULL, zeroblob(32), 1000, 200, '', '', 'no');"
	"INSERT INTO idempotency_count (tenant, count) VALUES ('', 1)";

static void make_file(int version)
{
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	for (int i = 0; i < version; i++)
		ck_assert_int_eq(
			sqlite3_exec(db, migrations[i], NULL, NULL, NULL),
			SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, filled, NULL, NULL, NULL), SQLITE_OK);
	if (version >= 3 && version < 10)
		ck_assert_int_eq(
			sqlite3_exec(db, kept, NULL, NULL, NULL), SQLITE_OK);
	if (version == 9)
		ck_assert_int_eq(
			sqlite3_exec(db, counted, NULL, NULL, NULL), SQLITE_OK);
	if (version >= 10)
		ck_assert_int_eq(sqlite3_exec(db, recorded, NULL, NULL, NULL),
			SQLITE_OK);
	sqlite3_close(db);
}

static int write_change(void *context, const struct store_change *change)
{
	text_format(context, "%d%c ", (int)change->version,
		change->row ? '+' : '-');
	return 0;
}

static int write_kept(void *context, const struct idempotency_record *reply)
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
	ok(store_session_as_of(store, &then, 4, &error));
	has_bodies(store, &then, "2:\"one\" 3:\"two\" ");
	then = a;
	ok(store_session_as_of(store, &then, 1, &error));
	has_bodies(store, &then, "1:\"gone\" ");
	ok(store_change_feed(store, &a, 0,
		(struct change_visitor){ write_change, &out }, &error));
	is(text_view(&out), "1+ 2- 3+ 4+ 5+ ");
	out.length = 0;
	ok(store_idempotency_find(store,
		&(struct idempotency_query){
			{ SLICE(""), SLICE("k") }, 0, 1000 },
		(struct idempotency_visitor){ write_kept, &out }, &error));
	is(text_view(&out), version < 3 ? "" : "yes");
	text_clear(&out);
}

/* It writes what is new since then, too. */
static void does_what_is_new(struct store *store)
{
	struct session a = find(store, "a"), b = find(store, "b"), c;
	struct message_removal removal = { .seqs = { 1, 3 }, .now = 2000 };

	append(store, &a, "\"more\"");
	whole(store_session_fork(store, &b,
		&(struct session_fork){ { SLICE(""), SLICE("c") }, 4, 2000 },
		&c, &error));
	whole(store_message_remove(store, &b, &removal, &error));
	has_bodies(store, &a, "2:\"one!\" 3:\"two\" 4:\"more\" ");
	has_bodies(store, &b, "4:\"own\" ");
	has_bodies(store, &c, "2:\"one!\" 3:\"two\" 4:\"own\" ");
	ok(store_session_erase(store, &a, 2000, &error));
	ok(store_session_erase(store, &b, 2000, &error));
	ok(store_commit(store, &error));
	maintain(store, 2000 + 2592000000, 100);
	gives("SELECT group_concat(body, ' ') FROM"
	      " (SELECT body FROM message ORDER BY seq)",
		"\"one!\" \"two\" \"own\"");
	gives("SELECT coalesce(sum(count), 0) FROM idempotency_count", "0");
	ok(store_begin(store, &error));
	c = find(store, "c");
	has_bodies(store, &c, "2:\"one!\" 3:\"two\" 4:\"own\" ");
	store_rollback(store);
}

START_TEST(a_file_of_each_version_is_opened_as_a_new_one)
{
	for (int version = 1; migrations[version - 1]; version++) {
		struct store *store;

		scratch_file();
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

/* A file as it was before there were tags, with one session "old". */
static struct store *open_old_file(const char *metadata)
{
	sqlite3_stmt *insert;
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	for (int i = 0; !strstr(migrations[i], "CREATE TABLE tag"); i++)
		ck_assert_int_eq(
			sqlite3_exec(db, migrations[i], NULL, NULL, NULL),
			SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(db,
				 "INSERT INTO session (tenant, name, mark,"
				 " history, last_seq, edits, removed,"
				 " inherited, purged, created_at, touched_at,"
				 " memory, metadata) VALUES ('', 'old',"
				 " '0123456789abc', 1, 0, 1, 0, 0, 0, 7, 7,"
				 " '{}', ?1)",
				 -1, &insert, NULL),
		SQLITE_OK);
	sqlite3_bind_text(insert, 1, metadata, -1, SQLITE_STATIC);
	ck_assert_int_eq(sqlite3_step(insert), SQLITE_DONE);
	sqlite3_finalize(insert);
	sqlite3_close(db);
	return open_store(STORE_WRITE);
}

static int count_old(void *context, const struct session_row *row)
{
	is(row->name, "old");
	++*(int *)context;
	return 0;
}

static void lists_old(struct store *store, const struct session_query *query)
{
	int count = 0;

	ok(store_session_list(store, query,
		(struct session_visitor){ count_old, &count }, &error));
	ck_assert_int_eq(count, 1);
}

START_TEST(an_older_file_gets_its_tags)
{
	static const char metadata[] =
		"{\"s\":\"x\\u00e9\\n\",\"r\":1.10,\"e\":1e400,"
		"\"b\":12345678901234567890,\"t\":true,\"f\":false,"
		"\"n\":null,\"\":0,\"a b.c\":2.50,\"k\\\"\":5,"
		"\"\\u0061\":-0,\"l\":[],\"o\":{}}";
	static const struct {
		const char *key;
		const char *value;
	} rows[] = { { "s", "x\xc3\xa9\n" }, { "r", "1.10" }, { "e", "1e400" },
		{ "b", "12345678901234567890" }, { "t", "true" },
		{ "f", "false" }, { "n", "null" }, { "", "0" },
		{ "a b.c", "2.50" }, { "k\"", "5" }, { "a", "-0" } };
	struct session_tag tag;
	struct session_query query = { .tags = &tag, .tag_count = 1 };

	struct store *store;

	scratch_file();
	store = open_old_file(metadata);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		tag.key = slice_of(rows[i].key);
		tag.value = slice_of(rows[i].value);
		lists_old(store, &query);
	}
	gives("SELECT count(*) FROM tag", "11");
	gives("SELECT DISTINCT session || tenant || born_at FROM tag", "17");
	store_close(store);
	scratch_end();
}
END_TEST

UNIT("migrations", a_file_of_each_version_is_opened_as_a_new_one,
	an_older_file_gets_its_tags)
