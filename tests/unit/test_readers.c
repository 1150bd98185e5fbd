/* SPDX-License-Identifier: MIT */
/*
 * test_readers.c - the reader lane: each job in a read of its own, or short
 * ones in one, in threads of the lane, and each is told.
 */
#include "server/work/readers.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "core/store/expect.h"
#include "tests/sqlite/sqlite_unit.h"

#define PUSHERS 3
#define PUSHES	1000
#define THREADS 2

static struct store *writer;
static struct readers *readers;
static const struct store_options store_options = { .url = path };

static void start_threads(size_t threads, size_t queue_max)
{
	const struct readers_options options = {
		.queue_max = queue_max,
		.threads = threads,
		.store = &store_options,
	};

	scratch_file();
	writer = open_store(STORE_WRITE);
	ok(store_begin(writer, &error));
	make(writer, "alice");
	ok(store_commit(writer, &error));
	ok(readers_start(&readers, &options, &error));
}

static void start(size_t queue_max)
{
	start_threads(THREADS, queue_max);
}

static void stop(void)
{
	readers_stop(readers);
	store_close(writer);
	scratch_end();
}

struct look {
	struct job job; /* the first member */
	struct session session;
	bool ran;
	bool failed;
};

static atomic_int told;
static pthread_t pushing_thread;

static int look(struct job *job, struct store *store)
{
	struct look *made = (struct look *)job;
	struct error why;

	made->ran = !pthread_equal(pthread_self(), pushing_thread);
	made->failed =
		store_session_find(store,
			(struct session_ref){ SLICE(""), SLICE("alice") }, 2000,
			&made->session, &why) != 0;
	return made->failed ? -1 : 0;
}

static void look_done(struct job *job, const struct error *outcome)
{
	ck_assert_ptr_null(outcome);
	ck_assert(((struct look *)job)->ran);
	ck_assert(!((struct look *)job)->failed);
	ck_assert_int_ne(((struct look *)job)->session.id, 0);
	free(job);
	atomic_fetch_add(&told, 1);
}

static void *push_many(void *context)
{
	(void)context;
	for (int i = 0; i < PUSHES; i++) {
		struct look *made = calloc(1, sizeof(*made));
		struct error why;

		made->job = (struct job){ .run = look, .done = look_done };
		while (readers_push(readers, &made->job, &why))
			sched_yield();
	}
	return NULL;
}

START_TEST(each_job_reads_and_is_told_once)
{
	pthread_t threads[PUSHERS];

	start(50);
	pushing_thread = pthread_self();
	for (int i = 0; i < PUSHERS; i++)
		pthread_create(&threads[i], NULL, push_many, NULL);
	for (int i = 0; i < PUSHERS; i++)
		pthread_join(threads[i], NULL);
	stop();
	ck_assert_int_eq(told, PUSHERS * PUSHES);
}
END_TEST

/* --- jobs that wait --------------------------------------------------- */

static sem_t running, gate, ended;

static int wait_at_gate(struct job *job, struct store *store)
{
	(void)job;
	(void)store;
	sem_post(&running);
	sem_wait(&gate);
	return 0;
}

static void count_end(struct job *job, const struct error *outcome)
{
	(void)job;
	ck_assert_ptr_null(outcome);
	sem_post(&ended);
}

static struct job jobs[8];

static int push(int at)
{
	return readers_push(readers, &jobs[at], &error);
}

/* All threads are at the gate, and `waiting` jobs behind them. */
static void fill(size_t waiting)
{
	sem_init(&running, 0, 0);
	sem_init(&gate, 0, 0);
	sem_init(&ended, 0, 0);
	start(waiting);
	for (int i = 0; i < 8; i++)
		jobs[i] =
			(struct job){ .run = wait_at_gate, .done = count_end };
	for (int i = 0; i < THREADS; i++)
		ok(push(i));
	for (int i = 0; i < THREADS; i++)
		sem_wait(&running);
	for (size_t i = 0; i < waiting; i++)
		ok(push(THREADS + (int)i));
}

static void open_gate(int count)
{
	for (int i = 0; i < count; i++)
		sem_post(&gate);
}

START_TEST(a_full_queue_refuses_what_was_not_accepted)
{
	fill(2);
	fails(push(6), ERROR_UNAVAILABLE);
	says("2 long reads are waiting already");
	jobs[7].accepted = true;
	ok(push(7));
	open_gate(5);
	stop();
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(sem_trywait(&ended), 0);
	ck_assert_int_ne(sem_trywait(&ended), 0);
}
END_TEST

static sem_t passed, follows_on;

static int pass(struct job *job, struct store *store)
{
	(void)job;
	(void)store;
	sem_post(&passed);
	return 0;
}

static int wait_for_signal(struct job *job, struct store *store)
{
	(void)job;
	(void)store;
	sem_wait(&follows_on);
	return 0;
}

START_TEST(jobs_that_follow_leave_half_of_the_threads)
{
	sem_init(&passed, 0, 0);
	sem_init(&follows_on, 0, 0);
	fill(2);
	for (int i = 4; i < 8; i++) {
		jobs[i].accepted = true;
		jobs[i].follows = i < 7;
		jobs[i].run = i < 7 ? wait_for_signal : pass;
		ok(push(i));
	}
	open_gate(4);
	sem_wait(&passed);
	for (int i = 4; i < 7; i++)
		sem_post(&follows_on);
	stop();
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(sem_trywait(&ended), 0);
}
END_TEST

static void name_alice(struct job *job, struct store_expected *expected)
{
	(void)job;
	*expected = (struct store_expected){ .ref.name = SLICE("alice"),
		.newest = 1 };
}

START_TEST(short_reads_come_together_in_a_few_threads)
{
	sem_init(&running, 0, 0);
	sem_init(&gate, 0, 0);
	sem_init(&ended, 0, 0);
	sem_init(&passed, 0, 0);
	start(8);
	for (int i = 0; i < 8; i++)
		jobs[i] = (struct job){ .together = i < 7,
			.expects = name_alice,
			.run = i < 7 ? wait_at_gate : pass,
			.done = count_end };
	ok(push(0));
	sem_wait(&running);
	/* The other one of two threads runs what is not short. */
	for (int i = 1; i < 8; i++)
		ok(push(i));
	sem_wait(&passed);
	sem_wait(&ended);
	ck_assert_int_ne(sem_trywait(&running), 0);
	/* Six are run as one, and told of behind the last. */
	open_gate(1);
	sem_wait(&ended);
	open_gate(5);
	for (int i = 0; i < 6; i++)
		sem_wait(&running);
	ck_assert_int_ne(sem_trywait(&ended), 0);
	open_gate(1);
	stop();
	for (int i = 0; i < 6; i++)
		ck_assert_int_eq(sem_trywait(&ended), 0);
}
END_TEST

START_TEST(a_few_short_reads_do_not_wait_for_each_other)
{
	sem_init(&running, 0, 0);
	sem_init(&gate, 0, 0);
	sem_init(&ended, 0, 0);
	start_threads(8, 8);
	for (int i = 0; i < 4; i++) {
		jobs[i] = (struct job){ .together = true,
			.expects = name_alice,
			.run = wait_at_gate,
			.done = count_end };
		ok(push(i));
		sem_wait(&running);
	}
	open_gate(4);
	stop();
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(sem_trywait(&ended), 0);
}
END_TEST

static void *open_late(void *context)
{
	usleep(100000);
	open_gate(4);
	return context;
}

START_TEST(a_stop_runs_what_is_queued)
{
	pthread_t thread;

	fill(2);
	pthread_create(&thread, NULL, open_late, NULL);
	stop();
	pthread_join(thread, NULL);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(sem_trywait(&ended), 0);
}
END_TEST

START_TEST(a_lane_without_a_file_does_not_start)
{
	const struct readers_options options = { .threads = THREADS,
		.store = &store_options };

	scratch_file();
	fails(readers_start(&readers, &options, &error), ERROR_UNAVAILABLE);
	ck_assert_ptr_null(readers);
	scratch_end();
}
END_TEST

UNIT("readers", each_job_reads_and_is_told_once,
	a_full_queue_refuses_what_was_not_accepted,
	jobs_that_follow_leave_half_of_the_threads,
	short_reads_come_together_in_a_few_threads,
	a_few_short_reads_do_not_wait_for_each_other,
	a_stop_runs_what_is_queued, a_lane_without_a_file_does_not_start)
