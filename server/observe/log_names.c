/* SPDX-License-Identifier: MIT */
/* log_names.c - names of sessions, kept out of the log. */
#include "server/observe/log_names.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "core/digest/digest.h"
#include "schema/error.h"

#define DIGITS 16

/* The words before a name, and what ends it. */
static const struct log_names_mark {
	const char *before;
	const char *ends; /* the first of these letters */
	bool quoted;	  /* or the last quote: a name may hold some */
} log_names_marks[] = {
	{ "/sessions/", "/?", false },
	{ "/conversations/", "/?", false },
	{ "session \"", "", true },
};

static bool log_names_hashed;
static unsigned char log_names_key[DIGEST_LENGTH];

void log_names_hash(const char *key)
{
	const struct slice part = slice_of(key ? key : "");
	struct error ignored = { 0 };

	log_names_hashed = true;
	if (key && digest_parts(&part, 1, log_names_key, &ignored) == 0)
		return;
	if (getrandom(log_names_key, sizeof(log_names_key), 0) < 0)
		log_names_key[0] = (unsigned char)time(NULL);
}

static int log_names_digit(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) % 16 : -1;
}

/* A name has one hash, however a path spells it. */
static struct slice log_names_decode(
	struct slice name, char buf[static LOG_NAMES_MAX])
{
	size_t length = 0;

	for (size_t i = 0; i < name.length && length < LOG_NAMES_MAX; i++) {
		const int high = name.data[i] == '%' && i + 2 < name.length
					 ? log_names_digit(name.data[i + 1])
					 : -1;
		const int low =
			high < 0 ? -1 : log_names_digit(name.data[i + 2]);

		buf[length++] =
			low < 0 ? name.data[i] : (char)(high << 4 | low);
		i += low < 0 ? 0 : 2;
	}
	return (struct slice){ buf, length };
}

/* Without memory for it a name is not shown at all. */
static void log_names_digits(struct slice name, char digits[static DIGITS + 1])
{
	const struct slice parts[] = {
		{ (const char *)log_names_key, sizeof(log_names_key) }, name
	};
	unsigned char digest[DIGEST_LENGTH] = { 0 };
	struct error ignored = { 0 };

	if (digest_parts(parts, 2, digest, &ignored))
		memset(digest, 0, sizeof(digest));
	for (size_t i = 0; i < DIGITS / 2; i++)
		snprintf(digits + 2 * i, 3, "%02x", digest[i]);
}

/* Finds the name; false: there is none behind this mark. */
static bool log_names_find(struct slice value,
	const struct log_names_mark *mark, struct slice *name)
{
	const size_t before = strlen(mark->before);
	const char *at = value.length == 0 ? NULL
					   : memmem(value.data, value.length,
						     mark->before, before);
	const char *end = value.data + value.length;

	if (!at)
		return false;
	*name = (struct slice){ at + before, (size_t)(end - at) - before };
	if (mark->quoted) {
		const char *quote = memrchr(name->data, '"', name->length);

		name->length =
			quote ? (size_t)(quote - name->data) : name->length;
		return true;
	}
	for (size_t i = 0; i < name->length; i++)
		if (strchr(mark->ends, name->data[i]))
			name->length = i;
	return name->length > 0;
}

struct slice log_names_hide(struct slice value, char buf[static LOG_NAMES_MAX])
{
	const struct log_names_mark *mark = log_names_marks;
	char decoded[LOG_NAMES_MAX], digits[DIGITS + 1];
	struct slice name, rest;
	int length;

	if (!log_names_hashed)
		return value;
	while (!log_names_find(value, mark, &name))
		if (++mark == log_names_marks + 3)
			return value;
	log_names_digits(
		mark->quoted ? name : log_names_decode(name, decoded), digits);
	rest.data = name.data + name.length;
	rest.length = (size_t)(value.data + value.length - rest.data);
	length = snprintf(buf, LOG_NAMES_MAX, "%.*s~%s%.*s",
		(int)(name.data - value.data), value.data, digits,
		(int)rest.length, rest.data);
	return (struct slice){ buf,
		length < LOG_NAMES_MAX ? (size_t)length : LOG_NAMES_MAX - 1 };
}
