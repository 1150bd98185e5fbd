/* SPDX-License-Identifier: MIT */
/* indexed.h - a file of SQLite's with an index of words, and what is in it. */
#ifndef TESTS_SQLITE_INDEXED_H
#define TESTS_SQLITE_INDEXED_H

#include "tests/contract/searching.h"
#include "tests/sqlite/sqlite_unit.h"

#define HOUR 3600000

/* When the index has had words of what is no more; 0: it has none. */
#define STALE "coalesce(stale_at, 0)"

static inline void start_file(void)
{
	scratch_file();
	store = open_search(true);
}

static inline void is_index(const char *sql, const char *expected)
{
	store_close(store);
	gives(sql, expected);
	store = open_search(true);
}

#endif
