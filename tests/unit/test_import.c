/* SPDX-License-Identifier: MIT */
/*
 * test_import.c - lines of sessions and messages, read and stored.
 */
#include "core/memory/registry.h"
#include "core/store/restore.h"
#include "core/transfer/export.h"
#include "core/transfer/import.h"
#include "core/transfer/import_line.h"
#include "tests/sqlite/sqlite_unit.h"
#include "tests/unit/import_lines.h"

static void start(void)
{
	scratch_file();
}

/* --- lines ------------------------------------------------------------ */

START_TEST(every_line_is_told_by_a_member)
{
	static const struct {
		const char *line;
		enum line_kind kind;
	} lines[] = {
		{ "{\"session\":\"a\",\"mark\":\"x\"}", LINE_SESSION },
		{ "{\"mark\":\"x\",\"dropped\":true}", LINE_DROPPED },
		{ "{\"message\":\"x\",\"seq\":1}", LINE_MESSAGE },
		{ "{\"session\":\"a\",\"messages\":[]}", LINE_CONVERSATION },
		{ "[]", LINE_CONVERSATION },
	};
	enum line_kind kind;

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		ok(line_kind(slice_of(lines[i].line), &kind, &error));
		ck_assert_int_eq(kind, lines[i].kind);
	}
	fails(line_kind(SLICE("{}"), &kind, &error), ERROR_INVALID);
	fails(line_kind(SLICE("\"mark\""), &kind, &error), ERROR_INVALID);
	fails(line_kind(SLICE("7"), &kind, &error), ERROR_INVALID);
}
END_TEST

static void refuses_session(const char *line, const char *words)
{
	struct session_line read;

	fails(session_line_read(
		      &read, slice_of(line), LINE_SESSION, &classes, &error),
		ERROR_INVALID);
	ck_assert_msg(strstr(error.message, words) != NULL, "%s: %s", line,
		error.message);
	session_line_clear(&read);
}

START_TEST(a_session_s_line_is_refused_by_the_member)
{
#define HEAD(session, mark, version)                                      \
	"{\"session\":" session ",\"mark\":" mark ",\"version\":" version \
	",\"last_seq\":2,\"message_count\":1," TIMES
#define MARK "\"9f3kq0w2m5xvd\""
	refuses_session(HEAD("7", MARK, "2") "}", "session must be a string");
	refuses_session(HEAD("\"\"", MARK, "2") "}", "session must be");
	refuses_session(HEAD("\"..\"", MARK, "2") "}", "session must be");
	refuses_session(HEAD("\"\\u0000\"", MARK, "2") "}", "session must");
	refuses_session(HEAD("\"\\ud83d\"", MARK, "2") "}", "session must");
	refuses_session(HEAD("\"a\"", "\"9f3kq0w2m5xv\"", "2") "}", "mark");
	refuses_session(HEAD("\"a\"", "\"9f3kq0w2m5xvl\"", "2") "}", "mark");
	refuses_session(HEAD("\"a\"", "7", "2") "}", "mark must be 13");
	refuses_session(HEAD("\"a\"", MARK, "1") "}", "at least last_seq");
	refuses_session(HEAD("\"a\"", MARK, "-1") "}", "version must be a");
	refuses_session(HEAD("\"a\"", MARK, "1e1") "}", "not 1e1");
	refuses_session(HEAD("\"a\"", MARK, "2") ",\"x\":1}", "member \"x\"");
	refuses_session(
		HEAD("\"a\"", MARK, "2") ",\"dropped\":1}", "\"dropped\"");
	refuses_session(HEAD("\"a\"", MARK, "2") ",\"owner\":7}", "owner");
	refuses_session(
		HEAD("\"a\"", MARK, "2") ",\"ttl_seconds\":0}", "ttl_seconds");
	refuses_session(
		HEAD("\"a\"", MARK, "2") ",\"memory\":{\"class\":\"none\"}}",
		"none");
	refuses_session(
		"{\"session\":\"a\",\"mark\":" MARK "}", "version is missing");
	refuses_session(
		"{\"session\":\"a\",\"mark\":" MARK
		",\"version\":2,\"last_seq\":2,\"message_count\":3," TIMES "}",
		"message_count must be at most last_seq");
	refuses_session("{\"session\":\"a\",\"mark\":" MARK
			",\"created_at\":\"2026-01-31T09:30:00Z\"}",
		"created_at must be a time");
}
END_TEST

START_TEST(a_session_s_line_is_read_whole)
{
	struct session_line read;

	ok(session_line_read(&read,
		SLICE("{\"metadata\":{\"n\":1.10},\"owner\":\"\\u00fc\","
		      "\"session\":\"\\u0061/b\",\"mark\":" MARK
		      ",\"retain_retired\":0,\"ttl_seconds\":9,"
		      "\"version\":9,\"last_seq\":6,\"message_count\":4," TIMES
		      "}"),
		LINE_SESSION, &classes, &error));
	is(text_view(&read.name), "a/b");
	ck_assert_str_eq(read.mark, "9f3kq0w2m5xvd");
	ck_assert_int_eq(read.version, 9);
	ck_assert_int_eq(read.last_seq, 6);
	ck_assert_int_eq(read.count, 4);
	ck_assert_int_eq(read.created_at, 1769851800000);
	ck_assert_int_eq(read.updated_at, 1769938200123);
	is(read.draft.profile.owner, "\xc3\xbc");
	is(read.draft.profile.metadata, "{\"n\":1.10}");
	is(read.draft.profile.memory, "{}");
	ck_assert_int_eq(read.draft.profile.ttl_seconds, 9);
	ck_assert_int_eq(read.draft.profile.retain_retired, 0);
	session_line_clear(&read);
}
END_TEST

static void refuses_message(const char *line, const char *words)
{
	const struct slice text = { line, strcspn(line, "\n") };
	struct message_list list = { 0 };
	struct message_line read;

	fails(message_line_read(&read, &list, text, &error), ERROR_INVALID);
	ck_assert_msg(strstr(error.message, words) != NULL, "%s: %s", line,
		error.message);
	message_list_clear(&list);
}

START_TEST(a_message_s_line_is_refused_by_the_member)
{
	refuses_message("{\"seq\":1}", "created_at is missing");
	refuses_message(MESSAGE(1, ""), "message is missing");
	refuses_message(MESSAGE(0, ",\"message\":\"\""), "seq must be from 1");
	refuses_message(MESSAGE(1.5, ",\"message\":\"\""), "seq must be");
	refuses_message(MESSAGE(1, ",\"message\":7"), "message must be");
	refuses_message(MESSAGE(1, ",\"message\":{\"type\":\"human\","
				   "\"data\":{}}"),
		"message.data.content is missing");
	refuses_message(
		MESSAGE(1, ",\"id\":\"12\",\"message\":\"\""), "id must be");
	refuses_message(MESSAGE(1, ",\"id\":7,\"message\":\"\""), "id must be");
	refuses_message(
		MESSAGE(1, ",\"id\":\"\\ud83d\",\"message\":\"\""), "id must");
	refuses_message(MESSAGE(1, ",\"updated_at\":null,\"message\":\"\""),
		"updated_at must be a time");
	refuses_message(MESSAGE(1, ",\"client_created_at\":\"now\","
				   "\"message\":\"\""),
		"client_created_at must be");
	refuses_message(MESSAGE(1, ",\"Id\":\"x\",\"message\":\"\""),
		"unknown member \"Id\"");
}
END_TEST

/* --- the store -------------------------------------------------------- */

static int64_t now = 1800000000000;

/* Imports in a batch of its own; what fails is undone. */
static int take(struct store *writer, const char *lines,
	struct importer *importer, struct error *why)
{
	struct import_input input;
	int result = read_lines(&input, lines, why);

	*importer = (struct importer){ .store = writer, .now = now };
	if (result == 0) {
		ok(store_begin(writer, &error));
		result = import_store(importer, &input, why);
		if (result)
			store_rollback(writer);
		else
			ok(store_commit(writer, &error));
	}
	import_input_clear(&input);
	return result;
}

static const char whole[] = SESSION(9, 6, 2)
	MESSAGE(2, ",\"id\":\"9f3kq0w2m5xvd-2\",\"message\":\"x\"")
		MESSAGE(4, ",\"id\":\"mine\",\"message\":[\"ai\",\"y\"]");

START_TEST(a_session_is_what_it_was)
{
	struct store *writer = open_store(STORE_WRITE);
	struct importer importer;
	struct session session;

	ok(take(writer, whole, &importer, &error));
	ck_assert_int_eq(importer.sessions, 1);
	ck_assert_int_eq(importer.messages, 2);
	ck_assert(!importer.incomplete);
	session = find(writer, "a");
	ck_assert_str_eq(session.mark, "9f3kq0w2m5xvd");
	ck_assert_int_eq(session_version(&session), 9);
	ck_assert_int_eq(session.last_seq, 6);
	ck_assert_int_eq(session_message_count(&session), 2);
	has_bodies(writer, &session, "2:\"x\" 4:\"y\" ");
	fails(store_session_as_of(writer, &session, 8, &error), ERROR_GONE);
	store_close(writer);
}
END_TEST

START_TEST(an_id_of_the_server_s_is_not_stored)
{
	struct store *writer = open_store(STORE_WRITE);
	struct importer importer;

	ok(take(writer, whole, &importer, &error));
	gives("SELECT group_concat(seq || coalesce(client_id, '-')) FROM"
	      " message",
		"2-,4mine");
	gives("SELECT group_concat(born) FROM message", "5,7");
	store_close(writer);
}
END_TEST

START_TEST(what_fails_leaves_nothing)
{
	struct store *writer = open_store(STORE_WRITE);
	struct importer importer;

	fails(take(writer,
		      SESSION(9, 6, 2) MESSAGE(2, ",\"message\":\"x\"") LIST,
		      &importer, &error),
		ERROR_INVALID);
	says("line 3: 1 of the 2 messages of session \"a\" are missing before "
	     "it");
	ck_assert_int_eq(find(writer, "a").id, 0);
	store_close(writer);
}
END_TEST

START_TEST(a_part_has_a_version_of_its_own)
{
	struct store *writer = open_store(STORE_WRITE);
	struct importer importer;
	struct session session;

	ok(take(writer, SESSION(9, 6, 2) MESSAGE(2, ",\"message\":\"x\""),
		&importer, &error));
	ck_assert(importer.incomplete);
	session = find(writer, "a");
	ck_assert_int_eq(session_version(&session), 5);
	ck_assert_int_eq(session_message_count(&session), 1);
	ok(take(writer,
		SESSION(9, 6, 2) MESSAGE(
			4, ",\"id\":\"mine\",\"message\":[\"ai\",\"y\"]"),
		&importer, &error));
	ck_assert(!importer.incomplete);
	ck_assert_int_eq(importer.sessions, 0);
	session = find(writer, "a");
	ck_assert_int_eq(session_version(&session), 9);
	ck_assert_int_eq(session.last_seq, 6);
	fails(store_session_as_of(writer, &session, 5, &error), ERROR_GONE);
	store_close(writer);
}
END_TEST

START_TEST(the_same_again_changes_nothing)
{
	struct store *writer = open_store(STORE_WRITE);
	struct importer importer;
	struct session before, after;

	ok(take(writer, whole, &importer, &error));
	before = find(writer, "a");
	ok(take(writer, whole, &importer, &error));
	after = find(writer, "a");
	ck_assert_int_eq(importer.skipped, 2);
	ck_assert_int_eq(importer.messages, 0);
	ck_assert_int_eq(after.id, before.id);
	ck_assert_int_eq(session_version(&after), 9);
	store_close(writer);
}
END_TEST

START_TEST(an_export_of_an_import_is_the_import)
{
	static const char head[] = "{\"session\":\"a\"";
	struct store *writer = open_store(STORE_WRITE);
	struct exporter exporter;
	struct text first = { 0 }, second = { 0 };
	struct importer importer;

	ok(take(writer, whole, &importer, &error));
	export_all(&exporter, SLICE(""));
	ok(store_begin(writer, &error));
	while (!exporter.ended)
		ok(export_next(&exporter,
			&(struct export_step){ writer, now, 1, &first },
			&error));
	store_rollback(writer);
	export_clear(&exporter);
	ck_assert(first.length > sizeof(head) &&
		  memcmp(first.data, head, sizeof(head) - 1) == 0);
	ok(export_one(&exporter, SLICE(""), SLICE("a"), &error));
	ok(store_begin(writer, &error));
	ok(export_next(&exporter,
		&(struct export_step){ writer, now, SIZE_MAX / 2, &second },
		&error));
	store_rollback(writer);
	ck_assert(exporter.ended);
	ck_assert(slice_equal(text_view(&first), text_view(&second)));
	text_append(&first, "", 1);
	ok(take(writer, first.data, &importer, &error));
	ck_assert_int_eq(importer.skipped, 2);
	export_clear(&exporter);
	text_clear(&first);
	text_clear(&second);
	store_close(writer);
}
END_TEST

STORE_UNIT("import", start, scratch_end, every_line_is_told_by_a_member,
	a_session_s_line_is_refused_by_the_member,
	a_session_s_line_is_read_whole,
	a_message_s_line_is_refused_by_the_member, a_session_is_what_it_was,
	an_id_of_the_server_s_is_not_stored, what_fails_leaves_nothing,
	a_part_has_a_version_of_its_own, the_same_again_changes_nothing,
	an_export_of_an_import_is_the_import)
