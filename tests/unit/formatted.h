/* SPDX-License-Identifier: MIT */
/* formatted.h - messages for tests, written in every form. */
#ifndef TESTS_UNIT_FORMATTED_H
#define TESTS_UNIT_FORMATTED_H

#include "schema/forms/form.h"
#include "schema/json/write.h"
#include "tests/unit/parsed.h"

enum style { LANGCHAIN, PYTHON, OPENAI, JSON, PLAIN, STYLES };

static inline void put(
	struct text *out, const struct message *message, enum style style)
{
	static const struct format_prefixes prefixes = {
		.human = { "Human", 5 },
		.ai = { "AI", 2 },
	};

	if (style == LANGCHAIN || style == PYTHON) {
		text_string(out, "{");
		form_named(style == PYTHON ? SLICE("langchain-python")
					   : SLICE("langchain"))
			->write(out, message, NULL);
		text_string(out, "}");
	} else if (style == OPENAI) {
		format_openai(out, message);
	} else {
		format_text(out, message, &prefixes,
			style == JSON ? FORMAT_JSON : FORMAT_PLAIN);
	}
}

/* The message comes out like this; both with ' for ". */
static inline void becomes(
	enum style style, const char *message, const char *expected)
{
	struct parsed parsed = { 0 };
	struct text seen = { 0 };

	ok(parse(&parsed, message));
	put(&seen, parsed.list.items, style);
	ck_assert(!seen.failed);
	is_quoted(text_view(&seen), expected);
	text_clear(&seen);
	parsed_clear(&parsed);
}

static inline void every_row_becomes(
	enum style style, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		becomes(style, rows[i].body, rows[i].expected);
}

/* The array that messages are in this form; both with ' for ". */
static inline void list_becomes(
	const char *form, const char *messages, const char *expected)
{
	const struct form_ops *ops = form_named(slice_of(form));
	struct parsed parsed = { 0 };
	struct text seen = { 0 };

	ok(parse(&parsed, messages));
	json_begin_array(&seen);
	for (size_t i = 0; i < parsed.list.count; i++) {
		json_comma(&seen);
		ops->write(&seen, &parsed.list.items[i], NULL);
	}
	if (ops->finish != NULL)
		ops->finish(&seen, 1);
	json_end_array(&seen);
	is_quoted(text_view(&seen), expected);
	text_clear(&seen);
	parsed_clear(&parsed);
}

/* Exact bytes that no parser of ours may touch. */
#define STRANGE                                                       \
	"{'z':1.10,'content':'\\/\\u00e9\\u0000\\ud83d','a':1e400,"   \
	"'n':12345678901234567890,'\\u0061b':-0,'additional_kwargs':" \
	"null}"

#define STORED(type, data) "{'type':'" type "','data':{" data "}}"
#define CALL(arguments)                           \
	"{'id':'c1','type':'function','function'" \
	":{'name':'f','arguments':" arguments "}}"
#define CALLING(calls) \
	"{'role':'assistant','content':'','tool_calls':[" calls "]}"
#define VALID(args) "{'name':'f','args':" args ",'id':'c1','type':'tool_call'}"
#define INVALID(args) \
	"{'name':'f','args':" args ",'id':'c1','error':'Malformed args.'}"

#endif
