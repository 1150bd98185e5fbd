/* SPDX-License-Identifier: MIT */
/* packing.c - steps of store_pack(), which always leave others the time. */
#include "server/work/packing.h"

#include "core/store/expect.h"
#include "core/store/pack.h"
#include "core/store/store.h"
#include "schema/clock.h"
#include "server/work/pace.h"

#define PACKING_SHARE 39      /* between two steps, times what the first took */
#define PACKING_LOOK  60000   /* milliseconds until it looks again */
#define PACKING_RETRY 3600000 /* after a step that failed */
#define NEVER	      INT64_MAX

void packing_start(
	struct packing *packing, const struct store *store, int64_t now)
{
	*packing = (struct packing){ .at = NEVER };
	if (store_is_shared(store))
		return;
	packing->at = now + PACKING_LOOK;
	packing->rows = PACE_FIRST;
}

void packing_note_write(struct packing *packing, int64_t now)
{
	if (packing->at == NEVER && packing->rows)
		packing->at = now + PACKING_LOOK;
}

/* A commit takes its time however few the rows are. */
static int packing_work(struct packing *packing, struct store *store,
	int64_t *due_at, struct error *error)
{
	const int64_t start = clock_us(CLOCK_MONOTONIC);

	if (store_begin(store, error))
		return -1;
	if (store_pack(store, store_now(store), packing->rows, due_at, error)) {
		store_rollback(store);
		return -1;
	}
	packing->rows = pace_rows(
		packing->rows, clock_us(CLOCK_MONOTONIC) - start, PACE_US);
	return store_commit(store, error);
}

/* By the clock of the day, which may be set: it is asked now and then. */
static void packing_plan(
	struct packing *packing, struct store *store, int64_t due_at)
{
	const int64_t wait = due_at - store_now(store);

	if (due_at == NEVER)
		packing->at = NEVER;
	else
		packing->at += wait < PACKING_LOOK ? wait : PACKING_LOOK;
}

int packing_step(
	struct packing *packing, struct store *store, struct error *error)
{
	const int64_t start = clock_us(CLOCK_MONOTONIC);
	int64_t due_at, took, rests_until;

	packing->at = start / 1000 + PACKING_RETRY;
	if (packing_work(packing, store, &due_at, error))
		return -1;
	took = clock_us(CLOCK_MONOTONIC) - start;
	packing->at = (start + took) / 1000;
	rests_until = packing->at + took * PACKING_SHARE / 1000 + 1;
	packing_plan(packing, store, due_at);
	if (packing->at < rests_until)
		packing->at = rests_until;
	return 0;
}
