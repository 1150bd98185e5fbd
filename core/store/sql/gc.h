/* SPDX-License-Identifier: MIT */
/*
 * gc.h - a maintenance row, and the step of it that is being done.
 */
#ifndef CORE_STORE_SQL_GC_H
#define CORE_STORE_SQL_GC_H

#include "core/store/sql/sql.h"

/* The rows of a history go in this order; the numbers are in the table. */
enum gc_phase { GC_LIVE, GC_RETIRED };

struct maintenance_row {
	int64_t id;
	int64_t session; /* 0: it is of an owner */
	int64_t again;
	int64_t top;	 /* INT64_MAX: at the beginning */
	int64_t history; /* 0: none at hand */
	int64_t phase;
	int64_t at;
	int64_t at_id;
	int64_t stage;
};

struct gc_step {
	struct store *store;
	struct maintenance_row row;
	int64_t now;   /* that is believed */
	int64_t clock; /* now, by the clock */
	bool idle;     /* no row is due */
	int64_t left;  /* rows that may still be looked at */
};

/*
 * Goes on with the pass through the histories of a session: 1: it is at its
 * end; 0: the rows of this step are used up; -1.
 */
int store_gc_step(struct gc_step *step, struct error *error);

/* Is there a history that begins with this one and sees so much of it? */
struct segment;
int store_gc_is_seen(struct store *store, const struct segment *base,
	bool *seen, struct error *error);

/* 1: it is deleted; 0: it has rows, being dead only since then; -1. */
int store_gc_delete_history(
	struct store *store, int64_t history, struct error *error);

/* Does a session show it?  0: none; -1: one does, and its row is damaged. */
int store_gc_check_shown(
	struct store *store, int64_t history, struct error *error);

/* Does it hold what is archived for its session? 1, 0 or -1. */
int store_gc_archives(
	struct store *store, int64_t history, struct error *error);

#endif
