/* SPDX-License-Identifier: MIT */
/*
 * test_writer.c - the write lane over a store that only takes notes.
 */
#include "tests/unit/noting.h"
#include "tests/unit/noting_damage.h"

/* In one batch, if the writer has its way. */
static void write_all(const char *letters)
{
	start(10);
	close_gate();
	push_all(letters);
	open_gate();
	writer_stop(writer);
}

START_TEST(a_batch_has_one_transaction_and_members_of_their_own)
{
	static const struct {
		const char *what;
		const char *letters, *notes;
	} rows[] = {
		{ "one", "a", "(a)a.#" },
		{ "order", "abcd", "(abcd)a.b.c.d.#" },
		{ "one fails", "aFb", "(aF-b)a.F.b.#" },
		{ "lost once", "aOb", "(aO~(a)a.(O)O.(b)b.#" },
		{ "lost for good", "aLb", "(aL~(a)a.(L~L.(b)b.#" },
		{ "one of many", "abOcd", "(abO~(ab)a.b.(O)O.(cd)c.d.#" },
		{ "by its commit", "aKb", "(aKb)(a)a.(K)K.(b)b.#" },
		{ "alone at that", "K", "(K)K:unavailable#" },
		{ "unnoticed", "aSb", "(aS~(a)a.(S~S:unavailable(b)b.#" },
		{ "first", "Oa", "(O~(O)O.(a)a.#" },
		{ "alone", "O", "(O~O.#" },
		{ "two of them", "LO", "(L~(L~L.(O~O.#" },
		{ "an erasure", "aEb", "(aEb)a.b.TE.#" },
		{ "erasures", "EE", "(EE)TE.E.#" },
		{ "its steps", "aCb", "(aCb)a.b.(c)(c)TC.#" },
		{ "an older one", "CE", "(CE)(c)(c)TC.E.#" },
		{ "a failed one", "F", "(F-)F.#" },
		{ "in parts", "aMb", "(aMb)a.b.(M)(M)M.#" },
		{ "a part lost", "OM", "(O~(O)O.(M)(M)(M)M.#" },
		{ "a part and all", "W", "(W~W.#" },
		{ "both", "EO", "(EO~(E)(O)O.TE.#" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		write_all(rows[i].letters);
		ck_assert_msg(slice_is(text_view(&store.notes), rows[i].notes),
			"%s: %.*s", rows[i].what, (int)store.notes.length,
			store.notes.data);
		text_clear(&store.notes);
	}
}
END_TEST

START_TEST(a_batch_that_goes_around_damage_is_run_again)
{
	static const struct {
		int retries;
		const char *letters, *notes;
	} rows[] = {
		{ 1, "O", "(O~(O)O.#" },
		{ 1, "aOb", "(aO~(aOb)a.O.b.#" },
		{ 1, "aLb", "(aL~(aL~(a)a.(L~L.(b)b.#" },
		{ 2, "L", "(L~(L~(L~L.#" },
		{ 1000, "L", "(L~(L~(L~L.#" },
		{ 1000, "aLb", "(aL~(aL~(aL~(a)a.(L~(L~(L~L.(b)b.#" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		retries = rows[i].retries;
		write_all(rows[i].letters);
		noted(rows[i].notes);
	}
	retries = 0;
}
END_TEST

START_TEST(jobs_are_expected_to_be_kept_unless_one_was_undone)
{
	lose_one_of_many();
	is(text_view(&trust), "yynnnn|yy");
	text_clear(&trust);
}
END_TEST

START_TEST(damage_is_told_to_whose_erasure_it_is)
{
	erase_stuck('C', "C:damaged");
	erase_stuck('X', "C.");
}
END_TEST

START_TEST(a_batch_is_refused_but_for_what_makes_room)
{
	static const struct {
		enum error_code *where;
		enum error_code code;
		const char *letters, *notes;
	} rows[] = {
		{ &store.check, ERROR_STORAGE, "ab", "a:storageb:storage#" },
		{ &store.check, ERROR_STORAGE, "DD", "[DD)D.D.#" },
		{ &store.check, ERROR_STORAGE, "aDb",
			"a:storage[D)D.b:storage#" },
		{ &store.check, ERROR_UNAVAILABLE, "D", "D:unavailable#" },
		{ &store.begin, ERROR_UNAVAILABLE, "ab",
			"a:unavailableb:unavailable#" },
		{ &store.enter, ERROR_UNAVAILABLE, "ab",
			"(~(~a:unavailable(~b:unavailable#" },
		{ &store.commit, ERROR_STORAGE, "ab",
			"(ab)a:storageb:storage#" },
		{ &store.commit, ERROR_UNKNOWN, "ab",
			"(ab)a:unknownb:unknown!" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		fault = rows[i].where;
		fault_code = rows[i].code;
		write_all(rows[i].letters);
		noted(rows[i].notes);
	}
}
END_TEST

START_TEST(a_shared_store_is_told_what_to_expect)
{
	static const struct {
		const char *letters, *notes;
		const char *notes_of_others;
	} rows[] = {
		{ "abc", "(abc?abc)a.b.c.#", "(abc)a.b.c.#" },
		{ "abAAcA", "(ab?ab)a.b.(A?A)A.(A?A)A.(c?c)c.(A?A)A.#",
			"(abAAcA)a.b.A.A.c.A.#" },
		{ "aOb", "(aOb?aO~(a?a)a.(O?O)O.(b?b)b.#",
			"(aO~(a)a.(O)O.(b)b.#" },
	};

	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(*rows); i++) {
		shared = i % 2 == 0;
		write_all(rows[i / 2].letters);
		noted(shared ? rows[i / 2].notes : rows[i / 2].notes_of_others);
	}
	shared = false;
}
END_TEST

START_TEST(what_fails_before_its_members_is_no_fault_of_theirs)
{
	shared = true;
	fault = &store.expect;
	fault_code = ERROR_UNAVAILABLE;
	write_all("ab");
	noted("(ab?~(a?~a:unavailable(b?~b:unavailable#");
	shared = false;
}
END_TEST

START_TEST(after_a_disk_failure_nothing_is_written)
{
	fault = &store.commit;
	fault_code = ERROR_UNKNOWN;
	start(300);
	close_gate();
	for (int i = 0; i < 257; i++)
		push(&jobs[i], 'a', 1);
	open_gate();
	for (int i = 0; i < 257; i++)
		sem_wait(&job_done);
	fails(writer_push(writer, &jobs[0].job, &error), ERROR_UNAVAILABLE);
	says("the disk failed and nothing is written any more");
	writer_stop(writer);
	ck_assert(notes_have("a:unknown!a:unavailable"));
	ck_assert(!notes_have("#"));
	text_clear(&store.notes);
}
END_TEST

START_TEST(upkeep_that_fails_is_tried_again_or_the_end)
{
	static const struct {
		enum error_code code;
		const char *start;
		const char *end;
	} rows[] = {
		{ ERROR_INTERNAL, "(aE)a.TE:internal!", "!" },
		{ ERROR_STORAGE, "(aE)a.TT", "TE:unknown#" },
	};

	fault = &store.upkeep;
	patience_ms = 2000;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		fault_code = rows[i].code;
		write_all("aE");
		ck_assert(notes_have(rows[i].start));
		ck_assert(notes_have(rows[i].end));
		text_clear(&store.notes);
	}
}
END_TEST

START_TEST(an_erasure_waits_for_readers_and_others_do_not)
{
	start(10);
	store.readers = INT32_MAX;
	push(&jobs[0], 'E', 1);
	push(&jobs[1], 'a', 1);
	sem_wait(&job_done);
	push(&jobs[2], 'N', 1);
	sem_wait(&job_done);
	writer_stop(writer);
	ck_assert(notes_have("t"));
	ck_assert(notes_have("a."));
	ck_assert(notes_have("N."));
	ck_assert(notes_have("TE.#"));
	text_clear(&store.notes);
}
END_TEST

START_TEST(a_batch_is_bounded_in_bytes)
{
	const size_t mega = (size_t)1 << 20;

	start(10);
	close_gate();
	push(&jobs[0], 'a', 9 * mega);
	push(&jobs[1], 'b', 3 * mega);
	push(&jobs[2], 'c', 1 * mega);
	push(&jobs[3], 'd', 1);
	open_gate();
	writer_stop(writer);
	noted("(a)a.(bc)b.c.(d)d.#");
}
END_TEST

START_TEST(a_batch_is_bounded_in_jobs)
{
	start(1000);
	close_gate();
	for (int i = 0; i < 257; i++)
		push(&jobs[i], 'a', 1);
	open_gate();
	writer_stop(writer);
	ck_assert_uint_eq(store.notes.length, 257 * 3 + 2 * 2 + 1);
	ck_assert_int_eq(store.notes.data[257], ')');
	text_clear(&store.notes);
}
END_TEST

START_TEST(a_full_queue_refuses)
{
	start(2);
	close_gate();
	push_all("ab");
	fails(writer_push(writer, &jobs[2].job, &error), ERROR_UNAVAILABLE);
	says("2 writes are waiting already");
	open_gate();
	writer_stop(writer);
	noted("(ab)a.b.#");
}
END_TEST

static void *stop(void *context)
{
	writer_stop(context);
	return NULL;
}

START_TEST(stopping_refuses_what_comes_and_runs_what_came)
{
	pthread_t stopper;
	int pushed = 0;

	start(1000);
	close_gate();
	pthread_create(&stopper, NULL, stop, writer);
	for (;; pushed++) {
		jobs[pushed] =
			(struct noted_job){ { .run = run, .done = done }, 'a' };
		error = (struct error){ 0 };
		if (writer_push(writer, &jobs[pushed].job, &error))
			break;
		usleep(10000);
	}
	says("the server is stopping");
	open_gate();
	pthread_join(stopper, NULL);
	for (int i = 0; i < pushed; i++)
		ck_assert_int_eq(sem_trywait(&job_done), 0);
	ck_assert_int_ne(sem_trywait(&job_done), 0);
	text_clear(&store.notes);
}
END_TEST

START_TEST(upkeep_comes_after_the_replies)
{
	start(10);
	store.passing = true;
	close_gate();
	push_all("a");
	open_gate();
	writer_stop(writer);
	noted("P(a)a.p#");
}
END_TEST

START_TEST(an_idle_writer_does_all_upkeep_once_and_wakes)
{
	start(10);
	push_all("a");
	sem_wait(&log_looked_at);
	usleep(1500000); /* in which it has time for another look */
	push(&jobs[1], 'b', 1);
	sem_wait(&job_done);
	sem_wait(&job_done);
	writer_stop(writer);
	noted("(a)a.T(b)b.#");
}
END_TEST

/* --- many at once ----------------------------------------------------- */

#define PUSHERS 4
#define PUSHES	2000

struct numbered {
	struct job job; /* the first member */
	int pusher;
	int number;
};

/* Of the writer's thread. */
static int next_number[PUSHERS];
static atomic_int finished;

static int run_numbered(struct job *job, struct store *unused)
{
	const struct numbered *numbered = (struct numbered *)job;

	(void)unused;
	ck_assert_int_eq(next_number[numbered->pusher]++, numbered->number);
	return 0;
}

static void numbered_done(struct job *job, const struct error *outcome)
{
	ck_assert_ptr_null(outcome);
	free(job);
	atomic_fetch_add(&finished, 1);
}

static void *push_many(void *context)
{
	const int pusher = *(int *)context;

	for (int i = 0; i < PUSHES; i++) {
		struct numbered *numbered = calloc(1, sizeof(*numbered));
		struct error why;

		*numbered = (struct numbered){ { .run = run_numbered,
						       .done = numbered_done },
			pusher, i };
		while (writer_push(writer, &numbered->job, &why))
			sched_yield();
	}
	return NULL;
}

START_TEST(each_thread_keeps_its_order)
{
	pthread_t threads[PUSHERS];
	int names[PUSHERS];

	start(100);
	for (int i = 0; i < PUSHERS; i++) {
		names[i] = i;
		pthread_create(&threads[i], NULL, push_many, &names[i]);
	}
	for (int i = 0; i < PUSHERS; i++)
		pthread_join(threads[i], NULL);
	writer_stop(writer);
	ck_assert_int_eq(finished, PUSHERS * PUSHES);
	text_clear(&store.notes);
}
END_TEST

UNIT("writer", a_batch_has_one_transaction_and_members_of_their_own,
	a_batch_that_goes_around_damage_is_run_again,
	jobs_are_expected_to_be_kept_unless_one_was_undone,
	damage_is_told_to_whose_erasure_it_is,
	a_batch_is_refused_but_for_what_makes_room,
	a_shared_store_is_told_what_to_expect,
	what_fails_before_its_members_is_no_fault_of_theirs,
	after_a_disk_failure_nothing_is_written,
	upkeep_that_fails_is_tried_again_or_the_end,
	an_erasure_waits_for_readers_and_others_do_not,
	a_batch_is_bounded_in_bytes, a_batch_is_bounded_in_jobs,
	a_full_queue_refuses, stopping_refuses_what_comes_and_runs_what_came,
	upkeep_comes_after_the_replies, each_thread_keeps_its_order,
	an_idle_writer_does_all_upkeep_once_and_wakes)
