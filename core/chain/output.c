/* SPDX-License-Identifier: MIT */
/* output.c - a model's answer as the output of a chain, which is saved. */
#include "core/chain/chain.h"

#include "schema/forms/form.h"
#include "schema/json/value.h"
#include "schema/json/write.h"
#include "schema/llm/completion.h"

/*
 * Writes the answer as it came, but for members that are null; and its text in
 * one piece.
 */
static void output_write_answer(
	struct text *out, struct slice message, struct slice said)
{
	struct json_walk walk = json_walk(message);
	struct slice name, value, refusal;
	const bool silent = json_find_kind(message, "refusal", JSON_KIND_STRING,
				    &refusal) &&
			    slice_equal(refusal, said) &&
			    slice_is(completion_content(message), "\"\"");

	json_begin_object(out);
	json_member_string(out, "role", SLICE("assistant"));
	json_member(out, "content", silent ? SLICE("\"\"") : said);
	while (json_next_member(&walk, &name, &value))
		if (!json_string_is(name, SLICE("role")) &&
			!json_string_is(name, SLICE("content")) &&
			json_kind(value) != JSON_KIND_NULL)
			json_member_json(out, name, value);
	json_end_object(out);
}

void chain_output(struct text *out, struct slice message, struct slice said)
{
	struct text answer = { 0 }, data = { 0 };
	struct message whole = { .form = MESSAGE_OPENAI, .type = MESSAGE_AI };

	output_write_answer(&answer, message, said);
	whole.body = text_view(&answer);
	json_begin_object(out);
	json_name(out, "response");
	if (!answer.failed && json_count(whole.body) > 2)
		json_put(out, form_data(&whole, &data));
	else
		json_put(out, said);
	json_end_object(out);
	out->failed |= answer.failed || data.failed;
	text_clear(&answer);
	text_clear(&data);
}
