/* SPDX-License-Identifier: MIT */
/*
 * text.h - bytes that belong to someone else, and text that grows.
 *
 * All text in chatmem is pointer and length: content may hold U+0000.
 */
#ifndef SCHEMA_TEXT_H
#define SCHEMA_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef SCHEMA_SLICE /* core/memory/memory.h, which stands alone, has it too \
		      */
#define SCHEMA_SLICE
/* Borrowed bytes; not terminated.  `data` may be NULL when length is 0. */
struct slice {
	const char *data;
	size_t length;
};
#endif

/* For `%.*s`: a slice as precision and pointer, at most 100 bytes of it. */
#define SLICE_SHORT(s) ((s).length < 100 ? (int)(s).length : 100), (s).data
#define SLICE(literal) ((struct slice){ (literal), sizeof(literal) - 1 })

struct slice slice_of(const char *string);
bool slice_equal(struct slice a, struct slice b);
bool slice_is(struct slice a, const char *string);
/* Three-way, bytes as unsigned, like memcmp; a prefix sorts first. */
int slice_compare(struct slice a, struct slice b);

/* Reads true, True or 1, or false, False or 0; or it is none of these. */
bool slice_flag(struct slice text, bool *flag);

/*
 * How many bytes the character at the start of `bytes` has in UTF-8, or 0 if
 * that is none: overlong forms, surrogates and what is cut off are refused.
 */
size_t utf8_step(struct slice bytes);
bool slice_is_utf8(struct slice bytes);
/* The code point of one such character, of `length` bytes. */
uint32_t utf8_code_point(const char *at, size_t length);

/*
 * Starts as {0}.  When memory runs out `failed` is set and stays set, and
 * every later append does nothing: a writer of many pieces checks once, at
 * the end.
 */
struct text {
	char *data;
	size_t length;
	size_t capacity;
	bool failed;
};

void text_append(struct text *text, const char *data, size_t length);
void text_byte(struct text *text, char byte);
void text_slice(struct text *text, struct slice slice);
void text_string(struct text *text, const char *string);
void text_number(struct text *text, int64_t number);
void text_format(struct text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Appends valid UTF-8 as a JSON string with its quotes, escaping only what
 * RFC 8259 requires; text_json_inner() leaves the quotes to the caller.
 */
void text_json(struct text *text, struct slice utf8);
void text_json_inner(struct text *text, struct slice utf8);

#define TEXT_TIME_MOST INT64_C(253402300799999) /* the end of 9999 */

/*
 * Appends milliseconds since 1970 as 2026-01-31T09:30:00.000Z, none before 0
 * or after the end of the year 9999: these are written for what lies beyond.
 */
void text_time(struct text *text, int64_t milliseconds);

/* The time so many seconds later, but neither before 0 nor past the most. */
int64_t text_time_after(int64_t milliseconds, int64_t seconds);

/* Reads what text_time() writes; false if it is not spelled just so. */
bool slice_time(struct slice text, int64_t *milliseconds);

/* Has space for `more` bytes from now on; 0, or -1 with `failed` set. */
int text_reserve(struct text *text, size_t more);

/* Its bytes; borrowed until the next append. */
struct slice text_view(const struct text *text);

/* Frees it; {0} afterwards. */
void text_clear(struct text *text);

#endif
