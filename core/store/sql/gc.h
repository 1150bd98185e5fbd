/* SPDX-License-Identifier: MIT */
/*
 * gc.h - a maintenance row, and the step of it that is being done.
 */
#ifndef CORE_STORE_SQL_GC_H
#define CORE_STORE_SQL_GC_H

#include "core/store/sql/sql.h"

enum phase { PHASE_LIVE, PHASE_RETIRED };

struct maintenance_row {
	int64_t id;
	int64_t session;
	int64_t again;
	int64_t top;	 /* INT64_MAX: at the beginning */
	int64_t history; /* 0: none at hand */
	int64_t phase;
	int64_t at;
	int64_t at_id;
	int64_t due_at;
};

/* As its due_at says: somebody waits for it, and then for the index. */
enum { ERASURE = 0, ERASURE_OF_WORDS = 1 };

struct step {
	struct store *store;
	struct maintenance_row row;
	int64_t now;
	int64_t left; /* rows that may still be looked at */
};

/*
 * Goes on with the pass through the histories of a session: 1: it is at its
 * end; 0: the rows of this step are used up; -1.
 */
int store_gc_step(struct step *step, struct error *error);

#endif
