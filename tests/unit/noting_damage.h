/* SPDX-License-Identifier: MIT */
/*
 * noting_damage.h - the damage that a store which only takes notes has met,
 * and the room that is kept for what makes some.
 */
#ifndef TESTS_UNIT_NOTING_DAMAGE_H
#define TESTS_UNIT_NOTING_DAMAGE_H

#include "core/store/check.h"
#include "core/store/pack.h"
#include "tests/unit/noting.h"

static int retries; /* so often a batch that is lost is to be run again */

bool store_retries(struct store *unused)
{
	(void)unused;
	return retries > 0 && retries-- > 0;
}

int store_begin_freeing(struct store *unused, struct error *why)
{
	(void)unused;
	(void)why;
	store.lost = false;
	text_string(&store.notes, "[");
	return 0;
}

int store_begin_step(struct store *unused, struct error *why)
{
	return store_begin(unused, why);
}

/* It has no second handle. */
int store_open(struct store **out, const struct store_options *options,
	enum store_mode mode, struct error *why)
{
	(void)options;
	(void)mode;
	*out = NULL;
	return answer(ERROR_UNAVAILABLE, why);
}

/* Nor rows that lie anywhere. */
int store_pack(struct store *unused, int64_t now, int64_t rows, int64_t *due_at,
	struct error *why)
{
	(void)unused;
	(void)now;
	(void)rows;
	(void)why;
	*due_at = INT64_MAX;
	return 0;
}

/* Of each batch: is none of its jobs expected to be undone? */
static struct text trust;

void store_expect_no_undo(struct store *unused, bool none)
{
	(void)unused;
	text_string(&trust, none ? "y" : "n");
}

/* The step that failed was of the erasure of this session; it is put aside. */
static int64_t stuck_session;

bool store_erase_is_stuck(const struct store *unused, int64_t *session)
{
	(void)unused;
	*session = stuck_session;
	if (stuck_session)
		store.step = ERROR_NONE;
	stuck_session = 0;
	return *session != 0;
}

int store_erase_refuse(struct error *why)
{
	return error_set(why, ERROR_DAMAGED, "stuck");
}

/* Of three erasures, that of C has a step that is in vain: that of `stuck`. */
static void erase_stuck(int64_t stuck, const char *told)
{
	stuck_session = stuck;
	fault = &store.step;
	fault_code = ERROR_DAMAGED;
	start(10);
	close_gate();
	push_all("ECE");
	jobs[1].job.erased = 'C';
	open_gate();
	writer_stop(writer);
	fault = NULL;
	ck_assert(notes_have(told));
	ck_assert(notes_have("E.C.E.") || notes_have("E.E."));
	text_clear(&store.notes);
}

/* One of a thousand jobs in batches, then two in batches of their own. */
static void lose_one_of_many(void)
{
	retries = 1;
	start(1000);
	close_gate();
	push_all("aOb");
	for (int i = 3; i < 1000; i++)
		push(&jobs[i], 'a', 1);
	open_gate();
	for (int i = 0; i < 1000; i++)
		sem_wait(&job_done);
	text_string(&trust, "|");
	push(&jobs[0], 'a', 1);
	sem_wait(&job_done);
	push(&jobs[0], 'a', 1);
	writer_stop(writer);
	text_clear(&store.notes);
}

#endif
