/* SPDX-License-Identifier: MIT */
/* chain.c - ConversationChain: a memory and an input make a prompt. */
#include "core/chain/parts.h"

#include <assert.h>
#include <string.h>

#include "schema/error.h"
#include "schema/json/value.h"
#include "schema/json/write.h"
#include "schema/llm/template.h"

/* Byte for byte LangChain's. */
static const char default_template[] =
	"The following is a friendly conversation between a human and an AI. The AI is talkative and provides lots of specific details from its context. If the AI does not know the answer to a question, it truthfully says it does not know.\n"
	"\n"
	"Current conversation:\n"
	"{history}\n"
	"Human: {input}\n"
	"AI:";

static struct slice chain_template_of(const struct settings *settings)
{
	return settings->has_prompt_template
		       ? text_view(&settings->prompt_template)
		       : slice_of(default_template);
}

bool chain_is_text(const struct settings *settings)
{
	return settings->has_prompt
		       ? slice_is(text_view(&settings->prompt), "string")
		       : settings->has_prompt_template;
}

/* --- checks ----------------------------------------------------------- */

/* The variables that a template names. */
struct chain_variables {
	struct text list; /* 'a', 'b', as Python prints it */
	struct slice input;
	bool has_input;
	bool has_others;
};

/* JSON in a template is no variable, whatever the request has. */
static int chain_check_variable(struct slice name, struct error *error)
{
	bool bad = name.length == 0;

	for (size_t i = 0; i < name.length && !bad; i++)
		bad = strchr("\"{}[],:\n\t", name.data[i]) != NULL;
	return bad ? error_set(error, ERROR_INVALID,
			     "prompt_template: \"%.*s\" is no name of a "
			     "variable; " TEMPLATE_BRACES,
			     SLICE_SHORT(name))
		   : 0;
}

static int chain_list_variables(struct slice template,
	struct chain_variables *variables, struct error *error)
{
	struct text *list = &variables->list;
	struct template_piece piece;
	int more;

	while ((more = template_next(&template, &piece, error)) > 0) {
		if (!piece.variable)
			continue;
		if (chain_check_variable(piece.text, error))
			return -1;
		if (slice_equal(piece.text, variables->input))
			variables->has_input = true;
		else
			variables->has_others = true;
		text_format(list, "%s'%.*s'", list->length > 0 ? ", " : "",
			SLICE_SHORT(piece.text));
	}
	if (more == 0 && list->failed)
		return error_out_of_memory(error);
	return more;
}

static int chain_check_template(
	const struct settings *settings, struct error *error)
{
	const struct slice input = settings->has_input_key
					   ? text_view(&settings->input_key)
					   : SLICE("input");
	struct chain_variables variables = { .input = input };
	int result = chain_list_variables(
		chain_template_of(settings), &variables, error);

	if (result == 0 && !(variables.has_input && variables.has_others))
		result = error_set(error, ERROR_INVALID,
			"Got unexpected prompt input variables. The prompt "
			"expects [%.*s], but got ['%.*s'] as inputs from "
			"memory, and %.*s as the normal input key. "
			"prompt_template has to name {%.*s} and the memory's "
			"variable.",
			SLICE_SHORT(text_view(&variables.list)),
			SLICE_SHORT(text_view(&settings->memory_key)),
			SLICE_SHORT(input), SLICE_SHORT(input));
	text_clear(&variables.list);
	return result;
}

int chain_check(const struct settings *settings, struct error *error)
{
	const struct slice prompt = text_view(&settings->prompt);

	if (settings->has_prompt && !slice_is(prompt, "chat") &&
		!slice_is(prompt, "string"))
		return error_set(error, ERROR_INVALID,
			"prompt must be chat or string, not \"%.*s\"",
			SLICE_SHORT(prompt));
	return settings->has_prompt_template
		       ? chain_check_template(settings, error)
		       : 0;
}

/* --- what was asked for ----------------------------------------------- */

/* True for a member that is for the model, not for the memory. */
static bool chain_is_option(struct slice name)
{
	static const char *const options[] = { "stop", "model", "temperature",
		"top_p", "max_tokens", "max_completion_tokens",
		"presence_penalty", "frequency_penalty", "logit_bias", "seed",
		"reasoning_effort", "user" };

	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		if (json_string_is(name, slice_of(options[i])))
			return true;
	return false;
}

static int chain_read_members(
	struct chain_turn *turn, struct slice body, struct error *error)
{
	struct json_walk walk = json_walk(body);
	struct slice name, value;

	json_begin_object(&turn->inputs);
	while (json_next_member(&walk, &name, &value)) {
		if (chain_is_option(name)) {
			if (json_string_is(name, SLICE("model")))
				turn->names_model = true;
			json_member_json(&turn->options, name, value);
			continue;
		}
		json_member_json(&turn->inputs, name, value);
	}
	json_end_object(&turn->inputs);
	return turn->inputs.failed || turn->options.failed
		       ? error_out_of_memory(error)
		       : 0;
}

int chain_read(struct chain_turn *turn, struct slice body, struct error *error)
{
	if (json_kind(body) != JSON_KIND_OBJECT)
		return error_set(error, ERROR_INVALID,
			"the body must be an object with an input, not %.*s",
			SLICE_SHORT(body));
	return chain_read_members(turn, body, error);
}

void chain_clear(struct chain_turn *turn)
{
	text_clear(&turn->inputs);
	text_clear(&turn->options);
	*turn = (struct chain_turn){ 0 };
}

/* --- as a text -------------------------------------------------------- */

/* The value of a variable: the memory's before the request's. */
static bool chain_find_value(struct slice variables, struct slice inputs,
	struct slice wanted, struct slice *value)
{
	const struct slice objects[] = { variables, inputs };
	struct slice name;

	for (size_t i = 0; i < 2; i++) {
		struct json_walk walk = json_walk(objects[i]);

		while (json_next_member(&walk, &name, value))
			if (json_string_is(name, wanted))
				return true;
	}
	return false;
}

static int chain_fill(struct text *out, const struct chain_question *question,
	struct error *error)
{
	const struct slice inputs = text_view(&question->turn->inputs);
	struct slice rest = chain_template_of(question->settings), value;
	struct template_piece piece;
	int more;

	while ((more = template_next(&rest, &piece, error)) > 0) {
		if (!piece.variable)
			text_slice(out, piece.text);
		else if (chain_find_value(question->variables, inputs,
				 piece.text, &value))
			chain_write_value(out, value);
		else
			return error_set(error, ERROR_INVALID,
				"(f-string) Missing value for input %.*s; it "
				"is none of the memory's variables, nor a "
				"member beside the input; " TEMPLATE_BRACES,
				SLICE_SHORT(piece.text));
	}
	return more;
}

static int chain_write_prompt(const struct chain_question *question,
	struct text *out, struct error *error)
{
	struct text prompt = { 0 };
	int result = chain_fill(&prompt, question, error);

	json_member_string(out, "prompt", text_view(&prompt));
	if (result == 0 && prompt.failed)
		result = error_out_of_memory(error);
	text_clear(&prompt);
	return result;
}

/* --- the request ------------------------------------------------------ */

int chain_ask(const struct chain_question *question, struct text *out,
	struct error *error)
{
	const struct chain_turn *turn = question->turn;

	assert(json_kind(question->input) == JSON_KIND_STRING);
	json_begin_object(out);
	if (!turn->names_model && question->model.length > 0)
		json_member_string(out, "model", question->model);
	if (chain_is_text(question->settings)
			? chain_write_prompt(question, out, error)
			: chain_write_messages(question, out, error))
		return -1;
	if (turn->options.length > 0)
		json_put(out, text_view(&turn->options));
	if (question->streams)
		json_member_bool(out, "stream", true);
	json_end_object(out);
	return out->failed ? error_out_of_memory(error) : 0;
}
