/* SPDX-License-Identifier: MIT */
/* figures.h - numbers for an operator; all within a read. */
#ifndef CORE_STORE_FIGURES_H
#define CORE_STORE_FIGURES_H

#include "core/store/store.h"

/* A number of -1 is not known, or not of this engine. */
struct store_figures {
	int64_t database_bytes;
	int64_t log_bytes;  /* written, and waiting for upkeep */
	int64_t free_bytes; /* on the disk, for whoever writes there */
	int64_t unindexed;  /* messages, at most, that no search finds yet */
	/* When the newest good backup was begun, in seconds since 1970. */
	int64_t backed_up_at;
	/* Of recent.h: sessions found there, or not, since the start. */
	int64_t cache_bytes, cache_hits, cache_misses;
};

struct store_figures store_figures(struct store *store);

/* Sessions, expired ones too: reads an index whole. */
int store_count_sessions(
	struct store *store, int64_t *count, struct error *error);

#endif
