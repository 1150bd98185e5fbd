/* SPDX-License-Identifier: MIT */
/*
 * bare_file.h - what tests of the store's file share: there is none at first,
 * and another program may write to it.
 */
#ifndef TESTS_SQLITE_BARE_FILE_H
#define TESTS_SQLITE_BARE_FILE_H

#include "core/store/sqlite/migrations.h"
#include "tests/sqlite/sqlite_unit.h"

static inline void start(void)
{
	scratch_file();
}

static inline void opens_not(const struct store_options *options,
	enum store_mode mode, enum error_code code, const char *words)
{
	struct store *store;

	fails(store_open(&store, options, mode, &error), code);
	ck_assert_msg(strstr(error.message, words), "%s", error.message);
}

/* The file has the tables of this chatmem. */
static inline void is_newest(void)
{
	char newest[16];
	int count = 0;

	while (migrations[count])
		count++;
	snprintf(newest, sizeof(newest), "%d", count);
	gives("PRAGMA user_version", newest);
}

#endif
