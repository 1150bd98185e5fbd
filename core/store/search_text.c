/* SPDX-License-Identifier: MIT */
/* search_text.c - what of a message can be found, and what is asked for. */
#include "core/store/search_text.h"

#include <string.h>

#include "schema/forms/form.h"
#include "schema/json/value.h"

#define SNIPPET_BEFORE 40 /* characters, before what was found */
#define SNIPPET_LENGTH 160

static void search_text_add_string(struct text *out, struct slice value)
{
	if (json_kind(value) != JSON_KIND_STRING)
		return;
	if (out->length > 0)
		text_append(out, "\n", 1);
	json_decode(out, value);
}

static void search_text_add_parts(struct text *out, struct slice array)
{
	struct json_walk walk = json_walk(array);
	struct slice part, inner;

	while (json_next_element(&walk, &part)) {
		if (json_kind(part) != JSON_KIND_OBJECT)
			search_text_add_string(out, part);
		else if (json_find(part, "text", &inner))
			search_text_add_string(out, inner);
	}
}

static void search_text_add_message(
	struct text *out, const struct message *message)
{
	struct slice content = message->body;

	if (!message_is_content(message) &&
		!message_find_content(message->body, &content))
		return;
	if (json_kind(content) == JSON_KIND_ARRAY)
		search_text_add_parts(out, content);
	else
		search_text_add_string(out, content);
}

static int search_text_add_part(void *context, const struct message *part)
{
	search_text_add_message(context, part);
	return 0;
}

void search_text(struct text *out, const struct message *message)
{
	if (form_parts(message, search_text_add_part, out))
		out->failed = true;
}

static bool search_text_is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The bytes before the first one that ends a word, or a quoted text. */
static size_t search_text_part_length(struct slice rest, bool quoted)
{
	size_t length = 0;

	while (length < rest.length && rest.data[length] != '"' &&
		(quoted || !search_text_is_space(rest.data[length])))
		length++;
	return length;
}

static void search_text_skip(struct slice *rest, size_t bytes)
{
	rest->data += bytes;
	rest->length -= bytes;
}

bool search_next(struct slice *rest, struct search_part *part)
{
	bool quoted;

	while (rest->length > 0 && search_text_is_space(*rest->data))
		search_text_skip(rest, 1);
	if (rest->length == 0)
		return false;
	quoted = *rest->data == '"';
	if (quoted)
		search_text_skip(rest, 1);
	*part = (struct search_part){
		{ rest->data, search_text_part_length(*rest, quoted) }, false
	};
	search_text_skip(rest, part->text.length);
	if (!quoted) {
		part->prefix = part->text.length > 0 &&
			       part->text.data[part->text.length - 1] == '*';
		return true;
	}
	if (rest->length > 0)
		search_text_skip(rest, 1);
	part->prefix = rest->length > 0 && *rest->data == '*';
	return true;
}

static bool search_text_is_middle(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

/* Goes back by so many characters, but not into the middle of a word. */
static size_t search_text_go_back(struct slice text, size_t at, int characters)
{
	size_t start = at;
	size_t word = at;

	for (; start > 0 && characters > 0; characters--) {
		do
			start--;
		while (start > 0 && search_text_is_middle(text.data[start]));
		if (search_text_is_space(text.data[start]))
			word = start + 1;
	}
	if (start == 0)
		return 0;
	return word < at ? word : start;
}

static size_t search_text_go_on(struct slice text, size_t at, int characters)
{
	for (; at < text.length && characters > 0; characters--) {
		do
			at++;
		while (at < text.length &&
			search_text_is_middle(text.data[at]));
	}
	return at;
}

void search_snippet(struct text *out, struct slice text, size_t at)
{
	const size_t start = search_text_go_back(text, at, SNIPPET_BEFORE);
	const size_t end = search_text_go_on(text, start, SNIPPET_LENGTH);

	if (start > 0)
		text_string(out, "…");
	text_append(out, text.data + start, end - start);
	if (end < text.length)
		text_string(out, "…");
}

#define K1 1.2
#define B  0.75

double search_closeness(const int *counts, size_t count, double length)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += counts[i] * (K1 + 1) /
		       (counts[i] + K1 * (1 - B + B * length));
	return sum;
}
