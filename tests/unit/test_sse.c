/* SPDX-License-Identifier: MIT */
/*
 * test_sse.c - events come out the same, however their bytes come in.
 */
#include "schema/llm/sse.h"

#include "tests/unit/parsed.h"

/* Each event's data, with a | behind it. */
static int note(void *context, struct slice data, struct error *why)
{
	(void)why;
	text_slice(context, data);
	text_append(context, "|", 1);
	return 0;
}

/* Reads the stream in two pieces, cut at `cut`. */
static void reads_cut(const char *stream, size_t cut, const char *expected)
{
	const size_t length = strlen(stream);
	struct text seen = { 0 };
	struct sse sse = { 0 };

	ok(sse_read(&sse, (struct slice){ stream, cut }, note, &seen, &error));
	ok(sse_read(&sse, (struct slice){ stream + cut, length - cut }, note,
		&seen, &error));
	text_append(&seen, "", 1);
	ck_assert_str_eq(seen.data, expected);
	text_clear(&seen);
	sse_clear(&sse);
}

static void reads(const char *stream, const char *expected)
{
	for (size_t cut = 0; cut <= strlen(stream); cut++)
		reads_cut(stream, cut, expected);
}

START_TEST(an_event_is_its_data)
{
	reads("data: a\n\ndata:b\n\n", "a|b|");
	reads("data\n\n", "|");
	reads("data:  two spaces\n\n", " two spaces|");
}
END_TEST

START_TEST(lines_end_in_three_ways)
{
	reads("data: a\r\n\r\ndata: b\r\rdata: c\n\n", "a|b|c|");
	reads("data: a\r\ndata: b\r\n\r\n", "a\nb|");
	reads("data: a\n\r\ndata: b\r\n\n", "a|b|");
}
END_TEST

START_TEST(comments_and_other_fields_are_passed_over)
{
	reads(": ping\n\nevent: x\nid: 7\nretry: 5\ndata: a\ndatum: b\n\n:\n\n",
		"a|");
	reads("event: only\n\n", "");
}
END_TEST

/* Its id, and its data. */
static int note_id(void *context, struct slice data, struct error *why)
{
	struct sse *sse = context;

	(void)why;
	if (slice_is(data, "a"))
		ck_assert(slice_is(text_view(&sse->id), "7-x"));
	else
		ck_assert(slice_is(text_view(&sse->id), "8"));
	return 0;
}

START_TEST(an_id_is_that_of_the_newest_event_that_has_one)
{
	const char *const stream = "id: 7-x\ndata: a\n\ndata: b\nid:8\n\n"
				   "idle: 9\ndata: c\n\n";
	const size_t length = strlen(stream);

	for (size_t cut = 0; cut <= length; cut++) {
		struct sse sse = { 0 };

		ok(sse_read(&sse, (struct slice){ stream, cut }, note_id, &sse,
			&error));
		ok(sse_read(&sse, (struct slice){ stream + cut, length - cut },
			note_id, &sse, &error));
		sse_clear(&sse);
	}
}
END_TEST

START_TEST(a_byte_order_mark_is_passed_over_once)
{
	reads("\xef\xbb\xbf"
	      "data: a\n\n\xef\xbb\xbf"
	      "data: b\n\n",
		"a|");
}
END_TEST

START_TEST(an_event_that_was_cut_off_is_none)
{
	reads("data: a\n\ndata: b", "a|");
	reads("data: b\n", "");
	reads("", "");
}
END_TEST

START_TEST(what_is_written_is_read_again)
{
	static const char *const data[] = { "", "a", "a\nb", "\n", "a\n" };

	for (size_t i = 0; i < COUNT(data); i++) {
		struct text out = { 0 }, seen = { 0 };
		struct sse sse = { 0 };

		sse_write(&out, "name", slice_of(data[i]));
		ok(sse_read(&sse, text_view(&out), note, &seen, &error));
		ck_assert_uint_eq(seen.length, strlen(data[i]) + 1);
		ck_assert(memcmp(seen.data, data[i], seen.length - 1) == 0);
		text_clear(&out);
		text_clear(&seen);
		sse_clear(&sse);
	}
}
END_TEST

UNIT("sse", an_event_is_its_data, lines_end_in_three_ways,
	comments_and_other_fields_are_passed_over,
	an_id_is_that_of_the_newest_event_that_has_one,
	a_byte_order_mark_is_passed_over_once,
	an_event_that_was_cut_off_is_none, what_is_written_is_read_again)
