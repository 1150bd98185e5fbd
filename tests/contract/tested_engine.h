/* SPDX-License-Identifier: MIT */
/*
 * tested_engine.h - the engines that the contract suite runs on: where a
 * test's store is, and what it has left there.
 *
 * Tables have the names that schema/sql gives them on every engine.
 */
#ifndef TESTS_CONTRACT_TESTED_ENGINE_H
#define TESTS_CONTRACT_TESTED_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

struct store;
struct store_options;

struct tested_engine {
	const char *name;
	bool far; /* each question costs a round trip: fewer are asked */
	/* Can it be tested here?  NULL: anywhere. */
	bool (*is_there)(void);
	/* Says in the options where the store of this directory is. */
	void (*locate)(struct store_options *options, const char *directory);
	/*
	 * How many rows of the table another program sees, -1: it cannot look.
	 * "words" is what the index of words has.
	 */
	int64_t (*rows)(const char *directory, const char *table);
	/* Runs SQL as another program, while the store is closed; 0 or -1. */
	int (*run)(const char *directory, const char *sql);
	/* Leaves the directory empty; the store is closed. */
	void (*remove)(const char *directory);
	/* Round trips of the store, or its thread, so far; NULL: there are
	 * none. */
	int64_t (*waits)(const struct store *store);
	int64_t (*batches)(void); /* of this thread so far; NULL: unknown */
	/* What was asked for, see deferring.h; to be read and emptied. */
	char *(*notes)(void);
};

/* All of them, ended with NULL; the first is the default. */
extern const struct tested_engine *const tested_engines[];

extern const struct tested_engine tested_sqlite;
extern const struct tested_engine tested_deferring;
extern const struct tested_engine tested_postgresql; /* if it is built in */

#endif
