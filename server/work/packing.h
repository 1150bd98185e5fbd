/* SPDX-License-Identifier: MIT */
/*
 * packing.h - messages of quiet sessions are brought next to each other while
 * the writer has nothing else to do.
 */
#ifndef SERVER_WORK_PACKING_H
#define SERVER_WORK_PACKING_H

#include <stdint.h>

struct error;
struct store;

struct packing {
	int64_t at;   /* of the next step, on the monotonic clock in ms */
	int64_t rows; /* for it; 0: this store has none */
};

void packing_start(
	struct packing *packing, const struct store *store, int64_t now);
/* A batch was written: there will be something to be packed. */
void packing_note_write(struct packing *packing, int64_t now);

/*
 * Makes a step, in a transaction of its own, and says when the next one is.
 * ERROR_UNKNOWN: the disk failed.
 */
int packing_step(
	struct packing *packing, struct store *store, struct error *error);

#endif
