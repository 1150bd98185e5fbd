/* SPDX-License-Identifier: MIT */
/*
 * usage.c - the tokens that an answer says it cost.
 *
 * A quotation mark inside of a string is escaped, so a name in them is a
 * member's or a value: no answer needs to be parsed for two numbers.
 */
#include "server/upstream/usage.h"

#include <ctype.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static struct slice usage_skip_space(struct slice rest)
{
	while (rest.length > 0 && isspace((unsigned char)*rest.data))
		rest = (struct slice){ rest.data + 1, rest.length - 1 };
	return rest;
}

/* The number behind a colon, or -1; more than 15 digits are none. */
static int64_t usage_number(struct slice rest)
{
	int64_t number = 0;
	size_t digits = 0;

	rest = usage_skip_space(rest);
	if (rest.length == 0 || *rest.data != ':')
		return -1;
	rest = usage_skip_space(
		(struct slice){ rest.data + 1, rest.length - 1 });
	while (digits < rest.length && digits < 16 &&
		isdigit((unsigned char)rest.data[digits]))
		number = number * 10 + (rest.data[digits++] - '0');
	return digits > 0 && digits < 16 ? number : -1;
}

static int64_t usage_find(
	struct slice bytes, const char *const *names, size_t count)
{
	int64_t found = 0;

	for (size_t i = 0; i < count; i++) {
		const size_t length = strlen(names[i]);
		struct slice rest = bytes;
		const char *at;

		while ((at = memmem(rest.data, rest.length, names[i],
				length)) != NULL) {
			const size_t passed = (size_t)(at - rest.data) + length;
			int64_t number;

			rest.data += passed;
			rest.length -= passed;
			number = usage_number(rest);
			if (number >= 0)
				found = number;
		}
	}
	return found;
}

struct usage_tokens usage_read(struct slice bytes)
{
	static const char *const inputs[] = { "\"prompt_tokens\"",
		"\"input_tokens\"" };
	static const char *const outputs[] = { "\"completion_tokens\"",
		"\"output_tokens\"" };

	if (bytes.length == 0)
		return (struct usage_tokens){ 0 };
	return (struct usage_tokens){
		usage_find(bytes, inputs, COUNT(inputs)),
		usage_find(bytes, outputs, COUNT(outputs)),
	};
}
