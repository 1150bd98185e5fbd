/* SPDX-License-Identifier: MIT */
/*
 * blot.c - the key to the upstream is in nothing that the upstream says.
 */
#include "server/upstream/blot.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/types.h>

#define CUT (-1) /* the bytes end before it is known */

/* A text within a text within a text escapes its escapes. */
#define BACKSLASHES_MAX 16

/* --- how a secret may be spelled ---------------------------------------- */

/* CUT, 0 or the length of `spelling`: do the bytes begin with it? */
static ssize_t blot_begins(struct slice bytes, const char *spelling)
{
	const size_t length = strlen(spelling);
	const size_t size = bytes.length < length ? bytes.length : length;

	if (strncasecmp(bytes.data, spelling, size) != 0)
		return 0;
	return size < length ? CUT : (ssize_t)length;
}

/* Behind a backslash or several. */
static ssize_t blot_escape(struct slice bytes, char c)
{
	char escape[8];
	size_t count = 0;
	ssize_t size;

	while (count < bytes.length && bytes.data[count] == '\\')
		count++;
	if (count > BACKSLASHES_MAX)
		return 0;
	if (count == bytes.length)
		return CUT;
	if (bytes.data[count] == c && strchr("\"/", c))
		return (ssize_t)count + 1;
	snprintf(escape, sizeof(escape), "u%04x", (unsigned char)c);
	size = blot_begins(
		(struct slice){ bytes.data + count, bytes.length - count },
		escape);
	return size > 0 ? size + (ssize_t)count : size;
}

/* How much of `bytes` spells the character `c`: 0 if it is another. */
static ssize_t blot_spelling(struct slice bytes, char c)
{
	char escape[8];

	if (*bytes.data == c)
		return c == '\\' && bytes.length > 1 && bytes.data[1] == c ? 2
									   : 1;
	if (*bytes.data == '\\')
		return blot_escape(bytes, c);
	if (*bytes.data != '%')
		return 0;
	snprintf(escape, sizeof(escape), "%%%02x", (unsigned char)c);
	return blot_begins(bytes, escape);
}

/* How much of `bytes` spells the secret; 0 if they do not begin with it. */
static ssize_t blot_match(struct slice bytes, struct slice secret)
{
	size_t at = 0;

	for (size_t i = 0; i < secret.length; i++) {
		ssize_t size;

		if (at == bytes.length)
			return CUT;
		size = blot_spelling(
			(struct slice){ bytes.data + at, bytes.length - at },
			secret.data[i]);
		if (size <= 0)
			return size;
		at += (size_t)size;
	}
	return (ssize_t)at;
}

/* --- looking for it ----------------------------------------------------- */

static size_t blot_form(
	char *data, size_t length, size_t from, struct slice form)
{
	for (size_t at = from; at < length; at++) {
		ssize_t size;

		if (data[at] != *form.data && data[at] != '\\' &&
			data[at] != '%')
			continue;
		size = blot_match(
			(struct slice){ data + at, length - at }, form);
		if (size == CUT)
			return at;
		memset(data + at, '*', (size_t)size);
		at += size ? (size_t)size - 1 : 0;
	}
	return length;
}

size_t blot(char *data, size_t length, size_t from,
	const struct blot_secret *secret)
{
	size_t first = length;

	for (int i = 0; i < secret->count; i++) {
		const size_t end = blot_form(
			data, length, from, text_view(&secret->forms[i]));

		first = end < first ? end : first;
	}
	return first;
}

void blot_end(char *data, size_t length, size_t from,
	const struct blot_secret *secret)
{
	for (int i = 0; i < secret->count; i++) {
		const struct slice form = text_view(&secret->forms[i]);
		const size_t end = blot_form(data, length, from, form);

		if (length - end > form.length / 2)
			memset(data + end, '*', length - end);
	}
}

/* --- its forms ---------------------------------------------------------- */

static void blot_encode(struct text *out, struct slice bytes, const char *last)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "abcdefghijklmnopqrstuvwxyz"
				       "0123456789";

	for (size_t i = 0; i + 3 <= bytes.length; i += 3) {
		const unsigned char *b = (const unsigned char *)bytes.data + i;
		const unsigned bits =
			(unsigned)b[0] << 16 | (unsigned)b[1] << 8 | b[2];

		for (int shift = 18; shift >= 0; shift -= 6) {
			const unsigned digit = bits >> shift & 63;

			text_append(out,
				digit < 62 ? &alphabet[digit]
					   : &last[digit - 62],
				1);
		}
	}
}

/*
 * In base64 three bytes are four characters: what is left over at either end
 * depends on what stands beside the secret, and is not looked for.
 */
static void blot_add_base64(
	struct blot_secret *secret, size_t skip, const char *last)
{
	const struct slice itself = text_view(&secret->forms[0]);
	struct text *form = &secret->forms[secret->count];

	blot_encode(form,
		(struct slice){ itself.data + skip, itself.length - skip },
		last);
	secret->count++;
}

/* The second alphabet spells most secrets as the first does. */
static void blot_drop_repeated(struct blot_secret *secret)
{
	const int last = secret->count - 1;

	if (!slice_equal(text_view(&secret->forms[last]),
		    text_view(&secret->forms[last - 1])))
		return;
	text_clear(&secret->forms[last]);
	secret->count--;
}

int blot_secret_init(struct blot_secret *secret, const char *key)
{
	bool failed = false;

	if (!key || strlen(key) < BLOT_SECRET_MIN)
		return 0;
	text_string(&secret->forms[0], key);
	secret->count = 1;
	for (size_t skip = 0; skip < 3; skip++) {
		blot_add_base64(secret, skip, "+/");
		blot_add_base64(secret, skip, "-_");
		blot_drop_repeated(secret);
	}
	for (int i = 0; i < secret->count; i++)
		failed = failed || secret->forms[i].failed;
	return failed ? -1 : 0;
}

struct slice blot_secret_itself(const struct blot_secret *secret)
{
	return text_view(&secret->forms[0]);
}

void blot_secret_clear(struct blot_secret *secret)
{
	for (int i = 0; i < secret->count; i++) {
		struct text *form = &secret->forms[i];

		if (form->data)
			explicit_bzero(form->data, form->length);
		text_clear(form);
	}
	secret->count = 0;
}
