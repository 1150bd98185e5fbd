/* SPDX-License-Identifier: MIT */
/* test_digest.c - one digest of several parts. */
#include "core/digest/digest.h"

#include "tests/unit/unit.h"

START_TEST(bytes_do_not_move_from_one_part_to_the_next)
{
	const struct slice parts[] = { SLICE("ab"), SLICE("c") };
	const struct slice moved[] = { SLICE("a"), SLICE("bc") };
	unsigned char one[DIGEST_LENGTH], other[DIGEST_LENGTH];

	ok(digest_parts(parts, 2, one, &error));
	ok(digest_parts(moved, 2, other, &error));
	ck_assert_mem_ne(one, other, DIGEST_LENGTH);
	ok(digest_parts(parts, 2, other, &error));
	ck_assert_mem_eq(one, other, DIGEST_LENGTH);
}
END_TEST

START_TEST(an_empty_part_is_a_part)
{
	const struct slice parts[] = { { 0 }, SLICE("a"), { 0 } };
	unsigned char one[DIGEST_LENGTH], other[DIGEST_LENGTH];

	ok(digest_parts(parts, 3, one, &error));
	ok(digest_parts(parts, 2, other, &error));
	ck_assert_mem_ne(one, other, DIGEST_LENGTH);
	ok(digest_parts(parts + 1, 2, other, &error));
	ck_assert_mem_ne(one, other, DIGEST_LENGTH);
}
END_TEST

UNIT("digest", bytes_do_not_move_from_one_part_to_the_next,
	an_empty_part_is_a_part)
