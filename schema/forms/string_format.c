/* SPDX-License-Identifier: MIT */
/* string_format.c - the table of buffer strings, and what they share. */
#include "schema/forms/string_format.h"

#include "schema/forms/openai_calls.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

/* The first is the default. */
#define FORMATS(X)       \
	X(string_js_0_3) \
	X(string_js_1)   \
	X(string_python) \
	X(string_python_0_3)

#define DECLARE(format) extern const struct string_format format;
FORMATS(DECLARE)
#undef DECLARE

#define ROW(format) &format,
static const struct string_format *const formats[] = { FORMATS(ROW) };
#undef ROW

#define FORMAT_COUNT (sizeof(formats) / sizeof(*formats))

const struct string_format *string_format_named(struct slice name)
{
	for (size_t i = 0; i < FORMAT_COUNT; i++)
		if (slice_is(name, formats[i]->name))
			return formats[i];
	return NULL;
}

const struct string_format *string_format_default(void)
{
	return formats[0];
}

void string_format_names(struct text *out)
{
	for (size_t i = 0; i < FORMAT_COUNT; i++) {
		if (i > 0)
			text_string(out, i + 1 < FORMAT_COUNT ? ", " : " or ");
		text_string(out, formats[i]->name);
	}
}

void string_put_utf8(
	struct text *out, struct slice utf8, enum format_escape escape)
{
	if (escape == FORMAT_JSON)
		text_json_inner(out, utf8);
	else
		text_slice(out, utf8);
}

void string_put_json(
	struct text *out, struct slice string, enum format_escape escape)
{
	if (escape == FORMAT_JSON)
		text_slice(out, json_inner(string));
	else
		json_decode(out, string);
}

void string_put_name(
	struct text *out, struct slice body, enum format_escape escape)
{
	struct slice name;

	if (!json_find_kind(body, "name", JSON_KIND_STRING, &name) ||
		slice_is(name, "\"\""))
		return;
	string_put_json(out, name, escape);
	text_string(out, ", ");
}

/* Is the member a list that has any? */
static bool string_format_has_calls(
	struct slice object, const char *name, struct slice *calls)
{
	return json_find_kind(object, name, JSON_KIND_ARRAY, calls) &&
	       json_count(*calls) > 0;
}

bool string_find_calls(
	struct slice data, struct text *scratch, struct slice *calls)
{
	struct slice extra;

	if (string_format_has_calls(data, "tool_calls", calls))
		return true;
	if (json_find(data, "tool_calls", calls) ||
		!json_find_kind(
			data, "additional_kwargs", JSON_KIND_OBJECT, &extra) ||
		!string_format_has_calls(extra, "tool_calls", calls) ||
		!openai_calls_convertible(*calls))
		return false;
	json_begin_object(scratch);
	openai_calls_write_data(scratch, *calls);
	json_end_object(scratch);
	return !scratch->failed &&
	       string_format_has_calls(text_view(scratch), "tool_calls", calls);
}

bool string_find_function_call(struct slice data, struct slice *call)
{
	struct slice extra;

	return json_find_kind(
		       data, "additional_kwargs", JSON_KIND_OBJECT, &extra) &&
	       json_find(extra, "function_call", call);
}
