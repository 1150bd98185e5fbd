/* SPDX-License-Identifier: MIT */
/*
 * test_upstream.c - calls that wait side by side, and end.
 */
#include "tests/unit/upstream_unit.h"

START_TEST(an_answer_comes_whole)
{
	struct asked asked;

	start();
	ask(&asked, "/echo");
	ended_well(asked);
	ck_assert_int_eq(asked.call.answer.status, 200);
	ck_assert_str_eq(asked.call.answer.type, "application/json");
	is(text_view(&asked.call.answer.body), "{\"model\":\"x\"}");
	ck_assert_int_eq(asked.begun, 0);
	clear(&asked);
	push(&asked, "/echo", NULL);
	await(&asked);
	ended_well(asked);
	is(text_view(&asked.call.answer.body), "");
	clear(&asked);
	stop();
}
END_TEST

START_TEST(connections_are_used_again)
{
	struct asked asked;

	start();
	for (int i = 0; i < 10; i++) {
		ask(&asked, i % 2 ? "/echo" : "/refuse");
		clear(&asked);
	}
	stop();
	ck_assert_int_eq(model_server.requests, 10);
	ck_assert_int_eq(model_server.connections, 1);
}
END_TEST

START_TEST(a_proxy_of_the_environment_is_not_used)
{
	struct asked asked;

	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("all_proxy", "http://127.0.0.1:1", 1);
	start();
	ask(&asked, "/echo");
	ended_well(asked);
	clear(&asked);
	stop();
}
END_TEST

START_TEST(two_hundred_wait_side_by_side)
{
	static struct asked asked[200];

	start();
	for (int i = 0; i < 200; i++)
		push(&asked[i], "/wait", "{}");
	wait_until(model_server.requests == 200);
	model_server.goes = true;
	for (int i = 0; i < 200; i++) {
		await(&asked[i]);
		ended_well(asked[i]);
		clear(&asked[i]);
	}
	stop();
	ck_assert_int_eq(model_server.requests, 200);
}
END_TEST

START_TEST(a_stream_is_handed_on_as_it_comes)
{
	struct asked asked;

	start();
	push_stream(&asked, "/stream", 0);
	sem_wait(&asked.heard);
	ck_assert_int_eq(asked.pieces, 1);
	model_server.goes = true;
	await(&asked);
	ended_well(asked);
	ck_assert_int_eq(asked.begun, 1);
	ck_assert_str_eq(asked.call.answer.type, "text/event-stream");
	is(text_view(&asked.streamed), "data: x\n\ndata: x\n\ndata: x\n\n");
	ck_assert_uint_eq(asked.call.answer.body.length, 0);
	clear(&asked);
	stop();
}
END_TEST

START_TEST(a_call_is_cancelled_from_outside_and_from_inside)
{
	struct asked asked[3];

	start();
	model_server.busy = 1;
	push(&asked[0], "/silent", "{}");
	push(&asked[1], "/busy-half-minute", "{}");
	push_stream(&asked[2], "/stream", 1);
	wait_until(model_server.requests == 3);
	upstream_cancel(upstream, &asked[0].call);
	upstream_cancel(upstream, &asked[1].call);
	for (int i = 0; i < 3; i++) {
		await(&asked[i]);
		ended_with(
			&asked[i], ERROR_UNAVAILABLE, "the call was cancelled");
		upstream_cancel(upstream, &asked[i].call);
		clear(&asked[i]);
	}
	ck_assert_int_eq(asked[2].pieces, 1);
	ck_assert_int_eq(model_server.requests, 3);
	stop();
}
END_TEST

START_TEST(stopping_ends_every_call)
{
	struct asked asked[20];

	start();
	for (int i = 0; i < 20; i++)
		push(&asked[i], i % 2 ? "/silent" : "/echo", "{}");
	wait_until(model_server.requests == 20);
	for (int i = 0; i < 20; i += 2)
		await(&asked[i]);
	upstream_stop(upstream);
	for (int i = 0; i < 20; i++) {
		ck_assert_int_eq(asked[i].dones, 1);
		if (i % 2)
			ended_with(&asked[i], ERROR_UNAVAILABLE,
				"the server is stopping");
		clear(&asked[i]);
	}
	fails(upstream_push(upstream, &asked[0].call, &error),
		ERROR_UNAVAILABLE);
	says("the server is stopping");
	upstream_free(upstream);
}
END_TEST

START_TEST(only_so_many_are_under_way)
{
	struct upstream_options few = options();
	struct asked asked[3];

	few.calls_max = 2;
	ok(upstream_start(&upstream, &few, &error));
	push(&asked[0], "/wait", "{}");
	push(&asked[1], "/wait", "{}");
	asked[2] = (struct asked){ .call = { .path = "/wait", .done = done } };
	fails(upstream_push(upstream, &asked[2].call, &error),
		ERROR_UNAVAILABLE);
	says("2 calls to the language model are under way already");
	model_server.goes = true;
	await(&asked[0]);
	clear(&asked[0]);
	push(&asked[2], "/wait", "{}");
	await(&asked[1]);
	await(&asked[2]);
	clear(&asked[1]);
	clear(&asked[2]);
	stop();
}
END_TEST

START_TEST(without_a_url_there_is_nobody)
{
	const struct upstream_options none = { 0 };
	struct upstream_call call = { 0 };

	ok(upstream_start(&upstream, &none, &error));
	fails(upstream_check(upstream, &error), ERROR_NOT_CONFIGURED);
	says("this needs a language model, and none is set: --llm-url or "
	     "CHATMEM_LLM_URL");
	fails(upstream_push(upstream, &call, &error), ERROR_NOT_CONFIGURED);
	upstream_cancel(upstream, &call);
	stop();
	upstream_stop(NULL);
	upstream_free(NULL);
}
END_TEST

START_TEST(settings_that_cannot_be_used_are_refused)
{
	static const struct {
		const char *url;
		const char *key;
		const char *ca_file;
		const char *words;
	} rows[] = {
		{ .url = "ftp://127.0.0.1/v1",
			.words = "--llm-url is not a URL such as "
				 "http://127.0.0.1:11434/v1" },
		{ .url = "127.0.0.1:11434/v1",
			.words = "--llm-url is not a URL such as "
				 "http://127.0.0.1:11434/v1" },
		{ .url = "http://me:secret@127.0.0.1/v1",
			.words = "--llm-url holds a user or a password: a key "
				 "goes into --llm-key-file or "
				 "CHATMEM_LLM_KEY" },
		{ .url = "http://127.0.0.1/v1?key=secret",
			.words = "--llm-url goes on behind its path" },
		{ .key = "secret\r\nX-Evil: 1",
			.words = "the key to the language model has a space, "
				 "or a character that is not printable "
				 "ASCII" },
		{ .ca_file = "/nowhere",
			.words = "--llm-ca-file /nowhere cannot be read" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct upstream_options bad = options();

		bad.url = rows[i].url ? rows[i].url : bad.url;
		bad.key = rows[i].key;
		bad.ca_file = rows[i].ca_file;
		fails(upstream_start(&upstream, &bad, &error), ERROR_INVALID);
		says(rows[i].words);
	}
}
END_TEST

UNIT("upstream", an_answer_comes_whole, connections_are_used_again,
	a_proxy_of_the_environment_is_not_used, two_hundred_wait_side_by_side,
	a_stream_is_handed_on_as_it_comes,
	a_call_is_cancelled_from_outside_and_from_inside,
	stopping_ends_every_call, only_so_many_are_under_way,
	without_a_url_there_is_nobody, settings_that_cannot_be_used_are_refused)
