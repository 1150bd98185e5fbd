/* SPDX-License-Identifier: MIT */
/*
 * number.c - ECMA-262's Number::toString, and Python's repr() of a number.
 */
#include "schema/json/number.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/json/value.h"

/* Up to here every whole number is a double. */
#define WHOLE_MAX (INT64_C(1) << 53)

/* 0.DIGITS times ten to the power of `point`. */
struct number_decimal {
	char digits[20];
	int count;
	int point;
};

/* Space for "%.16Le" of any double. */
#define SPELLING_MAX 32

static bool number_spell(
	char spelling[SPELLING_MAX], long double near, int digits, double value)
{
	snprintf(spelling, SPELLING_MAX, "%.*Le", digits - 1, near);
	return strtod(spelling, NULL) == value;
}

/*
 * The fewest digits that are read back as `value`, and of these the nearest.
 * 15 digits always come back from a double, unless it is subnormal, so fewer
 * are those 15 without their zeros.  The doubles below a power of two lie
 * twice as dense as those above: the 16 digits that come back may then be
 * nearer to the middle of what is read as `value` than to `value`.
 */
static void number_spell_shortest(char spelling[SPELLING_MAX], double value)
{
	int exponent;
	bool power_of_two = frexp(value, &exponent) == 0.5;
	long double middle = (long double)value * (1 + 0x1p-55L);

	for (int digits = value < DBL_MIN ? 1 : 15; digits <= 17; digits++) {
		if (number_spell(spelling, value, digits, value))
			return;
		if (power_of_two &&
			number_spell(spelling, middle, digits, value))
			return;
	}
}

/* `value` is above 0 and finite. */
static struct number_decimal number_decimal_of(double value)
{
	char spelling[SPELLING_MAX];
	struct number_decimal decimal = { 0 };

	number_spell_shortest(spelling, value);
	const char *at = spelling;
	for (; *at != 'e'; at++) {
		if (*at != '.')
			decimal.digits[decimal.count++] = *at;
	}
	decimal.point = 1 + (int)strtol(at + 1, NULL, 10);
	while (decimal.digits[decimal.count - 1] == '0')
		decimal.count--;
	return decimal;
}

static void number_print_zeros(struct text *out, int count)
{
	for (int i = 0; i < count; i++)
		text_string(out, "0");
}

static void number_print_digits(
	struct text *out, const struct number_decimal *decimal, int before)
{
	text_append(out, decimal->digits, (size_t)before);
	if (before < decimal->count) {
		text_string(out, ".");
		text_append(out, decimal->digits + before,
			(size_t)(decimal->count - before));
	}
}

static void number_print_decimal(
	struct text *out, const struct number_decimal *decimal)
{
	int count = decimal->count;
	int point = decimal->point;
	int before = 1; /* digits before the point */

	if (point > 0 && point <= 21) {
		before = point;
	} else if (point > -6 && point <= 0) {
		text_string(out, "0.");
		number_print_zeros(out, -point);
		before = count;
	}
	if (before > count)
		before = count;
	number_print_digits(out, decimal, before);
	if (point > 21 || point <= -6)
		text_format(out, "e%+d", point - 1);
	else
		number_print_zeros(out, point - count);
}

/* The number as a double; strtod() wants it terminated, so `out` lends its end.
 */
static double number_value(struct text *out, struct slice number)
{
	size_t length = out->length;

	text_slice(out, number);
	text_append(out, "", 1);
	if (out->failed)
		return 0;
	out->length = length;
	return strtod(out->data + length, NULL);
}

void json_print_number(struct text *out, struct slice number)
{
	int64_t whole;

	if (json_int64(number, &whole) && whole >= -WHOLE_MAX &&
		whole <= WHOLE_MAX) {
		text_number(out, whole);
		return;
	}
	double value = number_value(out, number);
	if (isinf(value)) {
		text_string(out, "null");
	} else if (value == 0) {
		text_string(out, "0");
	} else {
		struct number_decimal decimal = number_decimal_of(fabs(value));

		if (value < 0)
			text_string(out, "-");
		number_print_decimal(out, &decimal);
	}
}

/* Exponents begin beyond 16 digits and have two of their own. */
static void number_print_python(
	struct text *out, const struct number_decimal *decimal)
{
	const int count = decimal->count, point = decimal->point;

	if (point <= -4 || point > 16) {
		number_print_digits(out, decimal, 1);
		text_format(out, "e%+03d", point - 1);
	} else if (point <= 0) {
		text_string(out, "0.");
		number_print_zeros(out, -point);
		number_print_digits(out, decimal, count);
	} else if (point >= count) {
		number_print_digits(out, decimal, count);
		number_print_zeros(out, point - count);
		text_string(out, ".0");
	} else {
		number_print_digits(out, decimal, point);
	}
}

/* A number without point and exponent is an int, of any length. */
static bool number_is_whole(struct slice number)
{
	for (size_t i = 0; i < number.length; i++)
		if (strchr(".eE", number.data[i]) != NULL)
			return false;
	return true;
}

void json_print_number_python(struct text *out, struct slice number)
{
	double value;

	if (number_is_whole(number)) {
		text_slice(out, slice_is(number, "-0") ? SLICE("0") : number);
		return;
	}
	value = number_value(out, number);
	if (signbit(value))
		text_string(out, "-");
	if (isinf(value)) {
		text_string(out, "inf");
	} else if (value == 0) {
		text_string(out, "0.0");
	} else {
		struct number_decimal decimal = number_decimal_of(fabs(value));

		number_print_python(out, &decimal);
	}
}
