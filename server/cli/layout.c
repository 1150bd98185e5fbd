/* SPDX-License-Identifier: MIT */
/* layout.c - help within 80 columns. */
#include "server/cli/layout.h"

#include <string.h>

#include "schema/text.h"

#define COLUMNS 79
#define INDENT	2
#define WORDS	29 /* the column where the words begin */

static void layout_pad(struct text *out, size_t columns)
{
	while (columns-- > 0)
		text_byte(out, ' ');
}

/* Goes on at column `at`; further lines begin at `indent`. */
static void layout_words(
	struct text *out, const char *words, size_t at, size_t indent)
{
	bool first = true;

	while (*words) {
		const size_t length = strcspn(words, " ");

		if (!first && at + 1 + length > COLUMNS) {
			text_byte(out, '\n');
			layout_pad(out, indent);
			at = indent;
			first = true;
		}
		if (!first)
			text_byte(out, ' ');
		text_append(out, words, length);
		at += length + !first;
		first = false;
		words += length + (words[length] == ' ');
	}
	text_byte(out, '\n');
}

void layout_row(struct text *out, const char *name, const char *words)
{
	const size_t end = INDENT + strlen(name);

	layout_pad(out, INDENT);
	text_string(out, name);
	if (end + 2 > WORDS)
		text_byte(out, '\n');
	layout_pad(out, end + 2 > WORDS ? WORDS : WORDS - end);
	layout_words(out, words, WORDS, WORDS);
}

void layout_paragraph(struct text *out, const char *words)
{
	layout_pad(out, INDENT);
	layout_words(out, words, INDENT, INDENT);
}
