/* SPDX-License-Identifier: MIT */
/*
 * test_task_stream.c - answers that are handed on while they come, to
 * readers that may be slow, or go.
 */
#include "server/api/source.h"
#include "tests/unit/task_unit.h"

static struct view a;

/* Reads all that the source has now. */
static enum source_state read_all(struct view *view, struct text *out)
{
	struct source *source = view->reply.source;
	enum source_state state;

	do
		state = source->next(source, NULL, 0, out, &error);
	while (state == SOURCE_MORE);
	return state;
}

/* The same, when the source has come to its end. */
static void streams(struct view *view, const char *words)
{
	struct text out = { 0 };

	while (read_all(view, &out) == SOURCE_WAIT)
		usleep(1000);
	is(text_view(&out), words);
	text_clear(&out);
	view_end(view);
}

START_TEST(a_stream_is_handed_on_as_it_comes)
{
	struct text out = { 0 };
	struct upstream_call *call;

	start();
	ok(begin(&a, "", "s", "TcW.", &error));
	call = take_call();
	ck_assert(call->streams);
	call->begun(call);
	sem_wait(&a.told);
	ck_assert_int_eq(a.reply.status, 200);
	ck_assert_str_eq(a.reply.content_type, STREAM_TYPE);
	ck_assert_int_eq(read_all(&a, &out), SOURCE_WAIT);
	is(text_view(&out), "<");
	ck_assert_int_eq(call->data(call, SLICE("Hi ")), 0);
	ck_assert_int_eq(read_all(&a, &out), SOURCE_WAIT);
	is(text_view(&out), "<Hi ");
	text_clear(&out);
	answer(call, "there");
	streams(&a, "there>");
	ck_assert_int_eq(writes, 1);
	ck_assert_int_ge(grown_count, 3);
	stop();
}
END_TEST

START_TEST(what_fails_before_it_begins_is_an_ordinary_refusal)
{
	struct error why = { 0 };
	struct upstream_call *call;

	start();
	ok(begin(&a, "", "s", "TcW.", &error));
	call = take_call();
	error_describe(&why, ERROR_UPSTREAM, "no");
	call->done(call, &why);
	refuses(&a, ERROR_UPSTREAM, "no");
	stop();
}
END_TEST

START_TEST(what_fails_afterwards_is_the_last_event)
{
	static const struct {
		const char *letters;
		const char *data;
		const char *words;
	} rows[] = {
		{ "TcF", "Hi!",
			"<data: {\"error\":{\"code\":\"upstream\","
			"\"message\":\"rubbish\"}}\n\n" },
		{ "TcWF", "Hi",
			"<Hidata: {\"error\":{\"code\":\"invalid\","
			"\"message\":\"it is an F\"}}\n\n" },
	};
	struct error cancelled = { 0 };

	start();
	error_describe(&cancelled, ERROR_UNAVAILABLE, "cancelled");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct upstream_call *call;
		int result;

		ok(begin(&a, "", "s", rows[i].letters, &error));
		call = take_call();
		call->begun(call);
		result = call->data(call, slice_of(rows[i].data));
		call->done(call, result ? &cancelled : NULL);
		sem_wait(&a.told);
		streams(&a, rows[i].words);
	}
	stop();
}
END_TEST

START_TEST(it_goes_on_when_its_client_has_gone)
{
	struct upstream_call *call;

	start();
	ok(begin(&a, "", "s", "TcW.", &error));
	call = take_call();
	call->begun(call);
	sem_wait(&a.told);
	call->data(call, SLICE("Hi "));
	view_end(&a);
	grown_count = 0;
	answer(call, "there");
	stop();
	ck_assert_int_eq(writes, 1);
	ck_assert_int_eq(grown_count, 0);
}
END_TEST

static void *read_slowly(void *context)
{
	streams(context, "<aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa>");
	return NULL;
}

START_TEST(reader_and_upstream_do_not_disturb_each_other)
{
	pthread_t reader;
	struct upstream_call *call;

	start();
	ok(begin(&a, "", "s", "Tc.", &error));
	call = take_call();
	call->begun(call);
	sem_wait(&a.told);
	pthread_create(&reader, NULL, read_slowly, &a);
	for (int i = 0; i < 39; i++)
		call->data(call, SLICE("a"));
	answer(call, "a");
	pthread_join(reader, NULL);
	stop();
}
END_TEST

UNIT("task_stream", a_stream_is_handed_on_as_it_comes,
	what_fails_before_it_begins_is_an_ordinary_refusal,
	what_fails_afterwards_is_the_last_event,
	it_goes_on_when_its_client_has_gone,
	reader_and_upstream_do_not_disturb_each_other)
