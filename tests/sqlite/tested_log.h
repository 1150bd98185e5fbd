/* SPDX-License-Identifier: MIT */
/*
 * tested_log.h - the log of the engine SQLite, which store.h hides behind
 * store_upkeep().
 */
#ifndef TESTS_SQLITE_TESTED_LOG_H
#define TESTS_SQLITE_TESTED_LOG_H

#include "core/store/sqlite/checkpoint.h"

struct error;
struct store;

/* One checkpoint, as an upkeep makes them. */
int checkpoint(struct store *of, enum sqlite_checkpoint how, struct error *why);

/* Pages in the log since the last checkpoint. */
int log_pages(const struct store *of);

/* From now on there seem to be so many. */
void pretend_log_pages(struct store *of, int pages);

/* The handle has no page in memory any more. */
void forget_pages(const struct store *of);

#endif
