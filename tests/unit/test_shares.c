/* SPDX-License-Identifier: MIT */
/*
 * test_shares.c - what one may hold when others want some, too.
 */
#include "server/http/shares.h"

#include "tests/unit/failing.h"
#include "tests/unit/unit.h"

static const size_t most[SHARE_KINDS] = { 100, 4, 1000, 1 };

static struct shares shares;

static void setup(void)
{
	shares = (struct shares){ 0 };
	shares_init(&shares, most);
}

static struct share *join(const char *name)
{
	struct share *share = share_join(&shares, slice_of(name));

	ck_assert_ptr_nonnull(share);
	return share;
}

static size_t take_all(struct share *share, enum share_kind kind)
{
	size_t count = 0;

	while (share_take(&shares, share, kind, 1) == SHARE_TAKEN)
		count++;
	return count;
}

static void give_all(struct share *share)
{
	for (int kind = 0; kind < SHARE_KINDS; kind++)
		share_give(
			&shares, share, kind, share_held(&shares, share, kind));
	share_leave(&shares, share);
}

START_TEST(a_holder_leaves_a_quarter_to_others)
{
	struct share *greedy, *second, *third;

	setup();
	greedy = join("greedy");
	second = join("second");
	third = join("third");
	ck_assert_uint_eq(take_all(greedy, SHARE_PLACES), 75);
	ck_assert_uint_eq(take_all(second, SHARE_PLACES), 25);
	ck_assert_int_eq(
		share_take(&shares, third, SHARE_PLACES, 1), SHARE_FULL);
	ck_assert_int_eq(
		share_take(&shares, greedy, SHARE_PLACES, 1), SHARE_OVER);
	share_give(&shares, greedy, SHARE_PLACES, 1);
	ck_assert_int_eq(
		share_take(&shares, greedy, SHARE_PLACES, 1), SHARE_OVER);
	ck_assert_int_eq(
		share_take(&shares, third, SHARE_PLACES, 1), SHARE_TAKEN);
	give_all(greedy);
	give_all(second);
	give_all(third);
	ck_assert_uint_eq(shares.totals[SHARE_PLACES], 0);
	shares_clear(&shares);
}
END_TEST

START_TEST(kinds_do_not_count_for_each_other)
{
	struct share *one, *two;

	setup();
	one = join("one");
	two = join("two");
	ck_assert_uint_eq(take_all(one, SHARE_PLACES), 75);
	ck_assert_uint_eq(take_all(one, SHARE_TAILS), 3);
	ck_assert_uint_eq(take_all(two, SHARE_TAILS), 1);
	ck_assert_uint_eq(take_all(one, SHARE_WRITES), 1);
	ck_assert_int_eq(
		share_take(&shares, one, SHARE_BYTES, 750), SHARE_TAKEN);
	ck_assert_int_eq(share_take(&shares, one, SHARE_BYTES, 1), SHARE_OVER);
	ck_assert_int_eq(
		share_take(&shares, two, SHARE_BYTES, 250), SHARE_TAKEN);
	ck_assert_int_eq(share_take(&shares, two, SHARE_BYTES, 1), SHARE_OVER);
	share_take_anyway(&shares, two, SHARE_BYTES, 100);
	ck_assert_uint_eq(shares.totals[SHARE_BYTES], 1100);
	ck_assert(shares_are_scarce(&shares, SHARE_BYTES));
	give_all(one);
	ck_assert(!shares_are_scarce(&shares, SHARE_BYTES));
	give_all(two);
	shares_clear(&shares);
}
END_TEST

START_TEST(a_holder_is_one_while_anybody_has_joined_it)
{
	struct share *first, *again;

	setup();
	first = join("a");
	again = join("a");
	ck_assert_ptr_eq(first, again);
	ck_assert_ptr_ne(first, join(""));
	share_leave(&shares, again);
	ck_assert_ptr_eq(first, join("a"));
	share_leave(&shares, first);
	share_leave(&shares, first);
	share_leave(&shares, join(""));
	share_leave(&shares, join(""));
	share_leave(&shares, NULL);
	for (size_t i = 0; i < SHARE_BUCKETS; i++)
		while (shares.buckets[i])
			share_leave(&shares, shares.buckets[i]);
	shares_clear(&shares);
}
END_TEST

START_TEST(without_memory_nobody_joins)
{
	setup();
	while (failing_next()) {
		struct share *share = share_join(&shares, SLICE("a"));

		ck_assert(failing_stop() == !share);
		share_leave(&shares, share);
	}
	shares_clear(&shares);
}
END_TEST

UNIT("shares", a_holder_leaves_a_quarter_to_others,
	kinds_do_not_count_for_each_other,
	a_holder_is_one_while_anybody_has_joined_it,
	without_memory_nobody_joins)
