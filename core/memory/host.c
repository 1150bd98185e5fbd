/* SPDX-License-Identifier: MIT */
/*
 * host.c - what a memory class may do: the table, and its settings, texts
 * and failures.
 */
#include "core/memory/host.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/memory/class_run.h"
#include "schema/json/value.h"
#include "schema/llm/template.h"

/* --- settings ----------------------------------------------------------- */

struct memory_setting memory_host_setting(
	struct memory *memory, const char *name)
{
	const struct class_run *self = class_run_of(memory);
	const struct memory_class *class = self->class;
	struct memory_setting out = { 0 };
	struct setting_value value;

	if (!settings_find(self->settings, name, &value))
		return out;
	out.text = value.text;
	out.number = value.count;
	out.flag = value.flag;
	out.given = value.given;
	if (!out.given && class->k != 0 && slice_is(slice_of(name), "k"))
		out.number = class->k;
	if (!out.given && class->memory_key != NULL &&
		slice_is(slice_of(name), "memory_key"))
		out.text = slice_of(class->memory_key);
	return out;
}

static struct slice host_inputs(struct memory *memory)
{
	return class_run_of(memory)->run->scope->inputs;
}

static struct slice host_outputs(struct memory *memory)
{
	return class_run_of(memory)->run->scope->outputs;
}

static bool host_answers(struct memory *memory, enum memory_question question)
{
	const struct memories *memories =
		class_run_of(memory)->run->scope->memories;

	return (question == MEMORY_EMBED ? memories->embedding_model
					 : memories->model) != NULL;
}

/* --- failures ----------------------------------------------------------- */

__attribute__((format(printf, 3, 0))) static void host_describe(
	struct class_run *self, enum error_code code, const char *format,
	va_list arguments)
{
	char words[400];

	/* The first one says why the others happened. */
	if (self->run->failed)
		return;
	vsnprintf(words, sizeof(words), format, arguments);
	if (code == ERROR_INTERNAL)
		error_describe(self->run->error, code,
			"the memory class \"%s\" failed: %s", self->class->name,
			words);
	else
		error_describe(self->run->error, code, "%s", words);
	self->run->failed = true;
}

int memory_host_refuse(struct memory *memory, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	host_describe(class_run_of(memory), ERROR_INVALID, format, arguments);
	va_end(arguments);
	return MEMORY_FAILED;
}

int memory_host_fail(struct memory *memory, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	host_describe(class_run_of(memory), ERROR_INTERNAL, format, arguments);
	va_end(arguments);
	return MEMORY_FAILED;
}

/* --- text --------------------------------------------------------------- */

/* Where nothing can be written, for lack of memory. */
static struct text *host_no_text(struct class_run *self)
{
	static _Thread_local struct text none;

	class_run_out_of_memory(self);
	none.failed = true;
	return &none;
}

struct text *memory_host_text(struct memory *memory)
{
	struct class_run *self = class_run_of(memory);
	struct memory_scratch *scratch = calloc(1, sizeof(*scratch));

	if (scratch == NULL)
		return host_no_text(self);
	scratch->next = self->run->scratch;
	self->run->scratch = scratch;
	return &scratch->text;
}

static void host_empty(struct text *used)
{
	used->length = 0;
}

static struct slice host_value_text(struct memory *memory, struct slice value)
{
	struct text *decoded = memory_host_text(memory);
	struct slice content = value;

	if (value.length == 0)
		return value;
	if (json_kind(value) == JSON_KIND_OBJECT)
		json_find(value, "content", &content);
	if (json_kind(content) != JSON_KIND_STRING)
		return content;
	json_decode(decoded, content);
	return text_view(decoded);
}

static const struct slice *host_find_value(
	const struct memory_value *values, struct slice name)
{
	for (; values->name != NULL; values++)
		if (slice_is(name, values->name))
			return &values->value;
	return NULL;
}

static int host_fill(struct memory *memory, struct text *out,
	struct slice template, const struct memory_value *values)
{
	struct class_run *self = class_run_of(memory);
	struct template_piece piece;
	const struct slice *value;
	int found;

	while ((found = template_next(&template, &piece, self->run->error)) >
		0) {
		value = piece.variable ? host_find_value(values, piece.text)
				       : &piece.text;
		if (value == NULL)
			return memory_host_refuse(memory,
				"(f-string) Missing value for input "
				"%.*s; " TEMPLATE_BRACES,
				SLICE_SHORT(piece.text));
		text_slice(out, *value);
	}
	if (found < 0)
		return class_run_failed(self);
	return out->failed ? class_run_out_of_memory(self) : MEMORY_DONE;
}

static int64_t host_last_seq(struct memory *memory)
{
	return class_run_of(memory)->run->upto;
}

const struct memory_host memory_host = {
	.interface = MEMORY_INTERFACE,
	.setting = memory_host_setting,
	.inputs = host_inputs,
	.outputs = host_outputs,
	.input = memory_host_input,
	.output = memory_host_output,
	.value_text = host_value_text,
	.answers = host_answers,
	.refuse = memory_host_refuse,
	.fail = memory_host_fail,
	.text = memory_host_text,
	.append = text_slice,
	.append_json = text_json,
	.view = text_view,
	.empty = host_empty,
	.fill = host_fill,
	.last_seq = host_last_seq,
	.each = memory_host_each,
	.lines = memory_host_lines,
	.back = memory_host_back,
	.line = memory_host_line,
	.content = memory_host_content,
	.stored = memory_host_stored,
	.search = memory_host_search,
	.variable = memory_host_variable,
	.json = memory_host_json,
	.string = memory_host_string,
	.history = memory_host_history,
	.state = memory_host_state,
	.items = memory_host_items,
	.keep = memory_host_keep,
	.keep_item = memory_host_keep_item,
	.show = memory_host_show,
	.correction = memory_host_correction,
	.ask = memory_host_ask,
	.add = memory_host_add,
	.add_turn = memory_host_add_turn,
};
