/* SPDX-License-Identifier: MIT */
/*
 * test_task.c - requests of several runs: next runs, locks, calls, work on
 * memories, servers that stop.
 */
#include "tests/unit/task_unit.h"

#include "server/work/session_lock.h"
#include "tests/unit/failing.h"

static struct view a, b, c, d;

static void answer_next(const char *body)
{
	answer(take_call(), body);
}

/* --- runs ------------------------------------------------------------- */

START_TEST(a_run_begins_where_the_last_one_asked_for)
{
	static const char *const letters[] = { "S.", "W.", "T.", "TT.", "SWSW.",
		"TSWTW." };

	start();
	for (size_t i = 0; i < sizeof(letters) / sizeof(*letters); i++) {
		char wanted[16];

		snprintf(wanted, sizeof(wanted), "%.*s",
			(int)strlen(letters[i]) - 1, letters[i]);
		ok(begin(&a, "", "s", letters[i], &error));
		replies(&a, wanted);
	}
	stop();
}
END_TEST

START_TEST(an_answer_is_there_in_the_runs_after_its_call)
{
	start();
	ok(begin(&a, "", "s", "TCCW.", &error));
	answer_next("one");
	answer_next("two");
	replies(&a, "TC[one]C[two]W");
	stop();
}
END_TEST

START_TEST(a_refusal_ends_it_wherever_it_is)
{
	static const char *const letters[] = { "SF", "TF", "WF", "TWF" };

	start();
	for (size_t i = 0; i < sizeof(letters) / sizeof(*letters); i++) {
		ok(begin(&a, "", "s", letters[i], &error));
		refuses(&a, ERROR_INVALID, "it is an F");
	}
	stop();
}
END_TEST

START_TEST(what_the_upstream_refuses_is_not_written)
{
	struct error why = { 0 };
	struct upstream_call *call;

	start();
	ok(begin(&a, "", "s", "TCW.", &error));
	call = take_call();
	error_describe(&why, ERROR_UPSTREAM, "no");
	call->done(call, &why);
	refuses(&a, ERROR_UPSTREAM, "no");
	ck_assert_int_eq(writes, 0);
	stop();
}
END_TEST

START_TEST(the_call_is_of_its_request)
{
	struct upstream_call *call;

	start();
	ok(begin(&a, "", "bob", "C.", &error));
	call = take_call();
	ck_assert_str_eq(call->path, "/x");
	is(call->body, "bob");
	ck_assert(!call->streams);
	answer(call, "Hi!");
	replies(&a, "C[Hi!]");
	stop();
}
END_TEST

static int erase_alice(struct job *job, struct store *store)
{
	struct session session = find(store, "alice");
	struct error why;

	(void)job;
	return store_session_erase(store, &session, 2000, &why);
}

static void erased(struct job *job, const struct error *outcome)
{
	(void)job;
	ck_assert_ptr_null(outcome);
	sem_post(&b.told);
}

START_TEST(what_is_erased_during_a_call_is_not_there_in_the_write)
{
	struct job job = {
		.accepted = true, .run = erase_alice, .done = erased
	};
	struct upstream_call *call;

	start();
	ok(begin(&a, "", "alice", "Te", &error));
	replies(&a, "T");
	ok(begin(&a, "", "alice", "TCWe", &error));
	call = take_call();
	sem_init(&b.told, 0, 0);
	ok(writer_push(writer, &job, &error));
	sem_wait(&b.told);
	answer(call, "Hi!");
	refuses(&a, ERROR_NOT_FOUND, "no alice");
	stop();
}
END_TEST

/* --- locks ------------------------------------------------------------ */

START_TEST(locks_of_one_session_come_in_order_and_hold_up_no_other)
{
	struct upstream_call *call;

	start();
	ok(begin(&a, "x", "1", "TCW.", &error));
	call = take_call();
	ok(begin(&b, "x", "2", "TCW.", &error));
	ok(begin(&c, "x", "3", "TCW.", &error));
	ok(begin(&d, "xy", "4", "TCW.", &error));
	answer_next("d");
	replies(&d, "TC[d]W");
	ck_assert(!has_call());
	answer(call, "a");
	replies(&a, "TC[a]W");
	answer_next("b");
	replies(&b, "TC[b]W");
	answer_next("c");
	replies(&c, "TC[c]W");
	stop();
}
END_TEST

START_TEST(a_lock_is_given_back_when_its_holder_fails)
{
	struct error why = { 0 };
	struct upstream_call *call;

	start();
	ok(begin(&a, "", "1", "TCW.", &error));
	call = take_call();
	ok(begin(&b, "", "2", "TF", &error));
	ok(begin(&c, "", "3", "TW.", &error));
	error_describe(&why, ERROR_UPSTREAM, "no");
	call->done(call, &why);
	refuses(&a, ERROR_UPSTREAM, "no");
	refuses(&b, ERROR_INVALID, "it is an F");
	replies(&c, "TW");
	stop();
}
END_TEST

START_TEST(keys_that_share_a_line_do_not_share_a_lock)
{
	static struct session_locks locks;
	struct session_lock first = { .key = 1 },
			    other = { .key = 1 + SESSION_LOCK_LINES },
			    second = { .key = 1 }, third = { .key = 1 };

	ck_assert(session_lock_join(&locks, &first));
	ck_assert(session_lock_join(&locks, &other));
	ck_assert(!session_lock_join(&locks, &second));
	ck_assert(!session_lock_join(&locks, &third));
	ck_assert_ptr_null(session_lock_leave(&locks, &second));
	ck_assert_ptr_null(session_lock_leave(&locks, &other));
	ck_assert_ptr_eq(session_lock_leave(&locks, &first), &third);
	ck_assert_ptr_null(session_lock_leave(&locks, &third));
	ck_assert(session_lock_join(&locks, &second));
	ck_assert_ptr_null(session_lock_leave(&locks, &second));
}
END_TEST

/* --- work on memories ------------------------------------------------- */

START_TEST(work_is_begun_once_more_when_it_is_asked_for_meanwhile)
{
	start();
	ok(begin(&a, "", "s", "WM", &error));
	replies(&a, "W");
	sem_wait(&work_runs);
	for (int i = 0; i < 3; i++) {
		ok(begin(&a, "", "s", "WM", &error));
		replies(&a, "W");
	}
	ok(begin(&a, "x", "s", "WM", &error));
	replies(&a, "W");
	sem_wait(&work_runs); /* another tenant's */
	ck_assert_int_eq(works, 2);
	sem_post(&work_goes);
	sem_post(&work_goes);
	sem_wait(&work_runs);
	sem_post(&work_goes);
	stop();
	ck_assert_int_eq(works, 3);
}
END_TEST

START_TEST(work_that_failed_is_not_tried_at_every_request)
{
	start();
	work_fails = true;
	for (int i = 0; i < 100; i++) {
		sem_post(&work_goes);
		ok(begin(&a, "", "s", "WM", &error));
		replies(&a, "W");
		wait_until_all_left();
	}
	ck_assert_int_gt(works, 0);
	ck_assert_int_lt(works, 10);
	stop();
}
END_TEST

START_TEST(work_has_half_of_the_tasks)
{
	static const char *const names[] = { "1", "2", "3", "4", "5" };

	start_with(6, 1 << 20);
	for (int i = 0; i < 5; i++) {
		ok(begin(&a, "", names[i], "WM", &error));
		replies(&a, "W");
	}
	while (atomic_load(metrics.gauges[METRICS_TASKS]) != 3)
		usleep(1000);
	for (int i = 0; i < 5; i++)
		sem_post(&work_goes);
	stop();
}
END_TEST

/* --- bounds and the end ----------------------------------------------- */

START_TEST(there_is_a_bound_of_tasks)
{
	struct upstream_call *call;

	start_with(1, 1 << 20);
	ok(begin(&a, "", "s", "C.", &error));
	call = take_call();
	fails(begin(&b, "", "s", "C.", &error), ERROR_UNAVAILABLE);
	says("1 requests wait for a language model already");
	answer(call, "a");
	replies(&a, "C[a]");
	stop();
}
END_TEST

START_TEST(there_is_a_bound_of_their_bytes)
{
	static char long_answer[2 * sizeof(struct request)];

	memset(long_answer, 'a', sizeof(long_answer) - 1);
	start_with(10, sizeof(struct request) + 20);
	/* The continuation's length in the end does not count. */
	for (int i = 0; i < 3; i++) {
		ok(begin(&a, "", "s", "CS.", &error));
		answer_next(long_answer);
		sem_wait(&a.told);
		view_end(&a);
		wait_until_all_left();
	}
	fails(begin(&b, "", "s", "S.                       ", &error),
		ERROR_UNAVAILABLE);
	stop();
}
END_TEST

START_TEST(there_is_a_bound_of_what_they_ask)
{
	static char name[100];
	struct upstream_call *call;

	memset(name, 's', sizeof(name) - 1);
	start_with(10, 2 * (sizeof(struct request) + sizeof(name) + 20) + 150);
	for (int i = 0; i < 3; i++) {
		ok(begin(&a, "", name, "CC.", &error));
		answer_next("once");
		call = take_call();
		ok(begin(&b, "", name, "C.", &error));
		refuses(&b, ERROR_UNAVAILABLE,
			"too much waits for a language model already");
		answer(call, "twice");
		replies(&a, "C[once]C[twice]");
		wait_until_all_left();
	}
	stop();
}
END_TEST

static void *answer_soon(void *context)
{
	usleep(100000);
	answer(context, "soon");
	return NULL;
}

START_TEST(a_drain_waits_for_what_ends_by_itself)
{
	pthread_t thread;

	start();
	ok(begin(&a, "", "s", "TCW.", &error));
	pthread_create(&thread, NULL, answer_soon, take_call());
	ok(begin(&b, "", "s", "TW.", &error));
	tasks_drain(tasks, 600000);
	replies(&a, "TC[soon]W");
	replies(&b, "TW");
	pthread_join(thread, NULL);
	stop();
}
END_TEST

START_TEST(a_drain_gives_up_what_does_not)
{
	start();
	ok(begin(&a, "", "s", "TCW.", &error));
	while (!has_call())
		usleep(1000);
	ok(begin(&b, "", "s", "TW.", &error));
	ok(begin(&c, "", "s", "TW.", &error));
	tasks_drain(tasks, 50);
	refuses(&a, ERROR_UNAVAILABLE, "the server is stopping");
	refuses(&b, ERROR_UNAVAILABLE, "shutting down");
	refuses(&c, ERROR_UNAVAILABLE, "shutting down");
	fails(begin(&d, "", "s", "TW.", &error), ERROR_UNAVAILABLE);
	ck_assert_int_eq(writes, 0);
	stop();
}
END_TEST

START_TEST(a_request_without_memory_stays_the_callers)
{
	start();
	while (failing_next()) {
		struct request request = { .body = SLICE("S.") };
		struct reply reply = { .next = NEXT_READER };
		const struct task_start start = { &request, &reply, &a.viewer };
		struct task *task;
		struct error why = { 0 };
		const int result = task_new(&task, tasks, &start, &why);

		if (failing_stop()) {
			ck_assert_int_eq(result, -1);
			ck_assert_int_eq(why.code, ERROR_UNAVAILABLE);
			ck_assert_int_eq(reply.next, NEXT_READER);
			continue;
		}
		ck_assert_int_eq(result, 0);
		a.viewer.told = told;
		sem_init(&a.told, 0, 0);
		task_go(task);
		sem_wait(&a.told);
		view_end(&a);
	}
	stop();
}
END_TEST

UNIT("task", a_run_begins_where_the_last_one_asked_for,
	an_answer_is_there_in_the_runs_after_its_call,
	a_refusal_ends_it_wherever_it_is,
	what_the_upstream_refuses_is_not_written, the_call_is_of_its_request,
	what_is_erased_during_a_call_is_not_there_in_the_write,
	locks_of_one_session_come_in_order_and_hold_up_no_other,
	a_lock_is_given_back_when_its_holder_fails,
	keys_that_share_a_line_do_not_share_a_lock,
	work_is_begun_once_more_when_it_is_asked_for_meanwhile,
	work_that_failed_is_not_tried_at_every_request,
	work_has_half_of_the_tasks, there_is_a_bound_of_tasks,
	there_is_a_bound_of_their_bytes, there_is_a_bound_of_what_they_ask,
	a_drain_waits_for_what_ends_by_itself, a_drain_gives_up_what_does_not,
	a_request_without_memory_stays_the_callers)
