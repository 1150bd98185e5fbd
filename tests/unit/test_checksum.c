/* SPDX-License-Identifier: MIT */
/* test_checksum.c - the hash is the published one, and sees every change. */
#include "core/store/checksum.h"
#include "tests/unit/unit.h"

START_TEST(it_is_xxh64)
{
	static const struct {
		struct slice bytes;
		uint64_t seed;
		uint64_t sum;
	} known[] = {
		{ SLICE(""), 0, UINT64_C(0xef46db3751d8e999) },
		{ SLICE("a"), 0, UINT64_C(0xd24ec4f1a98c6e5b) },
		{ SLICE("abc"), 0, UINT64_C(0x44bc2cf5ad770999) },
		{ SLICE("xxhash"), 20141025, UINT64_C(13067679811253438005) },
		{ SLICE("Nobody inspects the spammish repetition"), 0,
			UINT64_C(0xfbcea83c8a378bf1) },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		ck_assert_uint_eq(checksum_of(known[i].bytes, known[i].seed),
			known[i].sum);
}
END_TEST

START_TEST(one_bit_anywhere_makes_another)
{
	char body[100];

	for (size_t length = 0; length <= sizeof(body); length++) {
		uint64_t sum;

		memset(body, 'b', sizeof(body));
		sum = checksum_of((struct slice){ body, length }, 7);
		for (size_t bit = 0; bit < 8 * length; bit++) {
			body[bit / 8] ^= (char)(1 << bit % 8);
			ck_assert_uint_ne(
				checksum_of((struct slice){ body, length }, 7),
				sum);
			body[bit / 8] ^= (char)(1 << bit % 8);
		}
	}
}
END_TEST

START_TEST(bytes_belong_to_their_column)
{
	const struct message one = { .form = MESSAGE_STORED,
		.type = MESSAGE_HUMAN,
		.type_sent = SLICE("ab"),
		.body = SLICE("c") };
	struct message other = one;

	other.type_sent = SLICE("a");
	other.body = SLICE("bc");
	ck_assert_int_ne(
		checksum_of_message(&one), checksum_of_message(&other));
	other = one;
	other.form = MESSAGE_FLAT;
	ck_assert_int_ne(
		checksum_of_message(&one), checksum_of_message(&other));
	other = one;
	other.id = SLICE("a copy may have another");
	ck_assert_int_eq(
		checksum_of_message(&one), checksum_of_message(&other));
}
END_TEST

UNIT("checksum", it_is_xxh64, one_bit_anywhere_makes_another,
	bytes_belong_to_their_column)
