/* SPDX-License-Identifier: MIT */
/* class_run.c - a function of a memory class is run, and what it may do. */
#include "core/memory/class_run.h"

#include "core/memory/host.h"

/* --- how it ends -------------------------------------------------------- */

int class_run_failed(struct class_run *self)
{
	self->run->failed = true;
	return MEMORY_FAILED;
}

int class_run_out_of_memory(struct class_run *self)
{
	error_describe(self->run->error, ERROR_UNAVAILABLE, "out of memory");
	return class_run_failed(self);
}

int class_run_again(struct class_run *self)
{
	self->run->again = true;
	return MEMORY_AGAIN;
}

int class_run_no_upstream(struct class_run *self, enum memory_question kind)
{
	error_describe(self->run->error, ERROR_NOT_CONFIGURED,
		"the memory class \"%s\" needs a language model: give "
		"--llm-url and --llm-%smodel",
		self->class->name, kind == MEMORY_EMBED ? "embedding-" : "");
	return class_run_failed(self);
}

/* --- what it may do now ------------------------------------------------- */

int class_run_enter_store(struct class_run *self)
{
	if (self->run->visiting)
		return memory_host_fail(&self->memory,
			"it reads or keeps something while it visits");
	return 0;
}

int class_run_only_now(struct class_run *self)
{
	if (self->run->session->as_of != 0)
		return memory_host_refuse(&self->memory,
			"the class \"%s\" shows what is, not what was as of "
			"a version",
			self->class->name);
	return 0;
}

/* --- running ------------------------------------------------------------ */

/* A text of a run ran out of memory, and nobody noticed. */
static bool class_run_is_short(const struct memory_run *run)
{
	for (const struct memory_scratch *scratch = run->scratch;
		scratch != NULL; scratch = scratch->next)
		if (scratch->text.failed)
			return true;
	return false;
}

int class_run_function(struct class_run *self, int (*function)(struct memory *))
{
	struct memory_run *run = self->run;
	int result = function(&self->memory);

	if (run->failed)
		return MEMORY_FAILED;
	if (class_run_is_short(run))
		return class_run_out_of_memory(self);
	if (run->again)
		return MEMORY_AGAIN;
	if (result == MEMORY_DONE)
		return MEMORY_DONE;
	return self->memory.host->fail(
		&self->memory, "it returned %d without saying why", result);
}

/* The memory key is the one variable of a class that says nothing else. */
static int class_run_name_key(struct memory *memory)
{
	const struct memory_host *host = memory->host;

	return host->variable(memory, host->setting(memory, "memory_key").text);
}

int class_run_check(struct memory *memory)
{
	struct class_run *self = class_run_of(memory);
	const struct memory_class *class = self->class;
	int result = MEMORY_DONE;

	if (class->needs != 0 && !memory->host->answers(memory, class->needs))
		return class_run_no_upstream(self, class->needs);
	if (class->check != NULL)
		result = class_run_function(self, class->check);
	if (result == MEMORY_DONE)
		result = class_run_function(
			self, class->names ? class->names : class_run_name_key);
	return result;
}
