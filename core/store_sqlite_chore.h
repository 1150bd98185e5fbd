/* SPDX-License-Identifier: MIT */
/*
 * store_sqlite_chore.h - a chore, and the step of it that is being done.
 */
#ifndef CORE_STORE_SQLITE_CHORE_H
#define CORE_STORE_SQLITE_CHORE_H

#include "core/store_sqlite.h"

enum phase { PHASE_LIVE, PHASE_RETIRED };

struct chore {
	int64_t id;
	int64_t session;
	int64_t again;
	int64_t top;	 /* INT64_MAX: at the beginning */
	int64_t history; /* 0: none at hand */
	int64_t phase;
	int64_t at;
	int64_t at_id;
};

struct step {
	struct store *store;
	struct chore chore;
	int64_t now;
	int64_t left; /* rows that may still be looked at */
};

/* Reads the first that is due: 1; 0: none is; -1. */
int store_chore_load(struct step *step, struct error *error);
/* Writes how far it came. */
int store_chore_save(struct step *step, struct error *error);
/* It is at its end: it goes, or waits until there is more to do. */
int store_chore_finish(struct step *step, struct error *error);

#endif
