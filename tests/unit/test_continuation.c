/* SPDX-License-Identifier: MIT */
/* test_continuation.c - what one run of a request tells the next. */
#include "core/memory/continuation.h"

#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

static struct text made;

static void make(void)
{
	text_clear(&made);
	continuation_put_number(&made, "number", -7);
	continuation_put(&made, "bytes", SLICE("a b\n3 4\n\0end"));
	continuation_put(&made, "empty", SLICE(""));
	continuation_put(&made, "bytes", SLICE("again"));
}

START_TEST(what_is_put_is_found)
{
	struct text numbers = { 0 };

	make();
	ck_assert_int_eq(continuation_number(text_view(&made), "number"), -7);
	ck_assert(slice_equal(continuation_find(text_view(&made), "bytes"),
		SLICE("a b\n3 4\n\0end")));
	ck_assert_uint_eq(
		continuation_find(text_view(&made), "empty").length, 0);
	ck_assert_uint_eq(
		continuation_find(text_view(&made), "bytes2").length, 0);
	ck_assert_int_eq(continuation_number(text_view(&made), "bytes"), 0);
	continuation_put_number(&numbers, "least", INT64_MIN);
	continuation_put_number(&numbers, "most", INT64_MAX);
	ck_assert(
		continuation_number(text_view(&numbers), "least") == INT64_MIN);
	ck_assert(
		continuation_number(text_view(&numbers), "most") == INT64_MAX);
	text_clear(&numbers);
}
END_TEST

START_TEST(fields_come_in_the_order_in_which_they_were_put)
{
	static const char *const names[] = { "number", "bytes", "empty",
		"bytes" };
	struct continuation_field field;
	struct slice rest;

	make();
	rest = text_view(&made);
	for (size_t i = 0; i < 4; i++) {
		ck_assert(continuation_next(&rest, &field));
		is(field.name, names[i]);
	}
	is(field.bytes, "again");
	ck_assert_uint_eq(rest.length, 0);
	ck_assert(!continuation_next(&rest, &field));
}
END_TEST

/* Reads a text of which nothing stands behind its last byte. */
static size_t count_fields(struct slice text)
{
	char *copy = malloc(text.length + 1);
	struct slice rest = { copy + 1, text.length };
	struct continuation_field field;
	size_t count = 0;

	memcpy(copy + 1, text.data, text.length);
	while (continuation_next(&rest, &field)) {
		const char *end = field.bytes.data + field.bytes.length;

		ck_assert(field.name.data > copy);
		ck_assert(end <= copy + 1 + text.length);
		count++;
	}
	free(copy);
	return count;
}

START_TEST(what_is_cut_off_has_whole_fields_only)
{
	size_t count = 0;

	make();
	for (size_t length = 0; length <= made.length; length++) {
		const size_t now =
			count_fields((struct slice){ made.data, length });

		ck_assert_uint_ge(now, count);
		ck_assert_uint_le(now, count + 1);
		count = now;
	}
	ck_assert_uint_eq(count, 4);
}
END_TEST

START_TEST(what_is_garbled_is_read_within_its_bounds)
{
	unsigned state = 1;

	make();
	for (size_t at = 0; at < made.length; at++)
		for (int byte = 0; byte < 256; byte++) {
			made.data[at] = (char)byte;
			count_fields(text_view(&made));
			make();
		}
	for (int round = 0; round < 20000; round++) {
		for (int i = 0; i < 4; i++) {
			state = state * 1103515245 + 12345;
			made.data[(state >> 16) % made.length] =
				"0123456789 \n-~"[(state >> 8) % 14];
		}
		count_fields(text_view(&made));
		if (round % 16 == 0)
			make();
	}
}
END_TEST

START_TEST(a_length_that_no_text_has_is_no_field)
{
	static const char *const texts[] = { "a 1", "a 1\n", "a -1\nb",
		"a 9223372036854775807\nb", "a 18446744073709551617\nb",
		"a 01\nb", "a  1\nb", " 1\nb", "a\n1\nb", "a +1\nb", "a 1x\nb",
		"abcdefghijklmnopqrstuvwxyz1234567 1\nb" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		ck_assert_msg(
			count_fields(slice_of(texts[i])) == 0, "%s", texts[i]);
	ck_assert_uint_eq(count_fields(SLICE("a 1\nb")), 1);
}
END_TEST

UNIT("continuation", what_is_put_is_found,
	fields_come_in_the_order_in_which_they_were_put,
	what_is_cut_off_has_whole_fields_only,
	what_is_garbled_is_read_within_its_bounds,
	a_length_that_no_text_has_is_no_field)
