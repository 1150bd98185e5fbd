/* SPDX-License-Identifier: MIT */
/*
 * string_python.c - the buffer strings of LangChain for Python: no names, of
 * parts the texts alone, and the calls of an assistant as Python prints them.
 */
#include "schema/forms/string_format.h"

#include "schema/json/python.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

extern const struct form_ops form_langchain_python;

static void string_python_put_content(
	struct text *out, struct slice content, enum format_escape escape)
{
	struct json_walk walk;
	struct slice part, type;

	if (json_kind(content) == JSON_KIND_STRING) {
		string_put_json(out, content, escape);
		return;
	}
	if (json_kind(content) != JSON_KIND_ARRAY)
		return;
	walk = json_walk(content);
	while (json_next_element(&walk, &part)) {
		if (json_find_kind(part, "type", JSON_KIND_STRING, &type) &&
			json_string_is(type, SLICE("text")))
			json_find_kind(part, "text", JSON_KIND_STRING, &part);
		if (json_kind(part) == JSON_KIND_STRING)
			string_put_json(out, part, escape);
	}
}

/* The members of a call, in the order of Python's. */
static void string_python_print_call(struct text *out, struct slice call)
{
	static const char *const names[] = { "name", "args", "id" };
	struct slice value;

	text_string(out, "{");
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!json_find(call, names[i], &value))
			value = SLICE("null");
		text_format(out, "'%s': ", names[i]);
		json_python_repr(out, value);
		text_string(out, ", ");
	}
	text_string(out, "'type': 'tool_call'}");
}

static void string_python_print_calls(struct text *out, struct slice calls)
{
	struct json_walk walk = json_walk(calls);
	const char *before = "[";
	struct slice call;

	while (json_next_element(&walk, &call)) {
		text_string(out, before);
		string_python_print_call(out, call);
		before = ", ";
	}
	text_string(out, "]");
}

/* str() of the value: a string without quotes. */
static void string_python_put_function_call(
	struct text *out, struct slice data, enum format_escape escape)
{
	struct text printed = { 0 };
	struct slice call;

	if (!string_find_function_call(data, &call))
		return;
	if (json_kind(call) == JSON_KIND_STRING) {
		string_put_json(out, call, escape);
		return;
	}
	json_python_repr(&printed, call);
	string_put_utf8(out, text_view(&printed), escape);
	out->failed |= printed.failed;
	text_clear(&printed);
}

static void string_python_put_calls(
	struct text *out, struct slice data, enum format_escape escape)
{
	struct text scratch = { 0 }, printed = { 0 };
	struct slice calls;

	if (string_find_calls(data, &scratch, &calls)) {
		string_python_print_calls(&printed, calls);
		string_put_utf8(out, text_view(&printed), escape);
	} else {
		string_python_put_function_call(out, data, escape);
	}
	out->failed |= scratch.failed || printed.failed;
	text_clear(&scratch);
	text_clear(&printed);
}

/* The data that Python is given of the message; see langchain_python.c. */
static struct slice string_python_data(
	const struct message *message, struct text *scratch)
{
	struct slice data = SLICE("{}");

	json_begin_object(scratch);
	form_langchain_python.write(scratch, message, NULL);
	json_end_object(scratch);
	if (!scratch->failed)
		json_find(text_view(scratch), "data", &data);
	return data;
}

/* Content and then, of an assistant, what `put` appends. */
static void string_python_put(struct text *out, const struct message *message,
	enum format_escape escape,
	void (*put)(
		struct text *out, struct slice data, enum format_escape escape))
{
	struct text scratch = { 0 };
	struct slice data = string_python_data(message, &scratch), content;

	if (message_find_content(data, &content))
		string_python_put_content(out, content, escape);
	if (message->type == MESSAGE_AI)
		put(out, data, escape);
	out->failed |= scratch.failed;
	text_clear(&scratch);
}

static void string_python_write(struct text *out, const struct message *message,
	const struct format_prefixes *prefixes, enum format_escape escape)
{
	(void)prefixes;
	string_python_put(out, message, escape, string_python_put_calls);
}

/* It knows the calls of functions only. */
static void string_python_0_3_write(struct text *out,
	const struct message *message, const struct format_prefixes *prefixes,
	enum format_escape escape)
{
	(void)prefixes;
	string_python_put(
		out, message, escape, string_python_put_function_call);
}

const struct string_format string_python = {
	.name = "langchain-python",
	.write = string_python_write,
};

const struct string_format string_python_0_3 = {
	.name = "langchain-python-0.3",
	.write = string_python_0_3_write,
};
