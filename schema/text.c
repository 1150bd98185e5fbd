/* SPDX-License-Identifier: MIT */
/*
 * text.c - slices, UTF-8, and text that grows.
 */
#include "schema/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TEXT_SMALLEST 64

/* --- slices ----------------------------------------------------------- */

struct slice slice_of(const char *string)
{
	return (struct slice){ string, strlen(string) };
}

bool slice_equal(struct slice a, struct slice b)
{
	return a.length == b.length &&
	       (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

bool slice_is(struct slice a, const char *string)
{
	return slice_equal(a, slice_of(string));
}

bool slice_flag(struct slice text, bool *flag)
{
	static const char *const words[2][3] = {
		{ "false", "False", "0" },
		{ "true", "True", "1" },
	};

	for (size_t i = 0; i < 6; i++) {
		*flag = i >= 3;
		if (slice_is(text, words[*flag][i % 3]))
			return true;
	}
	return false;
}

int slice_compare(struct slice a, struct slice b)
{
	size_t shorter = a.length < b.length ? a.length : b.length;
	int order = shorter == 0 ? 0 : memcmp(a.data, b.data, shorter);

	if (order == 0)
		order = (a.length > b.length) - (a.length < b.length);
	return order;
}

/* The Unicode Standard, table 3-7: well-formed UTF-8 byte sequences. */
size_t utf8_step(struct slice bytes)
{
	const unsigned char *at = (const unsigned char *)bytes.data;

	if (bytes.length == 0)
		return 0;
	if (at[0] < 0x80)
		return 1;
	if (at[0] < 0xc2 || at[0] > 0xf4)
		return 0;
	size_t length = at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
	if (bytes.length < length)
		return 0;
	unsigned low = at[0] == 0xe0 ? 0xa0 : at[0] == 0xf0 ? 0x90 : 0x80;
	unsigned high = at[0] == 0xed ? 0x9f : at[0] == 0xf4 ? 0x8f : 0xbf;
	if (at[1] < low || at[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	}
	return length;
}

bool slice_is_utf8(struct slice bytes)
{
	while (bytes.length > 0) {
		size_t step = utf8_step(bytes);

		if (step == 0)
			return false;
		bytes.data += step;
		bytes.length -= step;
	}
	return true;
}

uint32_t utf8_code_point(const char *at, size_t length)
{
	uint32_t point = (unsigned char)at[0];

	if (length > 1)
		point &= 0xffu >> (length + 1);
	for (size_t i = 1; i < length; i++)
		point = point << 6 | ((unsigned char)at[i] & 0x3f);
	return point;
}

/* --- growing ---------------------------------------------------------- */

int text_reserve(struct text *text, size_t more)
{
	if (text->failed)
		return -1;
	if (more <= text->capacity - text->length)
		return 0;
	size_t wanted = text->length + more;
	size_t capacity = text->capacity + text->capacity / 2;
	if (capacity < TEXT_SMALLEST)
		capacity = TEXT_SMALLEST;
	if (capacity < wanted)
		capacity = wanted;
	char *data = wanted < more ? NULL : realloc(text->data, capacity);
	if (!data) {
		text->failed = true;
		return -1;
	}
	text->data = data;
	text->capacity = capacity;
	return 0;
}

void text_append(struct text *text, const char *data, size_t length)
{
	if (length == 0 || text_reserve(text, length) != 0)
		return;
	memcpy(text->data + text->length, data, length);
	text->length += length;
}

void text_byte(struct text *text, char byte)
{
	if (text_reserve(text, 1) == 0)
		text->data[text->length++] = byte;
}

void text_slice(struct text *text, struct slice slice)
{
	text_append(text, slice.data, slice.length);
}

void text_string(struct text *text, const char *string)
{
	text_append(text, string, strlen(string));
}

void text_number(struct text *text, int64_t number)
{
	char digits[20]; /* "-9223372036854775808" */
	char *at = digits + sizeof(digits);
	uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;

	do {
		*--at = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (number < 0)
		*--at = '-';
	text_append(text, at, (size_t)(digits + sizeof(digits) - at));
}

void text_format(struct text *text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	int length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (length < 0)
		text->failed = true;
	/* vsnprintf also writes a terminator, which is not counted. */
	if (text_reserve(text, (size_t)length + 1) != 0)
		return;
	va_start(arguments, format);
	vsnprintf(text->data + text->length, (size_t)length + 1, format,
		arguments);
	va_end(arguments);
	text->length += (size_t)length;
}

/* --- as JSON ---------------------------------------------------------- */

static void text_append_escape(struct text *text, unsigned char byte)
{
	static const char letters[' '] = { ['\b'] = 'b',
		['\f'] = 'f',
		['\n'] = 'n',
		['\r'] = 'r',
		['\t'] = 't' };
	char letter = byte < ' ' ? letters[byte] : (char)byte;

	if (letter != '\0')
		text_append(text, (char[]){ '\\', letter }, 2);
	else
		text_format(text, "\\u%04x", byte);
}

void text_json_inner(struct text *text, struct slice utf8)
{
	size_t plain = 0; /* where the run without escapes began */

	for (size_t i = 0; i < utf8.length; i++) {
		unsigned char byte = (unsigned char)utf8.data[i];

		if (byte >= ' ' && byte != '"' && byte != '\\')
			continue;
		text_append(text, utf8.data + plain, i - plain);
		text_append_escape(text, byte);
		plain = i + 1;
	}
	text_append(text, utf8.data + plain, utf8.length - plain);
}

void text_json(struct text *text, struct slice utf8)
{
	text_byte(text, '"');
	text_json_inner(text, utf8);
	text_byte(text, '"');
}

/* --- time ------------------------------------------------------------- */

/*
 * Days since 1970 to a date of the Gregorian calendar.  Years are counted
 * from 1 March, so that the leap day is a year's last; 719468 days lie
 * between 0000-03-01 and 1970-01-01, 146097 are 400 years.
 */
static void text_civil_date(
	unsigned days, unsigned *year, unsigned *month, unsigned *day)
{
	days += 719468;
	unsigned era = days / 146097;
	unsigned of_era = days % 146097;
	unsigned years =
		(of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) /
		365;
	unsigned of_year = of_era - (365 * years + years / 4 - years / 100);
	unsigned march = (5 * of_year + 2) / 153; /* 0 is March */

	*day = of_year - (153 * march + 2) / 5 + 1;
	*month = march < 10 ? march + 3 : march - 9;
	*year = era * 400 + years + (march >= 10);
}

/* Writes the digits of `value`, right-aligned over what is there. */
static void text_put_digits(char *end, unsigned value)
{
	for (; value > 0; value /= 10)
		*--end = (char)('0' + value % 10);
}

/* By hand: a page of messages has thousands, and gmtime_r() takes a lock. */
void text_time(struct text *text, int64_t milliseconds)
{
	char out[] = "0000-00-00T00:00:00.000Z";

	if (milliseconds < 0)
		milliseconds = 0;
	if (milliseconds > TEXT_TIME_MOST)
		milliseconds = TEXT_TIME_MOST;
	unsigned of_day = (unsigned)(milliseconds % 86400000);
	unsigned year, month, day;

	text_civil_date(
		(unsigned)(milliseconds / 86400000), &year, &month, &day);
	text_put_digits(out + 4, year);
	text_put_digits(out + 7, month);
	text_put_digits(out + 10, day);
	text_put_digits(out + 13, of_day / 3600000);
	text_put_digits(out + 16, of_day / 60000 % 60);
	text_put_digits(out + 19, of_day / 1000 % 60);
	text_put_digits(out + 23, of_day % 1000);
	text_append(text, out, sizeof(out) - 1);
}

int64_t text_time_after(int64_t milliseconds, int64_t seconds)
{
	if (milliseconds < 0)
		milliseconds = 0;
	if (milliseconds > TEXT_TIME_MOST ||
		seconds > (TEXT_TIME_MOST - milliseconds) / 1000)
		return TEXT_TIME_MOST;
	return seconds > 0 ? milliseconds + seconds * 1000 : milliseconds;
}

/* The digits where the pattern has 0, its own bytes elsewhere. */
static bool text_is_spelled(struct slice text, const char *pattern)
{
	for (size_t i = 0; i < text.length; i++)
		if (pattern[i] == '0' ? text.data[i] < '0' || text.data[i] > '9'
				      : text.data[i] != pattern[i])
			return false;
	return true;
}

static int text_digits_at(const char *at, int count)
{
	int number = 0;

	while (count-- > 0)
		number = number * 10 + (*at++ - '0');
	return number;
}

/* A day that there is not would be another one a month later. */
bool slice_time(struct slice text, int64_t *milliseconds)
{
	static const char pattern[] = "0000-00-00T00:00:00.000Z";
	const char *at = text.data;
	struct tm tm = { 0 };
	int day;

	if (text.length != sizeof(pattern) - 1 ||
		!text_is_spelled(text, pattern))
		return false;
	tm.tm_year = text_digits_at(at, 4) - 1900;
	tm.tm_mon = text_digits_at(at + 5, 2) - 1;
	tm.tm_mday = day = text_digits_at(at + 8, 2);
	tm.tm_hour = text_digits_at(at + 11, 2);
	tm.tm_min = text_digits_at(at + 14, 2);
	tm.tm_sec = text_digits_at(at + 17, 2);
	if (tm.tm_year < 70 || tm.tm_mon < 0 || tm.tm_mon > 11 || day < 1 ||
		tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 59)
		return false;
	*milliseconds =
		timegm(&tm) * INT64_C(1000) + text_digits_at(at + 20, 3);
	return tm.tm_mday == day;
}

/* --- the rest --------------------------------------------------------- */

struct slice text_view(const struct text *text)
{
	return (struct slice){ text->data, text->length };
}

void text_clear(struct text *text)
{
	free(text->data);
	*text = (struct text){ 0 };
}
