/* SPDX-License-Identifier: MIT */
/* template.c - a prompt template: text with {names} in it. */
#include "schema/llm/template.h"

#include <string.h>

#include "schema/error.h"

static void template_take(struct slice *rest, size_t length)
{
	rest->data += length;
	rest->length -= length;
}

/* Gives the text before the next brace. */
static size_t template_plain_part(struct slice rest)
{
	size_t length = 0;

	while (length < rest.length && rest.data[length] != '{' &&
		rest.data[length] != '}')
		length++;
	return length;
}

int template_next(
	struct slice *rest, struct template_piece *piece, struct error *error)
{
	const char *at = rest->data, *close;
	const size_t plain = template_plain_part(*rest);

	if (rest->length == 0)
		return 0;
	*piece = (struct template_piece){ .text = { at, plain ? plain : 1 } };
	if (plain > 0) {
		template_take(rest, plain);
		return 1;
	}
	if (rest->length > 1 && at[1] == at[0]) {
		template_take(rest, 2);
		return 1;
	}
	if (*at == '}')
		return error_set(error, ERROR_INVALID,
			"Single '}' in template; " TEMPLATE_BRACES);
	close = memchr(at, '}', rest->length);
	if (close == NULL)
		return error_set(error, ERROR_INVALID,
			"Unclosed '{' in template; " TEMPLATE_BRACES);
	piece->text = (struct slice){ at + 1, (size_t)(close - at) - 1 };
	piece->variable = true;
	template_take(rest, piece->text.length + 2);
	return 1;
}
