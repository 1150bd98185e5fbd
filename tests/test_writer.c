/* SPDX-License-Identifier: MIT */
/*
 * test_writer.c - the write lane over a store that only takes notes.
 *
 * The functions of store.h that the writer needs are defined here and write
 * down what was asked of them; the tests compare these notes:
 *
 *	( )	a transaction begins, is committed
 *	~	it is rolled back
 *	a	job a runs; a letter's meaning is in run()
 *	-	what the last job did is undone
 *	a.	job a is done: durable, or undone by its own failure
 *	a:NAME	job a is done with this error
 *	P R T	checkpoints; a small t is one that readers prevented
 *	!	the writer gave up; # the store was closed
 */
#include "server/writer.h"

#include "unit.h"

#include <ctype.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

/* What the store shall do wrong, and what it saw. */
static struct {
	struct text notes;
	bool lost;
	bool lose_once;
	enum error_code begin;
	enum error_code check;
	enum error_code commit;
	enum error_code enter;
	enum error_code checkpoint;
	int readers; /* so many TRUNCATEs are in vain */
	int64_t log_pages;
	int64_t log_bytes;
} store;

static sem_t gate_runs;
static sem_t gate_opens;
static sem_t job_done;

static int answer(enum error_code code, struct error *why)
{
	return code ? error_set(why, code, "%s", error_name(code)) : 0;
}

int store_begin(struct store *unused, struct error *why)
{
	(void)unused;
	if (store.begin)
		return answer(store.begin, why);
	store.lost = false;
	text_string(&store.notes, "(");
	return 0;
}

int store_commit(struct store *unused, struct error *why)
{
	(void)unused;
	text_string(&store.notes, ")");
	return answer(store.commit, why);
}

void store_rollback(struct store *unused)
{
	(void)unused;
	text_string(&store.notes, "~");
}

int store_enter(struct store *unused, struct error *why)
{
	(void)unused;
	return answer(store.enter, why);
}

int store_leave(struct store *unused, bool keep, struct error *why)
{
	(void)unused;
	(void)why;
	if (!keep)
		text_string(&store.notes, "-");
	return 0;
}

bool store_batch_lost(const struct store *unused)
{
	(void)unused;
	return store.lost;
}

int store_checkpoint(
	struct store *unused, enum store_checkpoint how, struct error *why)
{
	const bool done = how != CHECKPOINT_TRUNCATE || store.readers-- <= 0;
	char note[2] = { "PRT"[how], '\0' };

	(void)unused;
	if (!done)
		note[0] = (char)tolower(note[0]);
	text_string(&store.notes, note);
	if (store.checkpoint)
		return answer(store.checkpoint, why);
	if (done)
		store.log_pages = 0;
	return done;
}

int64_t store_log_pages(const struct store *unused)
{
	(void)unused;
	return store.log_pages;
}

int64_t store_log_bytes(const struct store *unused)
{
	(void)unused;
	return store.log_bytes;
}

int store_check(struct store *unused, struct error *why)
{
	(void)unused;
	return answer(store.check, why);
}

void store_close(struct store *unused)
{
	(void)unused;
	text_string(&store.notes, "#");
}

/* --- jobs ------------------------------------------------------------- */

struct job {
	struct writer_job job; /* the first member */
	char letter;
};

static int run(struct writer_job *job, struct store *unused)
{
	const char letter = ((struct job *)job)->letter;

	(void)unused;
	text_format(&store.notes, "%c", letter);
	switch (letter) {
	case 'E': /* wants an empty log */
		job->erases = true;
		return 0;
	case 'F': /* fails by itself, after it wanted an empty log */
		job->erases = true;
		return -1;
	case 'L': /* fails and takes the batch with it */
		store.lost = true;
		return -1;
	case 'O': /* the same, once */
		store.lost = store.lose_once;
		store.lose_once = false;
		return store.lost ? -1 : 0;
	case 'S': /* takes the batch with it and does not notice */
		store.lost = true;
		return 0;
	case 'N': /* no reader any more */
		store.readers = 0;
		return 0;
	default:
		return 0;
	}
}

static void done(struct writer_job *job, const struct error *outcome)
{
	text_format(&store.notes, "%c%s%s", ((struct job *)job)->letter,
		outcome ? ":" : ".", outcome ? error_name(outcome->code) : "");
	sem_post(&job_done);
}

static int run_gate(struct writer_job *job, struct store *unused)
{
	(void)job;
	(void)unused;
	sem_post(&gate_runs);
	sem_wait(&gate_opens);
	return 0;
}

/* What goes wrong behind the gate. */
static enum error_code *fault;
static enum error_code fault_code;

/* What happened up to here is the same in every test. */
static void gate_done(struct writer_job *job, const struct error *outcome)
{
	(void)job;
	ck_assert_ptr_null(outcome);
	text_clear(&store.notes);
	if (fault)
		*fault = fault_code;
}

static void give_up(void *context)
{
	(void)context;
	text_string(&store.notes, "!");
}

static void warned(void *context, const char *line)
{
	(void)context;
	(void)line;
}

static struct writer *writer;
static struct writer_job gate = { .run = run_gate, .done = gate_done };

static void start(size_t queue_max)
{
	const struct writer_options options = { .queue_max = queue_max,
		.erase_ms = 300,
		.fatal = give_up,
		.warn = warned };

	memset(&store, 0, sizeof(store));
	store.lose_once = true;
	sem_init(&gate_runs, 0, 0);
	sem_init(&gate_opens, 0, 0);
	sem_init(&job_done, 0, 0);
	ok(writer_start(&writer, NULL, &options, &error));
}

/* The writer is busy from here until open_gate(). */
static void close_gate(void)
{
	ok(writer_push(writer, &gate, &error));
	sem_wait(&gate_runs);
}

static void open_gate(void)
{
	sem_post(&gate_opens);
}

static struct job jobs[1000];

static void push(struct job *job, char letter, size_t bytes)
{
	*job = (struct job){ { .bytes = bytes, .run = run, .done = done },
		letter };
	ok(writer_push(writer, &job->job, &error));
}

static void push_all(const char *letters)
{
	for (size_t i = 0; letters[i]; i++)
		push(&jobs[i], letters[i], 1);
}

static void noted(const char *notes)
{
	ck_assert(!store.notes.failed);
	is(text_view(&store.notes), notes);
	text_clear(&store.notes);
}

static bool notes_have(const char *what)
{
	return memmem(store.notes.data, store.notes.length, what, strlen(what));
}

/* --- tests ------------------------------------------------------------ */

START_TEST(a_batch_has_one_transaction_and_members_of_their_own)
{
	static const struct {
		const char *what;
		const char *letters;
		const char *notes;
	} rows[] = {
		{ "one", "a", "(a)a.#" },
		{ "order", "abcd", "(abcd)a.b.c.d.#" },
		{ "one fails", "aFb", "(aF-b)a.F.b.#" },
		{ "lost once", "aOb", "(aO~(a)a.(O)O.(b)b.#" },
		{ "lost for good", "aLb", "(aL~(a)a.(L~L.(b)b.#" },
		{ "unnoticed", "aSb", "(aS~(a)a.(S~S:unavailable(b)b.#" },
		{ "first", "Oa", "(O~(O)O.(a)a.#" },
		{ "alone", "O", "(O~O.#" },
		{ "two of them", "LO", "(L~(L~L.(O~O.#" },
		{ "an erasure", "aEb", "(aEb)a.b.TE.#" },
		{ "erasures", "EE", "(EE)TE.E.#" },
		{ "a failed one", "F", "(F-)F.#" },
		{ "both", "EO", "(EO~(E)(O)O.TE.#" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		start(10);
		close_gate();
		push_all(rows[i].letters);
		open_gate();
		writer_stop(writer);
		ck_assert_msg(slice_is(text_view(&store.notes), rows[i].notes),
			"%s: %.*s", rows[i].what, (int)store.notes.length,
			store.notes.data);
		text_clear(&store.notes);
	}
}
END_TEST

START_TEST(a_batch_that_is_refused_is_refused_for_all)
{
	static const struct {
		enum error_code *where;
		enum error_code code;
		const char *notes;
	} rows[] = {
		{ &store.check, ERROR_STORAGE, "a:storageb:storage#" },
		{ &store.begin, ERROR_UNAVAILABLE,
			"a:unavailableb:unavailable#" },
		{ &store.enter, ERROR_UNAVAILABLE,
			"(~(~a:unavailable(~b:unavailable#" },
		{ &store.commit, ERROR_STORAGE, "(ab)a:storageb:storage#" },
		{ &store.commit, ERROR_UNKNOWN, "(ab)a:unknownb:unknown!" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		fault = rows[i].where;
		fault_code = rows[i].code;
		start(10);
		close_gate();
		push_all("ab");
		open_gate();
		writer_stop(writer);
		noted(rows[i].notes);
	}
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

START_TEST(a_checkpoint_that_fails_is_tried_again_or_the_end)
{
	static const struct {
		enum error_code code;
		const char *start;
		const char *end;
	} rows[] = {
		{ ERROR_INTERNAL, "(aE)a.TE:internal!", "!" },
		{ ERROR_STORAGE, "(aE)a.TT", "TE:unknown#" },
	};

	fault = &store.checkpoint;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		fault_code = rows[i].code;
		start(10);
		close_gate();
		push_all("aE");
		open_gate();
		writer_stop(writer);
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
			(struct job){ { .run = run, .done = done }, 'a' };
		error = (struct error){ 0 };
		if (writer_push(writer, &jobs[pushed].job, &error))
			break;
		usleep(1000);
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

START_TEST(a_long_log_is_shortened_after_the_replies)
{
	static const struct {
		int64_t pages;
		int64_t bytes;
		const char *notes;
	} rows[] = {
		{ 9999, (int64_t)65 << 20, "(a)a.#" },
		{ 10000, (int64_t)64 << 20, "(a)a.P#" },
		{ 10000, ((int64_t)64 << 20) + 1, "(a)a.PR#" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		start(10);
		store.log_pages = rows[i].pages;
		store.log_bytes = rows[i].bytes;
		push_all("a");
		sem_wait(&job_done);
		writer_stop(writer);
		noted(rows[i].notes);
	}
}
END_TEST

START_TEST(an_idle_writer_empties_the_log_once)
{
	start(10);
	push_all("a");
	usleep(2500000);
	writer_stop(writer);
	noted("(a)a.T#");
}
END_TEST

/* --- many at once ----------------------------------------------------- */

#define PUSHERS 4
#define PUSHES	2000

struct numbered {
	struct writer_job job; /* the first member */
	int pusher;
	int number;
};

/* Of the writer's thread. */
static int next_number[PUSHERS];
static atomic_int finished;

static int run_numbered(struct writer_job *job, struct store *unused)
{
	const struct numbered *numbered = (struct numbered *)job;

	(void)unused;
	ck_assert_int_eq(next_number[numbered->pusher]++, numbered->number);
	return 0;
}

static void numbered_done(struct writer_job *job, const struct error *outcome)
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
	a_batch_that_is_refused_is_refused_for_all,
	after_a_disk_failure_nothing_is_written,
	a_checkpoint_that_fails_is_tried_again_or_the_end,
	an_erasure_waits_for_readers_and_others_do_not,
	a_batch_is_bounded_in_bytes, a_batch_is_bounded_in_jobs,
	a_full_queue_refuses, stopping_refuses_what_comes_and_runs_what_came,
	a_long_log_is_shortened_after_the_replies,
	an_idle_writer_empties_the_log_once, each_thread_keeps_its_order)
