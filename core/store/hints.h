/* SPDX-License-Identifier: MIT */
/*
 * hints.h - processes that share a store tell each other what they changed.
 *
 * By a connection of its own, beside the batches: a hint may be lost, comes
 * more than once, or for nothing.  All of it belongs to one thread.
 */
#ifndef CORE_STORE_HINTS_H
#define CORE_STORE_HINTS_H

#include <stdint.h>

struct error;
struct store_changes;
struct store_hints;

/* Is called for what another process changed. */
struct hint_visitor {
	void (*visit)(void *context, const struct store_changes *changes);
	void *context;
};

/* ERROR_NOT_CONFIGURED: the store at this URL has none. */
int store_hints_open(
	struct store_hints **out, const char *url, struct error *error);
/* Accepts NULL. */
void store_hints_close(struct store_hints *hints);
int store_hints_tell(struct store_hints *hints,
	const struct store_changes *changes, struct error *error);
/*
 * Visits what was heard; waits for that until the descriptor `wake` can be read
 * or so many milliseconds have passed.  -1: the connection is lost.
 */
int store_hints_wait(struct store_hints *hints, int wake, int64_t milliseconds,
	struct hint_visitor visitor, struct error *error);

/* An engine does these. */
struct engine_hints {
	int (*open)(
		struct store_hints **out, const char *url, struct error *error);
	void (*close)(struct store_hints *hints);
	int (*tell)(struct store_hints *hints,
		const struct store_changes *changes, struct error *error);
	int (*wait)(struct store_hints *hints, int wake, int64_t milliseconds,
		struct hint_visitor visitor, struct error *error);
};

/* An engine's own struct begins with this. */
struct store_hints {
	const struct engine_hints *ops;
};

#endif
