/* SPDX-License-Identifier: MIT */
/*
 * langchain_python.c - LangChain's stored form, as Python reads it.
 *
 * messages_from_dict() of langchain-core 0.3 and 1.x hands `data` to the class
 * of the type, which refuses what is not of its kinds.  A member that it would
 * refuse is left out here, or made what it wants; all others stay as they are.
 */
#include "schema/forms/form.h"

#include "schema/forms/openai_calls.h"
#include "schema/forms/python.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

/* A content that is null is empty. */
static void langchain_python_put_content(struct text *out, struct slice content)
{
	json_member(out, "content",
		json_kind(content) == JSON_KIND_NULL ? SLICE("\"\"") : content);
}

/* Its calls, where they are not as Python has them. */
struct langchain_python_calls {
	bool made; /* they are written last */
	struct slice valid;
	struct slice invalid;
};

static struct langchain_python_calls langchain_python_calls_of(
	struct slice data)
{
	struct langchain_python_calls calls = { .valid = SLICE("[]"),
		.invalid = SLICE("[]") };
	bool fit = true;

	if (json_find(data, "tool_calls", &calls.valid))
		fit = python_are_calls(calls.valid);
	if (json_find(data, "invalid_tool_calls", &calls.invalid))
		fit = fit && python_are_invalid_calls(calls.invalid);
	calls.made = !fit;
	return calls;
}

static void langchain_python_put_member(struct text *out,
	const struct message *message, struct slice name, struct slice value)
{
	if (json_string_is(name, SLICE("content")))
		langchain_python_put_content(out, value);
	else if (json_string_is(name, SLICE("type")))
		json_member_string(
			out, "type", slice_of(message_type_python(message)));
	else if (python_takes(name, value))
		json_member_json(out, name, value);
}

static void langchain_python_put_data(
	struct text *out, const struct message *message, struct slice data)
{
	const struct langchain_python_calls calls =
		langchain_python_calls_of(data);
	struct json_walk walk = json_walk(data);
	struct slice name, value;

	json_begin_object(out);
	if (!json_find(data, "content", &value))
		langchain_python_put_content(out,
			message_find_content(data, &value) ? value
							   : SLICE("null"));
	while (json_next_member(&walk, &name, &value))
		if (!calls.made ||
			(!json_string_is(name, SLICE("tool_calls")) &&
				!json_string_is(
					name, SLICE("invalid_tool_calls"))))
			langchain_python_put_member(out, message, name, value);
	if (calls.made)
		openai_calls_write_both(out, calls.valid, calls.invalid);
	json_end_object(out);
}

static void langchain_python_write(struct text *out,
	const struct message *message, const struct format_prefixes *prefixes)
{
	struct text data = { 0 };
	const struct slice body = form_data(message, &data);

	(void)prefixes;
	json_member_string(out, "type", slice_of(message_type_python(message)));
	json_name(out, "data");
	if (data.failed)
		out->failed = true;
	else
		langchain_python_put_data(out, message, body);
	text_clear(&data);
}

const struct form_ops form_langchain_python = {
	.name = "langchain-python",
	.shape = FORM_MEMBERS,
	.write = langchain_python_write,
};
