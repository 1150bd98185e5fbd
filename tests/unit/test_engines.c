/* SPDX-License-Identifier: MIT */
/* test_engines.c - the engines of the program itself, not those of tests. */
#include "core/store/engine.h"
#include "tests/unit/unit.h"

START_TEST(sqlite_is_one_row_of_plain_paths)
{
	ck_assert_str_eq(store_engines[0].scheme, "");
	ck_assert_ptr_eq(store_engines[0].ops, &engine_sqlite);
}
END_TEST

UNIT("engines", sqlite_is_one_row_of_plain_paths)
