/* SPDX-License-Identifier: MIT */
/*
 * test_upstream_refused.c - an upstream that keeps none of its promises.
 */
#include "tests/unit/upstream_unit.h"

START_TEST(what_refuses_says_why_and_never_the_key)
{
	static const struct {
		const char *path;
		int status;
		const char *words;
	} rows[] = {
		{ "/refuse", 401,
			"the upstream answered 401: Incorrect key: "
			"******************" },
		{ "/nowhere", 404, "the upstream answered 404" },
		{ "/away", 302, "the upstream answered 302" },
		{ "/broken", 500, "the upstream answered 500: it broke" },
		{ "/busy-hour", 503, "the upstream answered 503: come?back" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct asked asked;

		start();
		model_server.requests = 0;
		ask(&asked, rows[i].path);
		ended_with(&asked, ERROR_UPSTREAM, rows[i].words);
		ck_assert_int_eq(asked.call.answer.status, rows[i].status);
		ck_assert_int_eq(model_server.requests, 1);
		clear(&asked);
		stop();
	}
}
END_TEST

START_TEST(a_stream_that_is_refused_has_not_begun)
{
	struct asked asked;

	start();
	push_stream(&asked, "/broken", 0);
	await(&asked);
	ended_with(
		&asked, ERROR_UPSTREAM, "the upstream answered 500: it broke");
	ck_assert_int_eq(asked.begun + asked.pieces, 0);
	is(text_view(&asked.call.answer.body), "{\"detail\":\"it broke\"}");
	clear(&asked);
	stop();
}
END_TEST

START_TEST(what_is_busy_is_asked_again)
{
	struct asked asked;

	start();
	model_server.busy = 2;
	ask(&asked, "/busy");
	ended_well(asked);
	is(text_view(&asked.call.answer.body), "{\"model\":\"x\"}");
	clear(&asked);
	ck_assert_int_eq(model_server.requests, 3);
	model_server.busy = 3;
	ask(&asked, "/busy");
	ended_with(&asked, ERROR_RATE, "the upstream answered 429: slow down");
	ck_assert_int_eq(model_server.requests, 6);
	clear(&asked);
	model_server.busy = 1;
	push_stream(&asked, "/busy", 0);
	await(&asked);
	ended_well(asked);
	ck_assert_int_eq(asked.begun, 0); /* JSON is no stream */
	is(text_view(&asked.call.answer.body), "{}");
	clear(&asked);
	stop();
}
END_TEST

START_TEST(it_is_asked_again_when_it_wants_to_be)
{
	struct upstream_options brief = options();
	const int64_t begin = now_ms();
	struct asked asked;

	start();
	model_server.busy = 1;
	ask(&asked, "/busy-second");
	ended_well(asked);
	ck_assert_int_ge(now_ms() - begin, 1000);
	clear(&asked);
	stop();
	/* A call is not tried again beyond its time. */
	brief.answer_ms = 29000;
	ok(upstream_start(&upstream, &brief, &error));
	model_server.busy = 1;
	model_server.requests = 0;
	ask(&asked, "/busy-half-minute");
	ended_with(&asked, ERROR_UPSTREAM, "the upstream answered 503");
	ck_assert_int_eq(model_server.requests, 1);
	clear(&asked);
	stop();
}
END_TEST

START_TEST(a_connection_that_is_refused_is_tried_again)
{
	struct upstream_options closed = options();
	const int64_t begin = now_ms();
	struct asked asked;

	closed.url = "http://127.0.0.1:1/v1";
	closed.backoff_ms = 100;
	ok(upstream_start(&upstream, &closed, &error));
	ask(&asked, "/echo");
	ended_with(
		&asked, ERROR_UPSTREAM, "the upstream refused the connection");
	ck_assert_int_ge(now_ms() - begin, 225);
	clear(&asked);
	stop();
}
END_TEST

START_TEST(what_has_begun_or_may_be_paid_for_is_asked_once)
{
	static const struct {
		const char *path;
		bool streams;
		const char *words;
	} rows[] = {
		{ "/cut", false, "the upstream cut its answer" },
		{ "/stream-cut", true, "the upstream cut its answer" },
		{ "/hang-up", false,
			"the upstream closed the connection unanswered" },
		{ "/rubbish", false, "the upstream does not answer in HTTP" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct asked asked;

		start();
		model_server.requests = 0;
		if (rows[i].streams)
			push_stream(&asked, rows[i].path, 0);
		else
			push(&asked, rows[i].path, "{}");
		await(&asked);
		ended_with(&asked, ERROR_UPSTREAM, rows[i].words);
		ck_assert_int_eq(model_server.requests, 1);
		clear(&asked);
		stop();
	}
}
END_TEST

/* libcurl measures over some seconds: 1 s of silence is found after 7. */
START_TEST(silence_has_an_end)
{
	struct upstream_options brief = options();
	struct asked asked;
	struct asked stalled;

	brief.silence_ms = 1000;
	ok(upstream_start(&upstream, &brief, &error));
	push_stream(&stalled, "/stream-stall", 0);
	ask(&asked, "/silent");
	await(&stalled);
	ended_with(&asked, ERROR_UPSTREAM_TIMEOUT,
		"the upstream sent nothing for 1 s");
	ended_with(&stalled, ERROR_UPSTREAM_TIMEOUT,
		"the upstream sent nothing for 1 s");
	ck_assert_int_eq(stalled.begun, 1);
	ck_assert_int_eq(model_server.requests, 2);
	clear(&asked);
	clear(&stalled);
	stop();
	brief.answer_ms = 300;
	ok(upstream_start(&upstream, &brief, &error));
	ask(&asked, "/silent");
	ended_with(&asked, ERROR_UPSTREAM_TIMEOUT,
		"the upstream did not finish within 0.3 s");
	clear(&asked);
	stop();
}
END_TEST

START_TEST(ten_gigabytes_are_cut_at_once)
{
	static const struct {
		const char *path;
		bool streams;
		const char *words;
	} rows[] = {
		{ "/ten-gigabytes", false, "more than 1 MiB" },
		{ "/endless", false, "more than 1 MiB" },
		{ "/ten-gigabytes", true, "more than 4 MiB" },
		{ "/endless", true, "more than 4 MiB" },
	};
	struct asked asked;
	char words[80];

	start();
	for (int i = 0; i < 4; i++) {
		if (rows[i].streams)
			push_stream(&asked, rows[i].path, 0);
		else
			push(&asked, rows[i].path, "{}");
		await(&asked);
		snprintf(words, sizeof(words), "the upstream answered %s",
			rows[i].words);
		ended_with(&asked, ERROR_UPSTREAM, words);
		ck_assert_uint_le(asked.call.answer.body.length, 1 << 20);
		ck_assert_uint_le(asked.streamed.length, 4 << 20);
		clear(&asked);
	}
	ck_assert_int_eq(model_server.requests, 4);
	/* Only what the sockets' buffers took is sent beyond that. */
	ck_assert_uint_lt(model_server.sent, 64 << 20);
	stop();
}
END_TEST

UNIT("upstream, refused", what_refuses_says_why_and_never_the_key,
	a_stream_that_is_refused_has_not_begun, what_is_busy_is_asked_again,
	it_is_asked_again_when_it_wants_to_be,
	a_connection_that_is_refused_is_tried_again,
	what_has_begun_or_may_be_paid_for_is_asked_once, silence_has_an_end,
	ten_gigabytes_are_cut_at_once)
