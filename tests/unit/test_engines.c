/* SPDX-License-Identifier: MIT */
/* test_engines.c - the engines of the program itself, not those of tests. */
#include "core/store/engine.h"
#include "tests/unit/unit.h"

START_TEST(sqlite_is_the_last_row_of_plain_paths)
{
	const struct engine_row *row = store_engines;

	while (row->scheme[0] != '\0')
		row++;
	ck_assert_ptr_eq(row->ops, &engine_sqlite);
}
END_TEST

START_TEST(a_database_that_is_not_built_in_is_refused_in_words)
{
	const struct store_options options = { .url = "postgresql:///none" };
	struct store *store;

#ifdef CHATMEM_POSTGRESQL
	fails(store_open(&store, &options, STORE_READ, &error),
		ERROR_UNAVAILABLE);
#else
	fails(store_open(&store, &options, STORE_READ, &error),
		ERROR_NOT_CONFIGURED);
	says("this chatmem was built without PostgreSQL; cmake"
	     " -DCHATMEM_POSTGRESQL=ON builds it in");
#endif
}
END_TEST

UNIT("engines", sqlite_is_the_last_row_of_plain_paths,
	a_database_that_is_not_built_in_is_refused_in_words)
