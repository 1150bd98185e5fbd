/* SPDX-License-Identifier: MIT */
/*
 * due.h - two handles of a store: one writes, and another one has maintenance.
 */
#ifndef CORE_STORE_DUE_H
#define CORE_STORE_DUE_H

#include <stdint.h>

struct store;

/* When something is due that a handle wrote; INT64_MAX: nothing is. */
struct store_due {
	int64_t rows;
	int64_t words; /* for the index */
};

/* Takes it from one handle, */
struct store_due store_due_take(struct store *store);
/* and gives it to the other. */
void store_due_add(struct store *store, const struct store_due *due);

#endif
