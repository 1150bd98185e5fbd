/* SPDX-License-Identifier: MIT */
/* variable.c - memory variables, one after the other. */
#include "core/memory/class_run.h"
#include "core/memory/host.h"
#include "schema/json/scan.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

#define VARIABLES_MAX 100

/* Has a variable of this name been begun? */
static bool variable_is_taken(const struct text *names, struct slice name)
{
	struct json_walk walk;
	struct slice taken;

	if (names->length == 0)
		return false;
	walk = json_walk(text_view(names));
	while (json_next_element(&walk, &taken))
		if (json_string_is(taken, name))
			return true;
	return false;
}

/* The list of names is an array that is kept closed. */
static void variable_take(struct text *names, struct slice name)
{
	if (names->length == 0)
		json_begin_array(names);
	else
		names->length--;
	json_put_string(names, name);
	json_end_array(names);
}

bool class_run_take_name(struct memory_run *run, struct slice name)
{
	if (variable_is_taken(run->names, name))
		return false;
	variable_take(run->names, name);
	return true;
}

int class_run_end_variable(struct class_run *self)
{
	static const struct json_limits limits = {
		.depth = JSON_DEPTH_MAX,
		.values = 10000000,
	};
	struct memory_run *run = self->run;
	struct json_scratch scratch = { 0 };
	struct error why = { 0 };
	struct slice value;
	bool spaced;
	int result;

	if (run->out == NULL || run->value == 0)
		return 0;
	if (run->out->failed)
		return class_run_out_of_memory(self);
	value = text_view(run->out);
	value.data += run->value;
	value.length -= run->value;
	run->value = 0;
	if (!self->plugin)
		return 0;
	result = json_scan(value, &limits, &scratch, &spaced, &why);
	json_scratch_clear(&scratch);
	if (result)
		return self->memory.host->fail(&self->memory,
			"the value of a variable is no JSON: %s", why.message);
	return 0;
}

int memory_host_variable(struct memory *memory, struct slice name)
{
	struct class_run *self = class_run_of(memory);
	struct memory_run *run = self->run;

	if (class_run_end_variable(self))
		return MEMORY_FAILED;
	if (!slice_is_utf8(name))
		return memory->host->fail(memory, "a name is not UTF-8");
	if (variable_is_taken(run->names, name))
		return memory->host->refuse(memory,
			"The same variables %.*s are found in multiple memory "
			"objects, which is not allowed by CombinedMemory.",
			SLICE_SHORT(name));
	if (run->variables++ == VARIABLES_MAX)
		return memory->host->refuse(memory,
			"there are more than %d memory variables",
			VARIABLES_MAX);
	variable_take(run->names, name);
	if (run->names->failed)
		return class_run_out_of_memory(self);
	if (run->out == NULL)
		return MEMORY_DONE;
	if (run->out->failed)
		return class_run_out_of_memory(self);
	json_name_utf8(run->out, name);
	run->value = run->out->length;
	return MEMORY_DONE;
}

int class_run_in_variable(struct class_run *self)
{
	struct memory_run *run = self->run;

	if (run->out != NULL ? run->value == 0 : run->variables == 0)
		return self->memory.host->fail(
			&self->memory, "a value came without its variable");
	if (run->out == NULL ||
		run->out->length - run->begun <= run->scope->max_bytes)
		return 0;
	memory_too_large(run->scope, run->error);
	return class_run_failed(self);
}

/* A value, or a piece of one, where it belongs. */
static int variable_put(struct memory *memory, struct slice value,
	void (*write)(struct text *out, struct slice value))
{
	struct class_run *self = class_run_of(memory);
	struct text *out = self->run->out;

	if (class_run_in_variable(self))
		return MEMORY_FAILED;
	if (out != NULL)
		write(out, value);
	return MEMORY_DONE;
}

int memory_host_json(struct memory *memory, struct slice json)
{
	return variable_put(memory, json, text_slice);
}

int memory_host_string(struct memory *memory, struct slice utf8)
{
	return variable_put(memory, utf8, text_json);
}
