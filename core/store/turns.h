/* SPDX-License-Identifier: MIT */
/*
 * turns.h - requests of several batches that come one after the other,
 * whichever process they came to.
 *
 * Each draws a number of its key.  The one whose number is served may go on; it
 * must be heard of again and again, or the next is served in its place.  All of
 * it on the writer's handle, in a batch.
 */
#ifndef CORE_STORE_TURNS_H
#define CORE_STORE_TURNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct engine;
struct error;
struct query;
struct store;

/* Milliseconds after which one that was not heard of is passed over. */
#define STORE_TURN_SILENCE 10000

enum store_turn_state {
	STORE_TURN_WAITS,
	STORE_TURN_SERVED,
	STORE_TURN_PASSED, /* over: it has waited, or worked, in vain */
};

struct store_turn {
	uint64_t key; /* store_session_key() */
	int64_t number;
	enum store_turn_state state;
};

/* Else this process is the only one, and knows by itself whose turn it is. */
bool store_has_turns(const struct store *store);

/* Draws the number of turn->key, and says whether it is served at once. */
int store_turn_join(
	struct store *store, struct store_turn *turn, struct error *error);

/*
 * Brings each one's state up to date, and is the sign of life of those that are
 * served.  Passes over whoever has given none.
 */
int store_turn_look(struct store *store, struct store_turn *turns, size_t count,
	struct error *error);

/* Serves the next one, if this one was served. */
int store_turn_leave(struct store *store, const struct store_turn *turn,
	struct error *error);

/*
 * Before what the turn writes: ERROR_UNAVAILABLE if it was passed over.  Nobody
 * passes it over before the batch has ended.  It is answered already if the
 * batch expected it: expect.h.
 */
int store_turn_check(struct store *store, const struct store_turn *turn,
	struct error *error);

/*
 * An engine does these, each as the function above of its name; `check` begins
 * a statement that has a row if the turn was not passed over.
 */
struct engine_turns {
	int (*join)(struct engine *engine, struct store_turn *turn,
		struct error *error);
	int (*look)(struct engine *engine, struct store_turn *turns,
		size_t count, struct error *error);
	int (*leave)(struct engine *engine, const struct store_turn *turn,
		struct error *error);
	void (*check)(struct engine *engine, const struct store_turn *turn,
		struct query *query);
};

#endif
