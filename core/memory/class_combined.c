/* SPDX-License-Identifier: MIT */
/*
 * class_combined.c - LangChain's CombinedMemory: several at once.
 *
 * Its members, the objects of `memories`, look at one history, so that a turn
 * is saved once.  The variables that they show have different names.  This
 * is the one class that includes the host's headers: it runs its members as
 * the host runs it.
 */
#include "core/memory/class_run.h"
#include "core/memory/host.h"
#include "schema/json/value.h"

/* The input and the output of a turn are those of the first who names one. */
static int combined_borrow_keys(
	struct settings *whole, const struct settings *member)
{
	if (!whole->has_input_key && member->has_input_key) {
		text_slice(&whole->input_key, text_view(&member->input_key));
		whole->has_input_key = true;
	}
	if (!whole->has_output_key && member->has_output_key) {
		text_slice(&whole->output_key, text_view(&member->output_key));
		whole->has_output_key = true;
	}
	return whole->input_key.failed || whole->output_key.failed ? -1 : 0;
}

static int combined_read_member(struct class_run *member,
	struct settings *settings, struct slice object)
{
	struct memory_run *run = member->run;

	if (settings_default(settings, run->error) ||
		settings_from_json(settings, object, run->error))
		return class_run_failed(member);
	member->settings = settings;
	member->class = memory_class_find(
		run->scope->memories, settings, &member->plugin, run->error);
	return member->class == NULL ? class_run_failed(member) : 0;
}

/* Each member does the same; `context` is the verb's. */
static int combined_each_member(struct memory *memory,
	int (*act)(struct class_run *member, void *context), void *context)
{
	const struct class_run *whole = class_run_of(memory);
	struct slice list = text_view(&whole->settings->memories), object;
	struct json_walk walk;
	int result = MEMORY_DONE;

	if (list.length == 0)
		return MEMORY_DONE;
	walk = json_walk(list);
	while (result == MEMORY_DONE && json_next_element(&walk, &object)) {
		struct class_run member = *whole;
		struct settings settings = { 0 };

		result = combined_read_member(&member, &settings, object);
		if (result == 0)
			result = act(&member, context);
		settings_clear(&settings);
	}
	return result;
}

static int combined_check_member(struct class_run *member, void *context)
{
	(void)context;
	return class_run_check(&member->memory);
}

static int combined_check(struct memory *memory)
{
	const struct text *memories = &class_run_of(memory)->settings->memories;

	if (memories->length == 0 || json_count(text_view(memories)) == 0)
		return memory->host->refuse(
			memory, "class \"combined\" needs memories");
	return combined_each_member(memory, combined_check_member, NULL);
}

/* The host has taken the names of the members by now. */
static int combined_names(struct memory *memory)
{
	(void)memory;
	return MEMORY_DONE;
}

static int combined_load_member(struct class_run *member, void *context)
{
	int result = class_run_function(member, member->class->load_variables);

	(void)context;
	if (result == MEMORY_DONE && class_run_end_variable(member))
		return MEMORY_FAILED;
	return result;
}

static int combined_load_variables(struct memory *memory)
{
	return combined_each_member(memory, combined_load_member, NULL);
}

static int combined_borrow_from_member(struct class_run *member, void *context)
{
	return combined_borrow_keys(context, member->settings)
		       ? class_run_out_of_memory(member)
		       : MEMORY_DONE;
}

static int combined_save_context(struct memory *memory)
{
	struct class_run *self = class_run_of(memory);
	struct class_run whole = *self;
	struct settings keys = {
		.has_input_key = self->settings->has_input_key,
		.has_output_key = self->settings->has_output_key,
	};
	int result;

	text_slice(&keys.input_key, text_view(&self->settings->input_key));
	text_slice(&keys.output_key, text_view(&self->settings->output_key));
	whole.settings = &keys;
	result = combined_each_member(
		memory, combined_borrow_from_member, &keys);
	if (result == MEMORY_DONE)
		result = memory_host_add_turn(&whole.memory);
	settings_clear(&keys);
	return result;
}

static int combined_clear_member(struct class_run *member, void *context)
{
	(void)context;
	return member->class->clear == NULL
		       ? MEMORY_DONE
		       : class_run_function(member, member->class->clear);
}

static int combined_clear(struct memory *memory)
{
	return combined_each_member(memory, combined_clear_member, NULL);
}

static int combined_reflect_member(struct class_run *member, void *context)
{
	(void)context;
	return member->class->reflect == NULL
		       ? MEMORY_DONE
		       : class_run_function(member, member->class->reflect);
}

static int combined_reflect(struct memory *memory)
{
	return combined_each_member(memory, combined_reflect_member, NULL);
}

static int combined_show_member(struct class_run *member, void *context)
{
	(void)context;
	return class_run_function(member, class_run_show);
}

static int combined_show(struct memory *memory)
{
	return combined_each_member(memory, combined_show_member, NULL);
}

static int combined_correct_member(struct class_run *member, void *context)
{
	(void)context;
	return class_run_function(member, class_run_correct);
}

static int combined_correct(struct memory *memory)
{
	return combined_each_member(memory, combined_correct_member, NULL);
}

const struct memory_class memory_combined = {
	.interface = MEMORY_INTERFACE,
	.name = "combined",
	.options = "",
	.check = combined_check,
	.names = combined_names,
	.load_variables = combined_load_variables,
	.save_context = combined_save_context,
	.clear = combined_clear,
	.reflect = combined_reflect,
	.show = combined_show,
	.correct = combined_correct,
};
