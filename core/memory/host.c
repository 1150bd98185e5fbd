/* SPDX-License-Identifier: MIT */
/*
 * host.c - what a memory class may do: settings, texts, failures, and
 * what it keeps.
 */
#include "core/memory/host.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "schema/json/value.h"
#include "schema/llm/template.h"

#define KEPT_MAX (16 << 20) /* bytes of a state */

int memory_failed(struct memory_call *call)
{
	call->run->failed = true;
	return MEMORY_FAILED;
}

int memory_no_room(struct memory_call *call)
{
	error_describe(call->run->error, ERROR_UNAVAILABLE, "out of memory");
	return memory_failed(call);
}

int memory_again(struct memory_call *call)
{
	call->run->again = true;
	return MEMORY_AGAIN;
}

/* --- settings ----------------------------------------------------------- */

static struct memory_setting host_setting(
	struct memory *memory, const char *name)
{
	const struct memory_call *call = memory_call(memory);
	const struct memory_class *class = call->class;
	struct memory_setting out = { 0 };
	struct setting_value value;

	if (!settings_find(call->settings, name, &value))
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
	return memory_call(memory)->run->scope->inputs;
}

static struct slice host_outputs(struct memory *memory)
{
	return memory_call(memory)->run->scope->outputs;
}

static bool host_answers(struct memory *memory, enum memory_question question)
{
	const struct memories *memories =
		memory_call(memory)->run->scope->memories;

	return (question == MEMORY_EMBED ? memories->embedding_model
					 : memories->model) != NULL;
}

/* --- failures ----------------------------------------------------------- */

static void host_describe(struct memory_call *call, enum error_code code,
	const char *format, va_list arguments)
{
	char words[400];

	/* The first one says why the others happened. */
	if (call->run->failed)
		return;
	vsnprintf(words, sizeof(words), format, arguments);
	if (code == ERROR_INTERNAL)
		error_describe(call->run->error, code,
			"the memory class \"%s\" failed: %s", call->class->name,
			words);
	else
		error_describe(call->run->error, code, "%s", words);
	call->run->failed = true;
}

static int host_refuse(struct memory *memory, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	host_describe(memory_call(memory), ERROR_INVALID, format, arguments);
	va_end(arguments);
	return MEMORY_FAILED;
}

static int host_fail(struct memory *memory, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	host_describe(memory_call(memory), ERROR_INTERNAL, format, arguments);
	va_end(arguments);
	return MEMORY_FAILED;
}

/* --- text --------------------------------------------------------------- */

/* Where nothing can be written, for lack of memory. */
static struct text *host_no_text(struct memory_call *call)
{
	static _Thread_local struct text none;

	memory_no_room(call);
	none.failed = true;
	return &none;
}

static struct text *host_text(struct memory *memory)
{
	struct memory_call *call = memory_call(memory);
	struct memory_scratch *scratch = calloc(1, sizeof(*scratch));

	if (scratch == NULL)
		return host_no_text(call);
	scratch->next = call->run->scratch;
	call->run->scratch = scratch;
	return &scratch->text;
}

static void host_empty(struct text *used)
{
	used->length = 0;
}

static struct slice host_value_text(struct memory *memory, struct slice value)
{
	struct text *decoded = host_text(memory);
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
	struct memory_call *call = memory_call(memory);
	struct template_piece piece;
	const struct slice *value;
	int found;

	while ((found = template_next(&template, &piece, call->run->error)) >
		0) {
		value = piece.variable ? host_find_value(values, piece.text)
				       : &piece.text;
		if (value == NULL)
			return host_refuse(memory,
				"(f-string) Missing value for input %.*s",
				SLICE_SHORT(piece.text));
		text_slice(out, *value);
	}
	if (found < 0)
		return memory_failed(call);
	return out->failed ? memory_no_room(call) : MEMORY_DONE;
}

int memory_enter_store(struct memory_call *call)
{
	if (call->run->visiting)
		return host_fail(&call->memory,
			"it reads or keeps something while it visits");
	return 0;
}

/* --- what is kept ------------------------------------------------------- */

struct state_key memory_state_key(struct memory_call *call)
{
	return (struct state_key){
		.class = slice_of(call->class->name),
		.memory_key = host_setting(&call->memory, "memory_key").text,
	};
}

int memory_only_now(struct memory_call *call)
{
	if (call->run->session->as_of != 0)
		return host_refuse(&call->memory,
			"the class \"%s\" shows what is, not what was as of "
			"a version",
			call->class->name);
	return 0;
}

static int host_state(struct memory *memory, struct memory_state *out)
{
	struct memory_call *call = memory_call(memory);
	const struct state_key key = memory_state_key(call);
	struct session_state stored = { 0 };

	*out = (struct memory_state){ 0 };
	if (memory_only_now(call))
		return MEMORY_FAILED;
	if (call->run->session->id != 0 &&
		store_memory_state_find(call->run->scope->store,
			call->run->session, &key, host_text(memory), &stored,
			call->run->error))
		return memory_failed(call);
	out->seq = stored.seq;
	out->bytes = stored.bytes;
	if (call->run->scope->script != NULL && out->seq < call->run->upto)
		call->run->scope->script->behind = true;
	return MEMORY_DONE;
}

static int host_items(struct memory *memory,
	int (*visit)(void *context, int64_t seq, struct slice bytes),
	void *context)
{
	struct memory_call *call = memory_call(memory);
	const struct state_key key = memory_state_key(call);
	int result;

	if (memory_enter_store(call) || memory_only_now(call))
		return MEMORY_FAILED;
	if (call->run->session->id == 0)
		return MEMORY_DONE;
	call->run->visiting = true;
	result = store_memory_item_list(call->run->scope->store,
		call->run->session, &key, visit, context, call->run->error);
	call->run->visiting = false;
	return result ? memory_failed(call) : MEMORY_DONE;
}

/* In a run that only reads all that can be said is: where it can be done. */
static int host_may_keep(struct memory_call *call)
{
	struct memory_run *run = call->run;

	if (memory_enter_store(call))
		return MEMORY_FAILED;
	if (!run->may_keep)
		return host_fail(&call->memory,
			"it may keep in save_context, clear and reflect only");
	if (run->session->id == 0)
		return host_fail(
			&call->memory, "there is no session to keep of");
	return run->scope->writes ? MEMORY_DONE : memory_again(call);
}

static int host_keep(struct memory *memory, const struct memory_state *what)
{
	struct memory_call *call = memory_call(memory);
	struct memory_run *run = call->run;
	const struct state_key key = memory_state_key(call);
	const struct session_state stored = {
		.seq = what->seq,
		.bytes = what->bytes,
	};
	struct memory_state now;
	int result = host_may_keep(call);

	if (result != MEMORY_DONE)
		return result;
	if (host_state(memory, &now))
		return MEMORY_FAILED;
	if (what->seq < 0 || what->seq > run->session->last_seq)
		return host_fail(memory, "there is no message %lld",
			(long long)what->seq);
	if (what->bytes.length > KEPT_MAX)
		return host_fail(
			memory, "it keeps more than %d MiB", KEPT_MAX >> 20);
	if (store_memory_state_keep(
		    run->scope->store, run->session, &key, &stored, run->error))
		return memory_failed(call);
	/* Else background work might find something to keep for ever. */
	if (what->seq > now.seq && run->scope->script != NULL)
		run->scope->script->kept = true;
	return MEMORY_DONE;
}

static int host_keep_item(
	struct memory *memory, int64_t seq, struct slice bytes)
{
	struct memory_call *call = memory_call(memory);
	struct memory_run *run = call->run;
	const struct state_key key = memory_state_key(call);
	struct memory_state now;
	int result = host_may_keep(call);

	if (result != MEMORY_DONE)
		return result;
	if (host_state(memory, &now))
		return MEMORY_FAILED;
	if (seq < 1 || seq > now.seq)
		return host_fail(memory,
			"its state does not reach message %lld",
			(long long)seq);
	if (store_memory_item_keep(run->scope->store, run->session, &key, seq,
		    bytes, run->error))
		return memory_failed(call);
	return MEMORY_DONE;
}

static int64_t host_last_seq(struct memory *memory)
{
	return memory_call(memory)->run->upto;
}

const struct memory_host memory_host = {
	.interface = MEMORY_INTERFACE,
	.setting = host_setting,
	.inputs = host_inputs,
	.outputs = host_outputs,
	.input = memory_host_input,
	.output = memory_host_output,
	.value_text = host_value_text,
	.answers = host_answers,
	.refuse = host_refuse,
	.fail = host_fail,
	.text = host_text,
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
	.state = host_state,
	.items = host_items,
	.keep = host_keep,
	.keep_item = host_keep_item,
	.ask = memory_host_ask,
	.add = memory_host_add,
	.add_turn = memory_host_add_turn,
};
