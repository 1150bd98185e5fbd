/* SPDX-License-Identifier: MIT */
/* test_json_equal.c - two texts, one value. */
#include "schema/json/equal.h"
#include "tests/unit/unit.h"

#include <stdio.h>

static const struct {
	const char *a;
	const char *b;
	int equal;
} pairs[] = {
	{ "null", "null", 1 },
	{ "true", "false", 0 },
	{ "null", "false", 0 },
	{ "0", "\"0\"", 0 },
	{ "1", "1.0", 1 },
	{ "1.10", "11e-1", 1 },
	{ "100", "1E+2", 1 },
	{ "1e2", "1e02", 1 },
	{ "-0", "0.00e9", 1 },
	{ "0", "1", 0 },
	{ "-1", "1", 0 },
	{ "12", "1.2", 0 },
	{ "12", "120", 0 },
	{ "1.05", "1.5", 0 },
	{ "0.001", "1e-3", 1 },
	{ "10.01", "1001e-2", 1 },
	{ "12345678901234567890", "1234567890123456789e1", 1 },
	{ "12345678901234567890", "12345678901234567891", 0 },
	{ "1e400", "10e399", 1 },
	{ "1e400", "1e401", 0 },
	{ "1e99999999999999999", "10e99999999999999998", 1 },
	{ "1e100000000000000000000", "1e100000000000000000000", 1 },
	{ "1e100000000000000000000", "1e200000000000000000000", 0 },
	{ "\"a\"", "\"\\u0061\"", 1 },
	{ "\"\\/\"", "\"/\"", 1 },
	{ "\"\xc3\xa9\"", "\"\\u00e9\"", 1 },
	{ "\"\xf0\x9f\x98\x80\"", "\"\\ud83d\\uDE00\"", 1 },
	{ "\"\\ud83d\"", "\"\\ufffd\"", 0 },
	{ "\"a\"", "\"a\\u0000\"", 0 },
	{ "[]", "{}", 0 },
	{ "[1,2]", "[1.0,2]", 1 },
	{ "[1,2]", "[2,1]", 0 },
	{ "[1]", "[1,2]", 0 },
	{ "[1,2]", "[1]", 0 },
	{ "{}", "{}", 1 },
	{ "{\"a\":1,\"b\":2}", "{\"b\":2e0,\"\\u0061\":1}", 1 },
	{ "{\"a\":1,\"b\":2}", "{\"a\":1,\"c\":2}", 0 },
	{ "{\"a\":1,\"b\":2}", "{\"a\":1,\"b\":3}", 0 },
	{ "{\"a\":1}", "{\"a\":1,\"b\":2}", 0 },
	{ "{\"a\":{\"x\":[{\"y\":1,\"z\":2}]}}",
		"{\"a\":{\"x\":[{\"z\":2,\"y\":1}]}}", 1 },
};

START_TEST(values_are_compared_not_spellings)
{
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		struct slice a = slice_of(pairs[i].a), b = slice_of(pairs[i].b);

		ck_assert_msg(json_same_value(a, b) == pairs[i].equal,
			"%s and %s", pairs[i].a, pairs[i].b);
		ck_assert_msg(json_same_value(b, a) == pairs[i].equal,
			"%s and %s", pairs[i].b, pairs[i].a);
	}
}
END_TEST

/* Appends the number in one of its spellings. */
static void spell(struct text *out, int number)
{
	char text[40];
	int zeros = rand() % 4;

	switch (rand() % 3) {
	case 0:
		snprintf(text, sizeof(text), "%d", number);
		break;
	case 1:
		snprintf(text, sizeof(text), "%d.%0*d", number, zeros + 1, 0);
		break;
	default:
		snprintf(text, sizeof(text), "%d%0*de-%d", number, zeros + 1, 0,
			zeros + 1);
	}
	text_string(out, text);
}

/* An object of the same members in any order and spelling. */
static void shuffle(struct text *out, int count, int odd)
{
	int *order = calloc((size_t)count, sizeof(*order));
	char name[40];

	for (int i = 0; i < count; i++)
		order[i] = i;
	for (int i = count - 1; i > 0; i--) {
		int j = rand() % (i + 1), held = order[i];

		order[i] = order[j];
		order[j] = held;
	}
	for (int i = 0; i < count; i++) {
		snprintf(name, sizeof(name),
			rand() % 2 ? "%c\"k\\u0065y%d\":" : "%c\"key%d\":",
			i ? ',' : '{', order[i]);
		text_string(out, name);
		spell(out, order[i] * 10 + 1 + (order[i] == odd));
	}
	text_string(out, "}");
	free(order);
}

START_TEST(members_have_no_order)
{
	srand(7);
	for (int i = 0; i < 300; i++) {
		struct text a = { 0 }, b = { 0 }, c = { 0 };
		int count = 1 + rand() % 60;

		shuffle(&a, count, -1);
		shuffle(&b, count, -1);
		shuffle(&c, count, rand() % count);
		ck_assert_int_eq(
			json_same_value(text_view(&a), text_view(&b)), 1);
		ck_assert_int_eq(
			json_same_value(text_view(&a), text_view(&c)), 0);
		text_clear(&a);
		text_clear(&b);
		text_clear(&c);
	}
}
END_TEST

START_TEST(a_large_object_is_compared_soon)
{
	struct text a = { 0 }, b = { 0 };

	shuffle(&a, 200000, -1);
	shuffle(&b, 200000, -1);
	ck_assert_int_eq(json_same_value(text_view(&a), text_view(&b)), 1);
	text_clear(&a);
	text_clear(&b);
}
END_TEST

UNIT("json_equal", values_are_compared_not_spellings, members_have_no_order,
	a_large_object_is_compared_soon)
