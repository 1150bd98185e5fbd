/* SPDX-License-Identifier: MIT */
/*
 * test_upstream_spread.c - a secret in pieces is in no text of a stream.
 */
#include "server/upstream/spread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define SECRET	     "sk-abab-abcd"

/* A stream as it passes through: what is held, and what came out. */
struct pipe {
	const char *secret; /* NULL: SECRET */
	struct spread spread;
	struct text held, out;
};

static void hand_on(struct pipe *pipe, size_t size)
{
	ck_assert_uint_le(size, pipe->held.length);
	text_append(&pipe->out, pipe->held.data, size);
	pipe->held.length -= size;
	memmove(pipe->held.data, pipe->held.data + size, pipe->held.length);
	spread_move(&pipe->spread, size);
}

static struct slice secret_of(const struct pipe *pipe)
{
	return slice_of(pipe->secret ? pipe->secret : SECRET);
}

static void push(struct pipe *pipe, struct slice bytes)
{
	text_slice(&pipe->held, bytes);
	hand_on(pipe, spread_blot(&pipe->spread, pipe->held.data,
			      pipe->held.length, secret_of(pipe)));
	ck_assert(!pipe->spread.failed);
}

static void finish(struct pipe *pipe)
{
	spread_end(&pipe->spread, pipe->held.data, secret_of(pipe));
	hand_on(pipe, pipe->held.length);
}

static void clear(struct pipe *pipe)
{
	spread_clear(&pipe->spread);
	text_clear(&pipe->held);
	text_clear(&pipe->out);
}

/* Events with a text each, and what is shown of them. */
static const struct {
	const char *came, *passed;
} rows[] = {
	{ "data: {\"a\":\"sk-ab\"}\n\ndata: {\"a\":\"ab-abcd.\"}\n\n",
		"data: {\"a\":\"*****\"}\n\ndata: {\"a\":\"*******.\"}\n\n" },
	/* It begins anew inside of itself. */
	{ "data: {\"a\":\"sk-ab\"}\rdata: {\"a\":\"sk-abab-ab\"}\r"
	  "data: {\"a\":\"cd\"}\r",
		"data: {\"a\":\"sk-ab\"}\rdata: {\"a\":\"**********\"}\r"
		"data: {\"a\":\"**\"}\r" },
	/* Another text stands between. */
	{ "data: {\"a\":\"sk-abab-a\",\"b\":\"sk\"}\n"
	  "data: {\"b\":\"x\",\"a\":\"bcd\"}\n",
		"data: {\"a\":\"*********\",\"b\":\"sk\"}\n"
		"data: {\"b\":\"x\",\"a\":\"***\"}\n" },
	/* The places are not the same. */
	{ "data: {\"a\":[\"sk-ab\"]}\ndata: {\"a\":[\"\",\"ab-abcd\"]}\n",
		"data: {\"a\":[\"sk-ab\"]}\n"
		"data: {\"a\":[\"\",\"ab-abcd\"]}\n" },
	{ "data: [{\"index\":0,\"a\":\"sk-ab\"}]\n"
	  "data: [{\"index\":1,\"a\":\"ab-abcd\"}]\n"
	  "data: [{\"index\": 0,\"a\":\"ab-abcd\"}]\n",
		"data: [{\"index\":0,\"a\":\"*****\"}]\n"
		"data: [{\"index\":1,\"a\":\"ab-abcd\"}]\n"
		"data: [{\"index\": 0,\"a\":\"*******\"}]\n" },
	/* Escapes, also of a text within a text. */
	{ "data: {\"a\":\"\\u0073k\"}\ndata: {\"a\":\"-ab\\\\u0061b-abcd\\n\"}\n",
		"data: {\"a\":\"*******\"}\n"
		"data: {\"a\":\"****************\\n\"}\n" },
	{ "data: {\"a\":\"x\\\\\\\\sk-aba\"}\ndata: {\"a\":\"b-abcd\"}\n",
		"data: {\"a\":\"x\\\\\\\\******\"}\ndata: {\"a\":\"******\"}\n" },
	/* An event of several lines, with either end. */
	{ "data: {\"a\":\ndata: \"sk-ab\",\ndata: \"b\":\"x\"}\n\n"
	  "data: {\"a\":\ndata: \"ab-abcd\"}\n\n",
		"data: {\"a\":\ndata: \"*****\",\ndata: \"b\":\"x\"}\n\n"
		"data: {\"a\":\ndata: \"*******\"}\n\n" },
	{ "data: {\"a\":\r\ndata: \"sk-ab\"}\r\n\r\ndata: {\r\n"
	  "data: \"a\":\"ab-abcd\"}\r\n\r\n",
		"data: {\"a\":\r\ndata: \"*****\"}\r\n\r\ndata: {\r\n"
		"data: \"a\":\"*******\"}\r\n\r\n" },
	/* The next event begins anew, wherever the last one broke off. */
	{ "data: {\"a\":\"sk-ab\"\n\ndata: {\"a\":\"ab-abcd\"}\n\n",
		"data: {\"a\":\"*****\"\n\ndata: {\"a\":\"*******\"}\n\n" },
	/* More than half of it, but for its beginning, and half. */
	{ "data: {\"a\":\"sk-ab\"}\ndata: {\"a\":\"ab\"}\n",
		"data: {\"a\":\"sk-a*\"}\ndata: {\"a\":\"**\"}\n" },
	{ "data: {\"a\":\"sk-ab\"}\ndata: {\"a\":\"a\"}\n",
		"data: {\"a\":\"sk-ab\"}\ndata: {\"a\":\"a\"}\n" },
	/* No events, no JSON. */
	{ "sk-ab\nab-abcd\n", "sk-ab\nab-abcd\n" },
	{ "data: \"\ndata: {\"a\"\n\\\"\ndata:\n:\n", NULL },
	{ "data: ]}{\"a\":\"sk-abab-abcd\"\n",
		"data: ]}{\"a\":\"************\"\n" },
};

START_TEST(pieces_are_put_together_by_their_place)
{
	const char *came = rows[_i].came;
	const char *passed = rows[_i].passed ? rows[_i].passed : came;

	for (size_t step = 1; step <= strlen(came); step++) {
		struct pipe pipe = { 0 };
		const size_t length = strlen(came);

		for (size_t at = 0; at < length; at += step)
			push(&pipe, (struct slice){ came + at,
					    length - at < step ? length - at
							       : step });
		finish(&pipe);
		/* Whole lines at once: the first characters pass by. */
		if (step == length)
			ck_assert_msg(slice_is(text_view(&pipe.out), passed),
				"%.*s", (int)pipe.out.length, pipe.out.data);
		ck_assert_uint_eq(pipe.out.length, length);
		ck_assert_ptr_null(
			memmem(pipe.out.data, pipe.out.length, SECRET, 12));
		clear(&pipe);
	}
}
END_TEST

/* --- at random -------------------------------------------------------- */

/* A character as JSON may spell it. */
static void spell(struct text *out, char c)
{
	const long how = random() % 4;
	char escape[8];

	if (how == 0)
		text_append(out, &c, 1);
	else if (how == 1 && c == '/')
		text_string(out, "\\/");
	else {
		snprintf(escape, sizeof(escape),
			how == 2 ? "\\u%04x" : "\\u%04X", (unsigned)c);
		text_string(out, escape);
	}
}

/* Between two tokens of an event. */
static void break_line(struct text *out)
{
	static const char *const breaks[] = { "", "", " ",
		"\ndata: ", "\r\ndata:" };

	text_string(out, breaks[(size_t)random() % COUNT(breaks)]);
}

/* The secret in as many events as it happens, with others between. */
static void spread_at_random(struct text *out, const char *secret)
{
	while (*secret) {
		text_string(out, "data: {\"choices\":");
		break_line(out);
		text_string(out, "[{\"index\":0,");
		break_line(out);
		text_string(out, "\"delta\":{\"content\":");
		break_line(out);
		text_string(out, "\"");
		for (long left = random() % 5; left > 0 && *secret; left--)
			spell(out, *secret++);
		text_string(out, "\",");
		break_line(out);
		text_string(out, "\"role\":\"sk-\"}}]}\n\n");
		if (random() % 4 == 0)
			text_string(out, ": ping\n\ndata: {\"content\":\"sk/\"}"
					 "\n\n");
	}
}

/* What a client puts together of the choice. */
static void read_content(struct text *out, struct slice events)
{
	static const char name[] = "\"delta\":{\"content\":";
	const char *at = events.data, *end = events.data + events.length;

	while ((at = memmem(at, (size_t)(end - at), name, sizeof(name) - 1))) {
		at = memchr(at + sizeof(name) - 1, '"',
			(size_t)(end - at) - sizeof(name) + 1);
		for (at++; *at != '"'; at++) {
			char c = *at;

			if (c == '\\' && *++at == 'u') {
				c = (char)strtol((char[]){ at[3], at[4], '\0' },
					NULL, 16);
				at += 4;
			} else if (c == '\\') {
				c = *at;
			}
			text_append(out, &c, 1);
		}
	}
}

START_TEST(it_is_found_however_it_is_split_and_spelled)
{
	static const char secret[] = "sk/proj/abab-4/abcd";

	srandom(1);
	for (int round = 0; round < 3000; round++) {
		struct pipe pipe = { .secret = secret };
		struct text came = { 0 }, read = { 0 };

		spread_at_random(&came, secret);
		for (size_t at = 0, size; at < came.length; at += size) {
			size = 1 + (size_t)(random() % 99);
			if (size > came.length - at)
				size = came.length - at;
			push(&pipe, (struct slice){ came.data + at, size });
		}
		finish(&pipe);
		read_content(&read, text_view(&pipe.out));
		ck_assert_uint_eq(pipe.out.length, came.length);
		ck_assert_msg(
			!memmem(read.data, read.length, secret, strlen(secret)),
			"%.*s", (int)came.length, came.data);
		text_clear(&came);
		text_clear(&read);
		clear(&pipe);
	}
}
END_TEST

START_TEST(an_event_waits_only_for_more_than_what_all_keys_begin_with)
{
	static const struct {
		const char *text, *held;
	} steps[] = {
		{ "data: {\"a\":\"so sk-a\"}\n", "" },
		{ "data: {\"a\":\"b\"}\n", "b\"}\n" },
		{ ": wait\n", "b\"}\n: wait\n" },
		{ "data: {\"b\":\"x\"}\n",
			"b\"}\n: wait\ndata: {\"b\":\"x\"}\n" },
		{ "data: {\"a\":\"out\"}\n", "" },
		{ "data: ", "data: " },
		{ "{\"a\":\"x\"}\n", "" },
	};
	struct pipe pipe = { 0 };

	for (size_t i = 0; i < COUNT(steps); i++) {
		push(&pipe, slice_of(steps[i].text));
		ck_assert(slice_is(text_view(&pipe.held), steps[i].held));
	}
	ck_assert_ptr_null(memmem(pipe.out.data, pipe.out.length, "*", 1));
	clear(&pipe);
}
END_TEST

/* Neither a line without end nor a text that goes no further. */
START_TEST(no_more_than_a_bound_is_held)
{
	struct pipe pipe = { 0 };
	char filler[1024];

	memset(filler, 'x', sizeof(filler));
	push(&pipe, SLICE("data: {\"a\":\"sk-abab\"}\n"));
	for (int i = 0; i < 200; i++) {
		push(&pipe, SLICE(": "));
		push(&pipe, (struct slice){ filler, sizeof(filler) });
		push(&pipe, SLICE("\n"));
		ck_assert_uint_le(pipe.held.length, 70 << 10);
	}
	ck_assert_uint_eq(pipe.held.length, 0);
	ck_assert_ptr_null(
		memmem(pipe.out.data, pipe.out.length, "sk-abab", 7));
	for (int i = 0; i < 200; i++) {
		push(&pipe, (struct slice){ filler, sizeof(filler) });
		ck_assert_uint_le(pipe.held.length, 70 << 10);
	}
	clear(&pipe);
}
END_TEST

START_TEST(many_texts_at_once_are_bounded_too)
{
	struct pipe pipe = { 0 };
	struct text event = { 0 };

	for (int i = 0; i < 100; i++) {
		event.length = 0;
		text_format(&event, "data: {\"a%d\":\"sk-ab\"}\n", i);
		push(&pipe, text_view(&event));
	}
	push(&pipe, SLICE("data: {\"a99\":\"ab-abcd\"}\n"));
	finish(&pipe);
	ck_assert_ptr_null(
		memmem(pipe.out.data, pipe.out.length, "ab-abcd", 7));
	text_clear(&event);
	clear(&pipe);
}
END_TEST

START_TEST(without_a_secret_nothing_is_held)
{
	struct spread spread = { 0 };
	char held[] = "data: {\"a\":";

	ck_assert_uint_eq(spread_blot(&spread, held, 5, SLICE("")), 5);
	spread_clear(&spread);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("spread");
	TCase *all = tcase_create("spread");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(all, pieces_are_put_together_by_their_place, 0,
		(int)COUNT(rows));
	tcase_add_test(all,
		an_event_waits_only_for_more_than_what_all_keys_begin_with);
	tcase_add_test(all, it_is_found_however_it_is_split_and_spelled);
	tcase_add_test(all, no_more_than_a_bound_is_held);
	tcase_add_test(all, many_texts_at_once_are_bounded_too);
	tcase_add_test(all, without_a_secret_nothing_is_held);
	suite_add_tcase(suite, all);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
