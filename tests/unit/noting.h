/* SPDX-License-Identifier: MIT */
/*
 * noting.h - a store that only takes notes, and jobs that misbehave.
 *
 * Its functions write down what was asked of them; tests compare these notes:
 *
 *	( )	a transaction begins, is committed; [ is one that makes room
 *	~	it is rolled back
 *	a	job a runs; a letter's meaning is in run()
 *	ab?	jobs a and b are expected, if the store is shared
 *	-	what the last job did is undone
 *	a.	job a is done: durable, or undone by its own failure
 *	a:NAME	job a is done with this error
 *	c	a step of maintenance
 *	T	all upkeep; a small t is one that readers prevented
 *	P	what upkeep is due, if `passing` is set; p: no request waits
 *	!	the writer gave up; # the store was closed
 */
#ifndef TESTS_UNIT_NOTING_H
#define TESTS_UNIT_NOTING_H

#include "core/store/expect.h"
#include "core/store/hold.h"
#include "schema/clock.h"
#include "server/work/writer.h"

#include "tests/unit/unit.h"

#include <ctype.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

/* The faults that the store shall have, and what it saw. */
static struct {
	struct text notes;
	bool lost;
	bool lose_once;
	bool lose_commit;
	bool unfinished;
	int parts; /* that a job of several has still to do */
	bool shared;
	enum error_code begin;
	enum error_code expect;
	enum error_code check;
	enum error_code commit;
	enum error_code enter;
	enum error_code upkeep;
	int readers; /* so many upkeeps of all are in vain */
	bool passing;
	/* An erasure is going on; so many steps of it are left. */
	int64_t steps;
	enum error_code step;
} store;

static sem_t gate_runs;
static sem_t gate_opens;
static sem_t job_done;
static sem_t log_looked_at;

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
	store.lost = store.lose_commit;
	store.lose_commit = false;
	return answer(store.lost ? ERROR_UNAVAILABLE : store.commit, why);
}

bool store_is_shared(const struct store *unused)
{
	(void)unused;
	return store.shared;
}

int store_expect(struct store *unused, const struct store_expected *expected,
	size_t count, int64_t now, struct error *why)
{
	(void)unused;
	(void)now;
	for (size_t i = 0; i < count; i++)
		text_slice(&store.notes, expected[i].ref.name);
	text_string(&store.notes, "?");
	return answer(store.expect, why);
}

void store_rollback(struct store *unused)
{
	(void)unused;
	text_string(&store.notes, "~");
}

int64_t store_now(const struct store *unused)
{
	(void)unused;
	return clock_ms(CLOCK_REALTIME);
}

int store_enter(struct store *unused, struct error *why)
{
	(void)unused;
	store.unfinished = false;
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

bool store_unfinished(const struct store *unused)
{
	(void)unused;
	return store.unfinished;
}

int store_upkeep(struct store *unused, enum store_upkeep how, struct error *why)
{
	const bool done = how != UPKEEP_WHOLE || store.readers-- <= 0;

	(void)unused;
	if (how != UPKEEP_WHOLE && !store.passing)
		return 1;
	text_byte(&store.notes, "PpTt"[how + !done]);
	sem_post(&log_looked_at);
	return store.upkeep ? answer(store.upkeep, why) : done;
}

int store_maintenance_step(
	struct store *unused, int64_t now, int64_t rows, struct error *why)
{
	(void)unused;
	(void)now;
	(void)rows;
	text_string(&store.notes, "c");
	if (store.step)
		return answer(store.step, why);
	store.steps--;
	return 0;
}

bool store_maintenance_may_wait(const struct store *unused, int64_t now)
{
	(void)unused;
	(void)now;
	return false;
}

int64_t store_maintenance_due(const struct store *unused)
{
	(void)unused;
	return store.steps ? 0 : INT64_MAX;
}

int store_probe(struct store *unused, int64_t now, struct error *why)
{
	(void)unused;
	(void)now;
	(void)why;
	return 0;
}

int store_probed_at(struct store *unused, int64_t *at, struct error *why)
{
	(void)unused;
	(void)why;
	*at = 0;
	return 0;
}

void store_hold(struct store *unused, int64_t until)
{
	(void)unused;
	(void)until;
}

void store_release(struct store *unused)
{
	(void)unused;
}

int store_erase_open(struct store *unused, int64_t *oldest, int64_t *newest,
	struct error *why)
{
	(void)unused;
	(void)why;
	*oldest = *newest = store.steps ? 1 : 0;
	return 0;
}

int store_ready(struct store *unused, struct error *why)
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

struct noted_job {
	struct job job; /* the first member */
	char letter;
};

static int run(struct job *job, struct store *unused)
{
	const char letter = ((struct noted_job *)job)->letter;

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
	case 'K': /* the batch is lost by its commit, once */
		store.lose_commit = store.lose_once;
		store.lose_once = false;
		return 0;
	case 'S': /* takes the batch with it and does not notice */
		store.lost = true;
		return 0;
	case 'C': /* an erasure of two steps */
		store.steps = 2;
		job->erases = true;
		return 0;
	case 'M': /* has too much to do for one transaction */
		store.unfinished = --store.parts > 0;
		return store.unfinished ? -1 : 0;
	case 'W': /* the same, and then it takes the batch with it */
		store.unfinished = store.lost = true;
		return -1;
	case 'N': /* no reader any more */
		store.readers = 0;
		return 0;
	default:
		return 0;
	}
}

static void done(struct job *job, const struct error *outcome)
{
	text_format(&store.notes, "%c%s%s", ((struct noted_job *)job)->letter,
		outcome ? ":" : ".", outcome ? error_name(outcome->code) : "");
	sem_post(&job_done);
}

static int run_gate(struct job *job, struct store *unused)
{
	(void)job;
	(void)unused;
	sem_post(&gate_runs);
	sem_wait(&gate_opens);
	return 0;
}

/* The fault behind the gate. */
static enum error_code *fault;
static enum error_code fault_code;

/* The notes up to here are the same in every test. */
static void gate_done(struct job *job, const struct error *outcome)
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

static void expects(struct job *job, struct store_expected *expected)
{
	*expected = (struct store_expected){
		.ref.name = { &((struct noted_job *)job)->letter, 1 }
	};
}

static struct writer *writer;
static bool shared;
static int64_t patience_ms = 30000;
static struct job gate = { .run = run_gate, .done = gate_done };

static void start(size_t queue_max)
{
	const struct writer_options options = { .queue_max = queue_max,
		.erase_ms = patience_ms,
		.fatal = give_up,
		.warn = warned };

	memset(&store, 0, sizeof(store));
	store.lose_once = true;
	store.parts = 3;
	store.shared = shared;
	sem_init(&gate_runs, 0, 0);
	sem_init(&gate_opens, 0, 0);
	sem_init(&job_done, 0, 0);
	sem_init(&log_looked_at, 0, 0);
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

static struct noted_job jobs[1000];

static void push(struct noted_job *job, char letter, size_t bytes)
{
	*job = (struct noted_job){ { .bytes = bytes,
					   .frees = letter == 'D',
					   .alone = letter == 'A',
					   .expects = expects,
					   .run = run,
					   .done = done },
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

#endif
