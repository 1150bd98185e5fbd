/* SPDX-License-Identifier: MIT */
/*
 * test_damaged_rows.c - a damaged row shows nothing that is not its session's:
 * it is named, and all else is what it was.
 */
#include "core/store/change_feed.h"
#include "core/store/check.h"
#include "tests/contract/damaged.h"

/* --- what is shown ------------------------------------------------------ */

static int write_row(void *context, const struct message_row *row)
{
	struct text *out = context;

	write_body(out, row);
	text_slice(out, row->mark);
	return 0;
}

static int write_change(void *context, const struct store_change *change)
{
	struct text *out = context;

	text_format(out, "%lld ", (long long)change->version);
	if (change->row)
		write_row(out, change->row);
	return 0;
}

static void tell_at(struct text *out, struct session session, int64_t version)
{
	const struct message_query all = { .limit = 100 };

	if (store_session_as_of(store, &session, version, &error) == 0)
		store_message_list(store, &session, &all,
			(struct message_visitor){ write_row, out }, &error);
	if (error.code == ERROR_GONE)
		error = (struct error){ 0 };
}

static void tell_profile(struct text *out, const struct session *session)
{
	struct session_profile profile;
	struct text buf = { 0 };

	if (store_session_profile(store, session, &buf, &profile, &error) ==
		0) {
		text_slice(out, profile.owner);
		text_slice(out, profile.memory);
		text_slice(out, profile.metadata);
		text_format(out, "%lld %lld", (long long)profile.ttl_seconds,
			(long long)profile.retain_retired);
	}
	text_clear(&buf);
}

/* All that the store says of it, up to what is damaged; true: all is well. */
static bool tell(struct text *out, struct session_ref ref)
{
	struct session session;

	out->length = 0;
	if (store_session_find(store, ref, 2000, &session, &error) ||
		session.id == 0)
		return error.code == 0;
	text_format(out, "%s %lld %lld %lld", session.mark,
		(long long)session_version(&session),
		(long long)session_message_count(&session),
		(long long)session.created_at);
	tell_profile(out, &session);
	for (int64_t at = session_version(&session); at >= 0 && !error.code;
		at--)
		tell_at(out, session, at);
	if (!error.code)
		store_change_feed(store, &session, session.purged,
			(struct change_visitor){ write_change, out }, &error);
	return error.code == 0;
}

static int note_row(void *context, const struct session_row *row)
{
	struct text *out = context;

	text_slice(out, row->name);
	text_slice(out, row->owner);
	text_slice(out, row->metadata);
	text_append(out, "\n", 1);
	return 0;
}

static void pass_session(
	void *context, struct slice name, const struct error *why)
{
	(void)context;
	(void)name;
	(void)why;
}

/* A line of the list is one that it had. */
static void lists_only_by(
	struct slice before, struct slice tenant, bool has_prefix)
{
	const struct session_query all = {
		.tenant = tenant,
		.has_prefix = has_prefix,
		.now = 2000,
		.damaged = pass_session,
	};
	struct text out = { 0 };
	char *at;

	ok(store_session_list(store, &all,
		(struct session_visitor){ note_row, &out }, &error));
	text_append(&out, "", 1);
	for (char *line = strtok_r(out.data, "\n", &at); line;
		line = strtok_r(NULL, "\n", &at))
		ck_assert_msg(memmem(before.data, before.length, line,
				      strlen(line)) != NULL,
			"%s", line);
	text_clear(&out);
}

static void lists_only(struct slice before, struct slice tenant)
{
	lists_only_by(before, tenant, true);
	lists_only_by(before, tenant, false);
}

static void list(struct text *out, struct slice tenant)
{
	const struct session_query all = {
		.tenant = tenant, .has_prefix = true, .now = 2000
	};

	ok(store_session_list(store, &all,
		(struct session_visitor){ note_row, out }, &error));
}

/* --- damage ------------------------------------------------------------- */

static void count_finding(
	void *context, struct slice tenant, const char *sentence)
{
	int *count = context;

	(void)tenant;
	(void)sentence;
	++*count;
}

static int findings(void)
{
	int count = 0;
	struct checker checker = { .report = count_finding, .context = &count };

	while (checker.part != CHECK_DONE)
		ok(store_check(store, &checker, 1000, &error));
	return count;
}

#define SHOWN_BY_A " WHERE id = (SELECT history FROM session" OF_A ")"
#define SHOWN_BY_F " WHERE id = (SELECT history FROM session WHERE name = 'f')"

#define SHOWN_BY_F_ONCE \
	" WHERE history = (SELECT history FROM session WHERE name = 'f')"

static const char *const session_damages[] = {
	"history = " OF_B("history"),
	"name = 'c'",
	"tenant = 'third'",
	"mark = " OF_B("mark"),
	"edits = edits + 1",
	"removed = 0",
	"inherited = 1",
	"purged = 1",
	"created_at = created_at + 1",
	"touched_at = touched_at + 1",
	"ttl_seconds = NULL",
	"retain_retired = NULL",
	"owner = 'b'",
	"generation = 1",
	"memory = '{\"k\":2}'",
	"metadata = '{\"of\":\"two\"}'",
	"checksum = checksum + 1",
	"profile_checksum = profile_checksum + 1",
};

static const char *const history_damages[] = {
	"session = " OF_B("id") SHOWN_BY_A,
	"from_version = from_version - 1" SHOWN_BY_A,
	"mark = " OF_B("mark") SHOWN_BY_A,
	"base = " OF_B("history") SHOWN_BY_F,
	"base_upto = 2" SHOWN_BY_F,
	"base_version = base_version - 1" SHOWN_BY_F,
	"base_after = 1" SHOWN_BY_F,
	"until_version = 100" SHOWN_BY_F,
	"from_version = 1, session = " OF_B(
		"id") " WHERE until_version IS NOT NULL AND session = (SELECT id FROM"
		      " session" OF_A ")",
};

static const char *const retired_damages[] = {
	"retired = retired + 1" SHOWN_BY_F_ONCE,
	"retired = retired - 1" SHOWN_BY_F_ONCE,
	"retired_at = retired_at - 1" SHOWN_BY_F_ONCE,
	"archived = 1" SHOWN_BY_F_ONCE,
	"seal = seal + 1" SHOWN_BY_F_ONCE,
};

/* What every session says is what it said, or nothing beyond it. */
static void shows_nothing_else(struct text before[KNOWN], const char *sql)
{
	struct text now = { 0 };
	int damaged = 0;

	for (size_t i = 0; i < KNOWN; i++) {
		if (tell(&now, known[i])) {
			damaged += now.length == 0;
			ck_assert_msg(now.length == 0 ||
					      slice_equal(text_view(&now),
						      text_view(&before[i])),
				"%s: %.*s", sql, (int)now.length, now.data);
			continue;
		}
		ck_assert_int_eq(error.code, ERROR_DAMAGED);
		ck_assert_msg(strstr(error.message, "is damaged"), "%s: %s",
			sql, error.message);
		error = (struct error){ 0 };
		damaged++;
	}
	ck_assert_msg(damaged > 0, "%s is not noticed", sql);
	text_clear(&now);
}

static void try_damages(const char *table, const char *const *damages,
	size_t count, const char *where)
{
	struct text before[KNOWN] = { 0 }, lists[2] = { 0 };
	char sql[400];

	for (size_t i = 0; i < count; i++) {
		fill();
		for (size_t j = 0; j < KNOWN; j++)
			ck_assert(tell(&before[j], known[j]));
		list(&lists[0], SLICE(""));
		list(&lists[1], SLICE("other"));
		snprintf(sql, sizeof(sql), "UPDATE %s SET %s%s", table,
			damages[i], where);
		change(sql);
		shows_nothing_else(before, sql);
		lists_only(text_view(&lists[0]), SLICE(""));
		lists_only(text_view(&lists[1]), SLICE("other"));
		lists_only(SLICE(""), SLICE("third"));
		ck_assert_msg(findings() > 0, "%s", sql);
		stop();
		start();
	}
	for (size_t j = 0; j < KNOWN; j++)
		text_clear(&before[j]);
	text_clear(&lists[0]);
	text_clear(&lists[1]);
}

START_TEST(a_damaged_session_shows_nothing_else)
{
	try_damages("session", session_damages,
		sizeof(session_damages) / sizeof(*session_damages), OF_A);
}
END_TEST

START_TEST(a_damaged_history_shows_nothing_else)
{
	try_damages("history", history_damages,
		sizeof(history_damages) / sizeof(*history_damages), "");
}
END_TEST

START_TEST(a_damaged_retired_row_shows_nothing_else)
{
	try_damages("retired", retired_damages,
		sizeof(retired_damages) / sizeof(*retired_damages), "");
}
END_TEST

/* Nobody knows whether it is to go, nor which version it would hide. */
START_TEST(a_damaged_retired_row_is_not_purged)
{
	const struct session_profile keeps = {
		.memory = SLICE("{}"),
		.metadata = SLICE("{}"),
		.retain_retired = 10,
	};
	struct message_removal removal = { .seqs = { 1, 1 }, .now = 2000 };
	static const char *const damages[] = {
		"UPDATE retired SET retired = retired + 1000",
		"UPDATE retired SET retired_at = retired_at - 1",
		"UPDATE retired SET archived = 0, seal = seal + 1",
	};
	struct session session;

	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		ok(store_begin(store, &error));
		ok(store_session_create(
			store, known[0], 1000, &session, &error));
		ok(store_session_configure(
			store, &session, &keeps, 1000, &error));
		append(store, &session, "\"one\"");
		append(store, &session, "\"two\"");
		ok(store_message_remove(store, &session, &removal, &error));
		ok(store_commit(store, &error));
		change(damages[i]);
		maintain(store, 20000, 100);
		has_rows("retired", 1);
		ck_assert_int_eq(find(store, "a").purged, 0);
		stop();
		start();
	}
}
END_TEST

/* Those of the owner that it names now are not touched. */
START_TEST(a_damaged_erasure_erases_nobody)
{
	const struct owner_ref owner = { SLICE(""), SLICE("a") };
	struct owner_erasure erased;
	int damaged = 0;

	fill();
	ok(store_begin(store, &error));
	ok(store_owner_erase(store, owner, 3000, &erased, &error));
	ok(store_commit(store, &error));
	change("UPDATE owner_erasure SET owner = 'b'");
	for (int i = 0; i < 4; i++) {
		ok(store_begin(store, &error));
		if (store_maintenance_step(store, 3000, 100, &error) == 0) {
			ok(store_commit(store, &error));
			continue;
		}
		ck_assert_int_eq(error.code, ERROR_DAMAGED);
		ck_assert_ptr_nonnull(strstr(error.message, "erase those of"));
		error = (struct error){ 0 };
		store_rollback(store);
		damaged++;
	}
	ck_assert_int_eq(damaged, 1);
	has_rows("session", KNOWN);
	ck_assert_int_ne(find(store, "b").id, 0);
}
END_TEST

/* As rows of before are; what is changed meanwhile gets its sum by that. */
START_TEST(older_rows_get_their_sums)
{
	struct session session;

	fill();
	change("UPDATE session SET checksum = NULL, profile_checksum = NULL");
	change("UPDATE history SET seal = NULL");
	change("UPDATE retired SET seal = NULL");
	change("INSERT INTO seal_fill (id, session, history)"
	       " VALUES (1, 0, 0)");
	has_rows("session WHERE checksum IS NULL", KNOWN);
	say(store, "b", "\"while it goes on\"");
	ok(store_begin(store, &error));
	session = find(store, "b");
	configure(store, &session, "{}", "{\"new\":1}", 3000);
	ok(store_commit(store, &error));
	maintain(store, 2000, 2);
	has_rows("session WHERE checksum IS NULL OR profile_checksum IS NULL",
		0);
	has_rows("history WHERE seal IS NULL", 0);
	has_rows("retired WHERE seal IS NULL", 0);
	has_rows("seal_fill", 0);
	ck_assert_int_eq(findings(), 0);
	change("UPDATE session SET history = " OF_B("history") OF_A);
	fails(store_session_find(store, known[0], 2000, &session, &error),
		ERROR_DAMAGED);
}
END_TEST

CONTRACT_UNIT("damaged_rows", start, stop, a_damaged_session_shows_nothing_else,
	a_damaged_history_shows_nothing_else,
	a_damaged_retired_row_shows_nothing_else,
	a_damaged_retired_row_is_not_purged, a_damaged_erasure_erases_nobody,
	older_rows_get_their_sums)
