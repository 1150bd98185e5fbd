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

/* Reads the first that is due: 1; 0: none is; -1. */
int store_maintenance_load(struct step *step, struct error *error);
/* Writes how far it came. */
int store_maintenance_save(struct step *step, struct error *error);
/* All erasures of which nothing is left, not even words. */
int store_erasures_done(struct store *store, struct error *error);
/* It is at its end: it goes, or waits until there is more to do. */
int store_maintenance_finish(struct step *step, struct error *error);

#endif
