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

/* How much of `bytes` spells the character `c`: 0 if it is another. */
static ssize_t blot_spelling(struct slice bytes, char c)
{
	char escape[8];
	size_t size = sizeof("\\u0000") - 1;

	if (*bytes.data == c)
		return 1;
	if (*bytes.data != '\\')
		return 0;
	if (bytes.length == 1)
		return CUT;
	if (bytes.data[1] == c && strchr("\"/", c))
		return 2;
	snprintf(escape, sizeof(escape), "\\u%04x", (unsigned char)c);
	if (bytes.length < size)
		size = bytes.length;
	if (strncasecmp(bytes.data, escape, size) != 0)
		return 0;
	return size < sizeof("\\u0000") - 1 ? CUT : (ssize_t)size;
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

size_t blot(char *data, size_t length, size_t from, struct slice secret)
{
	size_t at = from;

	while (secret.length && at < length) {
		const ssize_t size = blot_match(
			(struct slice){ data + at, length - at }, secret);

		if (size == CUT)
			return at;
		memset(data + at, '*', (size_t)size);
		at += size ? (size_t)size : 1;
	}
	return length;
}

void blot_end(char *data, size_t length, size_t from, struct slice secret)
{
	if (length - from > secret.length / 2)
		memset(data + from, '*', length - from);
}
