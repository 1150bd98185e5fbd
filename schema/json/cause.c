/* SPDX-License-Identifier: MIT */
/* cause.c - why a text is no JSON, for somebody who took it for JSON. */
#include "schema/json/cause.h"

#include <string.h>

#include "schema/json/token.h"

/* How what is no JSON begins, and what it is; the first that fits counts. */
static const struct {
	const char *begins;
	const char *cause;
} causes[] = {
	{ "'", "; strings and names take double quotes" },
	{ "\xe2\x80\x98", "; strings and names take double quotes" },
	{ "\xe2\x80\x99", "; strings and names take double quotes" },
	{ "\xe2\x80\x9c", "; strings and names take straight quotes" },
	{ "\xe2\x80\x9d", "; strings and names take straight quotes" },
	{ "`", "; strings and names take double quotes" },
	{ "//", "; JSON has no comments" },
	{ "/*", "; JSON has no comments" },
	{ "#", "; JSON has no comments" },
	{ "NaN", "; JSON has no NaN: send null" },
	{ "Infinity", "; JSON has no Infinity: send null" },
	{ "True", "; it is spelled true" },
	{ "False", "; it is spelled false" },
	{ "None", "; it is spelled null" },
	{ "undefined", "; it is spelled null" },
	{ "+", "; a number has no plus in front" },
	{ ".", "; a number has a digit before the point" },
	{ "\n", "; in a string a line feed is \\n" },
	{ "\r", "; in a string a carriage return is \\r" },
	{ "\t", "; in a string a tab is \\t" },
	{ "\xff\xfe", "; this is UTF-16, and JSON is sent in UTF-8" },
	{ "\xfe\xff", "; this is UTF-16, and JSON is sent in UTF-8" },
	{ "SQLite format 3",
		"; this is a file of SQLite's: have it print JSON, "
		"or if it is chatmem's, chatmem export" },
	{ "object Object]", "; an object was made a text: send what "
			    "JSON.stringify() makes of it" },
};

static bool cause_begins(const struct json_cursor *cursor, const char *with)
{
	const size_t length = strlen(with);

	return (size_t)(cursor->end - cursor->at) >= length &&
	       memcmp(cursor->at, with, length) == 0;
}

static bool cause_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The last byte before the cursor that is no white space, or U+0000. */
static char cause_before(const struct json_cursor *cursor, const char *begin)
{
	const char *at = cursor->at;

	while (at > begin && cause_is_space(at[-1]))
		at--;
	return at > begin ? at[-1] : '\0';
}

static bool cause_is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       c == '$';
}

/* `role=user&content=Hi!`, as curl -d and a form of a page send. */
static bool cause_is_form(const struct json_cursor *cursor, const char *begin)
{
	const char *at = cursor->at;

	while (at < cursor->end && cause_is_letter(*at))
		at++;
	return cursor->at == begin && at > begin && at < cursor->end &&
	       *at == '=';
}

const char *json_cause(const struct json_cursor *cursor, const char *begin)
{
	const char c = json_peek(cursor);
	const char before = cause_before(cursor, begin);

	/* An escape has words of its own. */
	if (cursor->at == cursor->end || before == '\\')
		return "";
	for (size_t i = 0; i < sizeof(causes) / sizeof(*causes); i++)
		if (cause_begins(cursor, causes[i].begins))
			return causes[i].cause;
	if (before == ',' && (c == '}' || c == ']'))
		return c == '}' ? "; there is a comma before the '}'"
				: "; there is a comma before the ']'";
	if (cause_is_form(cursor, begin))
		return "; this is a form: send JSON, such as "
		       "{\"role\":\"user\",\"content\":\"Hi!\"}";
	if (cause_is_letter(c) &&
		(before == '\0' || strchr("{[,:", before) != NULL))
		return "; strings and names take double quotes";
	return "";
}
