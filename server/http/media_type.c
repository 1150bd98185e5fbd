/* SPDX-License-Identifier: MIT */
/* media_type.c - types and encodings that a body is declared as. */
#include "server/http/media_type.h"

#include <string.h>
#include <strings.h>

#include "server/http/exchange.h"

bool media_type_is(struct slice text, const char *name)
{
	return strlen(name) == text.length &&
	       strncasecmp(name, text.data, text.length) == 0;
}

static bool media_type_is_among(struct slice type, const char *const *names)
{
	for (; *names; names++)
		if (media_type_is(type, *names))
			return true;
	return false;
}

bool media_type_is_json(struct slice type, bool lines)
{
	static const char *const plain[] = { "application/json",
		"application/x-www-form-urlencoded", "text/plain", NULL };
	static const char *const of_lines[] = { "application/x-ndjson",
		"application/ndjson", "application/jsonl", NULL };
	const char *end =
		type.length ? memchr(type.data, ';', type.length) : NULL;

	if (end)
		type.length = (size_t)(end - type.data);
	type = fields_trim(type);
	if (type.length == 0 || media_type_is_among(type, plain) ||
		(lines && media_type_is_among(type, of_lines)))
		return true;
	return type.length > 5 &&
	       strncasecmp(type.data + type.length - 5, "+json", 5) == 0;
}
