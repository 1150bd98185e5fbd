/* SPDX-License-Identifier: MIT */
/*
 * upstream_unit.h - a call, the upstream that answers it, and what its owner
 * was told.
 */
#ifndef TESTS_UNIT_UPSTREAM_UNIT_H
#define TESTS_UNIT_UPSTREAM_UNIT_H

#include <semaphore.h>
#include <time.h>

#include "schema/clock.h"
#include "server/upstream/upstream.h"
#include "tests/unit/model_server.h"
#include "tests/unit/unit.h"

#define KEY "sk-not-to-be-shown"

static struct upstream *upstream;

/* A call and what it was told. */
struct asked {
	struct upstream_call call;
	sem_t ended;
	sem_t heard; /* a piece of a stream */
	int begun;
	int dones;
	int pieces;
	int pieces_wanted; /* then it has had enough; 0: all */
	struct text streamed;
	struct error outcome;
};

static struct asked *asked_of(struct upstream_call *call)
{
	return (struct asked *)call;
}

static void begun(struct upstream_call *call)
{
	ck_assert_int_eq(call->answer.status, 200);
	asked_of(call)->begun++;
}

static int data(struct upstream_call *call, struct slice bytes)
{
	struct asked *asked = asked_of(call);
	const bool enough = ++asked->pieces == asked->pieces_wanted;

	text_slice(&asked->streamed, bytes);
	sem_post(&asked->heard);
	return enough ? -1 : 0;
}

static void done(struct upstream_call *call, const struct error *outcome)
{
	struct asked *asked = asked_of(call);

	if (outcome)
		asked->outcome = *outcome;
	asked->dones++;
	sem_post(&asked->ended);
}

static struct upstream_options options(void)
{
	static char url[64];

	if (!model_server.port)
		model_server_start();
	snprintf(
		url, sizeof(url), "http://127.0.0.1:%d/v1/", model_server.port);
	return (struct upstream_options){
		.url = url,
		.key = KEY,
		.calls_max = 300,
		.answer_max = 1 << 20,
		.connect_ms = 600000,
		.silence_ms = 600000,
		.answer_ms = 7200000,
		.backoff_ms = 20,
	};
}

static void start(void)
{
	const struct upstream_options standard = options();

	ok(upstream_start(&upstream, &standard, &error));
}

static void stop(void)
{
	upstream_stop(upstream);
	upstream_free(upstream);
}

static void push(struct asked *asked, const char *path, const char *body)
{
	*asked = (struct asked){ .call = { .path = path,
					 .begun = begun,
					 .data = data,
					 .done = done } };
	if (body)
		asked->call.body = slice_of(body);
	sem_init(&asked->ended, 0, 0);
	sem_init(&asked->heard, 0, 0);
	ok(upstream_push(upstream, &asked->call, &error));
}

static void push_stream(struct asked *asked, const char *path, int pieces)
{
	*asked = (struct asked){ .call = { .path = path,
					 .body = SLICE("{}"),
					 .streams = true,
					 .begun = begun,
					 .data = data,
					 .done = done },
		.pieces_wanted = pieces };
	sem_init(&asked->ended, 0, 0);
	sem_init(&asked->heard, 0, 0);
	ok(upstream_push(upstream, &asked->call, &error));
}

static void await(struct asked *asked)
{
	sem_wait(&asked->ended);
	ck_assert_int_eq(asked->dones, 1);
}

static void clear(struct asked *asked)
{
	upstream_call_clear(&asked->call);
	text_clear(&asked->streamed);
}

/* Makes a call, from begin to end. */
static void ask(struct asked *asked, const char *path)
{
	push(asked, path, "{\"model\":\"x\"}");
	await(asked);
}

#define ended_well(asked) \
	ck_assert_msg(!(asked).outcome.code, "%s", (asked).outcome.message)

static void ended_with(
	const struct asked *asked, enum error_code code, const char *words)
{
	ck_assert_str_eq(asked->outcome.message, words);
	ck_assert_int_eq(asked->outcome.code, code);
}

static inline int64_t now_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

#endif
