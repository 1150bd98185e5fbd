/* SPDX-License-Identifier: MIT */
/* test_history.c - appending with ids, and pages of a history. */
#include "core/history/history.h"
#include "core/history/page.h"

#include "schema/forms/parse.h"
#include "tests/contract/opened_store.h"

/* Appends what a request body holds to session "s". */
static int append_body(const char *body, struct session *session,
	struct history_appended *appended, struct error *why)
{
	struct history_edit edit = {
		.ref.name = SLICE("s"), .now = 1000, .appended = appended
	};
	struct message_list list = { 0 };
	int result = message_list_parse(&list, slice_of(body), why);

	if (result == 0)
		result = history_append(store, &edit, &list, why);
	*session = edit.session;
	message_list_clear(&list);
	return result;
}

static void write_plain(struct text *out, const struct session *session,
	const struct message_row *row, const void *context)
{
	(void)session;
	(void)context;
	text_slice(out, row->message.body);
}

static struct text page_of(
	const struct session *session, struct history_page *page)
{
	struct text out = { 0 };

	page->separator = SLICE(" ");
	page->write = write_plain;
	ok(history_write(store, session, page, &out, &error));
	return out;
}

#define WITH_ID(content, id)                                          \
	"{\"type\":\"human\",\"data\":{\"content\":\"" content "\"}," \
	"\"id\":\"" id "\"}"

START_TEST(messages_are_numbered_from_one)
{
	struct session session;
	struct history_appended appended[3];

	begin();
	ok(append_body("[\"a\",\"b\",\"c\"]", &session, appended, &error));
	ck_assert_int_eq(appended[0].seq, 1);
	ck_assert_int_eq(appended[2].seq, 3);
	ck_assert_int_eq(session_version(&session), 3);
	end();
}
END_TEST

START_TEST(nothing_makes_no_session)
{
	struct session session;

	begin();
	ok(append_body("[]", &session, NULL, &error));
	ck_assert_int_eq(session.id, 0);
	end();
}
END_TEST

START_TEST(a_repeated_id_is_not_stored_again)
{
	struct session session;
	struct history_appended appended[2];

	begin();
	ok(append_body(
		"[" WITH_ID("a", "x") ",\"b\"]", &session, appended, &error));
	ok(append_body(
		"[" WITH_ID("a", "x") ",\"c\"]", &session, appended, &error));
	ck_assert(appended[0].repeated);
	ck_assert_int_eq(appended[0].seq, 1);
	ck_assert_int_eq(appended[1].seq, 3);
	ck_assert_int_eq(session.last_seq, 3);
	end();
}
END_TEST

START_TEST(the_same_id_twice_in_one_request_is_a_repeat)
{
	struct session session;
	struct history_appended appended[2];

	begin();
	ok(append_body("[" WITH_ID("a", "x") "," WITH_ID("a", "x") "]",
		&session, appended, &error));
	ck_assert(!appended[0].repeated && appended[1].repeated);
	ck_assert_int_eq(session.last_seq, 1);
	fails(append_body("[" WITH_ID("b", "y") "," WITH_ID("c", "y") "]",
		      &session, appended, &error),
		ERROR_KEY_REUSED);
	end();
}
END_TEST

/* Some are there, some not, some twice. */
START_TEST(the_ids_of_a_request_are_looked_up_together)
{
	static const int64_t seqs[] = { 4, 2, 5, 1, 4, 5 };
	struct history_appended appended[6];
	struct session session;

	begin();
	ok(append_body("[" WITH_ID("1", "x") "," WITH_ID("2", "z") ",\"3\"]",
		&session, appended, &error));
	ok(append_body("[" WITH_ID("0", "w") "," WITH_ID("2", "z") "," WITH_ID(
			       "3", "\\u00e9\\u0001\\\"") "," WITH_ID("1",
			       "x") "," WITH_ID("0", "w") "," WITH_ID("3",
			       "\\u00e9\\u0001\\\"") "]",
		&session, appended, &error));
	ck_assert_int_eq(session.last_seq, 5);
	for (int i = 0; i < 6; i++) {
		ck_assert_int_eq(appended[i].seq, seqs[i]);
		ck_assert_int_eq(appended[i].repeated, i != 0 && i != 2);
	}
	fails(append_body("[" WITH_ID("8", "v") "," WITH_ID("9", "z") "]",
		      &session, appended, &error),
		ERROR_KEY_REUSED);
	says("id \"z\" is already there with another content");
	end();
}
END_TEST

/* As a client posts back what it was given; the third is not there yet. */
START_TEST(ids_that_the_server_made_are_looked_up_together)
{
	struct history_appended appended[5];
	struct session session;
	char body[500];

	begin();
	ok(append_body("[\"a\",\"b\"]", &session, appended, &error));
	snprintf(body, sizeof(body),
		"[" WITH_ID("b", "%s-2") ",\"c\"," WITH_ID("c",
			"%s-3") "," WITH_ID("d", "x") "," WITH_ID("e", "y") "]",
		session.mark, session.mark);
	ok(append_body(body, &session, appended, &error));
	ck_assert(appended[0].repeated && appended[0].seq == 2);
	ck_assert(!appended[1].repeated && appended[1].seq == 3);
	ck_assert(appended[2].repeated && appended[2].seq == 3);
	ck_assert_int_eq(session.last_seq, 5);
	end();
}
END_TEST

START_TEST(an_id_with_another_content_is_refused)
{
	struct session session;
	struct history_appended appended[1];

	begin();
	ok(append_body(WITH_ID("a", "x"), &session, appended, &error));
	fails(append_body(WITH_ID("b", "x"), &session, appended, &error),
		ERROR_KEY_REUSED);
	says("id \"x\" is already there with another content");
	end();
}
END_TEST

START_TEST(the_form_does_not_make_a_repeat_another_message)
{
	struct session session;
	struct history_appended appended[1];
	char body[200];

	begin();
	ok(append_body("[[\"human\",\"a\"]]", &session, appended, &error));
	snprintf(body, sizeof(body),
		"{\"type\":\"human\",\"data\":{\"content\":\"a\"},"
		"\"id\":\"%s-1\"}",
		session.mark);
	ok(append_body(body, &session, appended, &error));
	ck_assert(appended[0].repeated);
	ck_assert_int_eq(appended[0].seq, 1);
	end();
}
END_TEST

START_TEST(an_id_that_the_session_will_give_is_refused)
{
	struct session session;
	struct history_appended appended[1];
	char body[200];

	begin();
	ok(append_body("\"a\"", &session, appended, &error));
	snprintf(body, sizeof(body),
		"{\"type\":\"human\",\"data\":{\"content\":\"b\"},"
		"\"id\":\"%s-7\"}",
		session.mark);
	fails(append_body(body, &session, appended, &error), ERROR_INVALID);
	end();
}
END_TEST

START_TEST(the_newest_come_oldest_first)
{
	struct history_page page = {
		.query = { .limit = 2, .descending = true },
		.reverse = true,
		.max_bytes = 1000,
	};
	struct session session;
	struct history_appended appended[3];
	struct text out;

	begin();
	ok(append_body("[\"a\",\"b\",\"c\"]", &session, appended, &error));
	out = page_of(&session, &page);
	is(text_view(&out), "\"b\" \"c\"");
	ck_assert(page.more);
	text_clear(&out);
	page.query.limit = 3;
	out = page_of(&session, &page);
	is(text_view(&out), "\"a\" \"b\" \"c\"");
	ck_assert(!page.more);
	text_clear(&out);
	end();
}
END_TEST

START_TEST(a_page_ends_before_it_is_too_large)
{
	struct history_page page = { .query = { .limit = 9 }, .max_bytes = 8 };
	struct session session;
	struct history_appended appended[3];
	struct text out;

	begin();
	ok(append_body("[\"aa\",\"b\",\"c\"]", &session, appended, &error));
	out = page_of(&session, &page);
	is(text_view(&out), "\"aa\" \"b\"");
	ck_assert_int_eq(page.count, 2);
	ck_assert(page.more);
	text_clear(&out);
	page.max_bytes = 1; /* but not before one message */
	out = page_of(&session, &page);
	is(text_view(&out), "\"aa\"");
	text_clear(&out);
	page.reverse = page.query.descending = true;
	page.max_bytes = 6;
	out = page_of(&session, &page);
	is(text_view(&out), "\"b\" \"c\"");
	ck_assert(page.more);
	text_clear(&out);
	end();
}
END_TEST

START_TEST(the_first_answer_is_whole_however_long_it_is)
{
	struct history_page page = {
		.query = { .limit = 1 },
		.max_bytes = 1 << 20,
		.answers = true,
	};
	struct session session;
	struct history_appended appended[202];
	struct text body = { 0 }, out;

	begin();
	text_byte(&body, '[');
	for (int i = 0; i < 200; i++)
		text_format(&body,
			"{\"type\":\"function_call\",\"call_id\":\"c%d\","
			"\"name\":\"w\",\"arguments\":\"{}\"},",
			i);
	text_string(&body, "\"a\",\"b\"]");
	text_byte(&body, '\0');
	ok(append_body(body.data, &session, appended, &error));
	text_clear(&body);
	out = page_of(&session, &page);
	ck_assert_int_eq(page.count, 200);
	ck_assert(page.more);
	text_clear(&out);
	page.query.after = 200;
	out = page_of(&session, &page);
	is(text_view(&out), "\"a\"");
	ck_assert(page.more);
	text_clear(&out);
	end();
}
END_TEST

UNIT("history", messages_are_numbered_from_one, nothing_makes_no_session,
	a_repeated_id_is_not_stored_again,
	the_same_id_twice_in_one_request_is_a_repeat,
	the_ids_of_a_request_are_looked_up_together,
	ids_that_the_server_made_are_looked_up_together,
	an_id_with_another_content_is_refused,
	the_form_does_not_make_a_repeat_another_message,
	an_id_that_the_session_will_give_is_refused,
	the_newest_come_oldest_first, a_page_ends_before_it_is_too_large,
	the_first_answer_is_whole_however_long_it_is)
