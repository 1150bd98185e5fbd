/* SPDX-License-Identifier: MIT */
/*
 * deferring.h - an engine as a database far away would be: SQLite, reached by
 * round trips that are counted.
 *
 * A run waits in a list until a statement that wants an answer, or the commit;
 * that sends the list first.  There are no savepoints: a member that is undone
 * drops what of its own still waits, and loses the batch if some was sent.
 * Of the batches of several members every second one is lost at its commit.
 */
#ifndef TESTS_CONTRACT_DEFERRING_H
#define TESTS_CONTRACT_DEFERRING_H

#include "core/store/engine.h"
#include "schema/error.h"

struct deferred;

struct deferring {
	struct engine base;
	struct engine *inner;
	struct deferred *first; /* of what waits */
	struct deferred **end;	/* where the next is linked */
	struct deferred **mark; /* where the member's own begin */
	bool sent;		/* something of this member */
	bool lost;
	int members;
	int batches; /* of several members */
};

/* Round trips, batches of this thread so far. */
int64_t deferring_waits(const struct store *store);
int64_t deferring_batches(void);
/*
 * A line for each thing that was asked for in this thread, in order: "#12" a
 * statement by its number, "share owner o" and "own history 5" locks.
 */
void deferring_note(const char *format, ...)
	__attribute__((format(printf, 1, 2)));
char *deferring_notes(void);
struct deferring *deferring_of(struct engine *engine);
/* The engine inside, knowing of the index what the store knows. */
struct engine *deferring_inner(struct engine *engine);
/* The other way; is `result`. */
int deferring_done(struct engine *engine, int result);

/* A round trip: all that waits is sent; -1: one of these failed. */
int deferring_ask(struct engine *engine, struct error *error);
/* From this place on nothing waits any more. */
void deferring_drop(struct deferring *engine, struct deferred **from);
/* Nothing of the batch happened. */
void deferring_lose(struct deferring *engine);
int deferring_is_lost(struct error *error);

/* Slots of the table: tested_deferred.c. */
void deferred_start(struct engine *engine, enum sql which,
	struct query_most most, struct query *query);
void deferred_number(struct query *query, int at, int64_t number);
void deferred_text(struct query *query, int at, struct slice text);
void deferred_blob(struct query *query, int at, struct slice bytes);
void deferred_null(struct query *query, int at);
int deferred_step(struct query *query, struct error *error);
int64_t deferred_get_number(const struct query *query, int column);
struct slice deferred_get_text(const struct query *query, int column);
void deferred_end(struct query *query);
int deferred_run(struct query *query, struct error *error);
int deferred_run_counting(
	struct query *query, int64_t *rows, struct error *error);
int deferred_insert(struct query *query, int64_t *id, struct error *error);
void deferred_ahead(struct query *query);

#endif
