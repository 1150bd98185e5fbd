/* SPDX-License-Identifier: MIT */
/* run.c - a memory is loaded, saved, cleared; its class reflects. */
#include "core/memory/run.h"

#include <assert.h>
#include <stdlib.h>

#include "core/memory/class_run.h"
#include "core/memory/host.h"
#include "schema/json/write.h"

static void run_end_run(struct memory_run *run)
{
	struct memory_scratch *next;

	for (; run->scratch != NULL; run->scratch = next) {
		next = run->scratch->next;
		text_clear(&run->scratch->text);
		free(run->scratch);
	}
}

/* The function of a class that a run is about; NULL: it has none such. */
typedef int class_function(struct memory *memory);
enum run_verb { CHECK, LOAD, SAVE, CLEAR, REFLECT };

static class_function *run_function_of(
	const struct memory_class *class, enum run_verb verb)
{
	switch (verb) {
	case CHECK:
		return class_run_check;
	case LOAD:
		return class->load_variables;
	case SAVE:
		return class->save_context != NULL ? class->save_context
						   : memory_host_add_turn;
	case CLEAR:
		return class->clear;
	case REFLECT:
		return class->reflect;
	}
	return NULL;
}

static int run_find_class(struct memory_run *run, struct class_run *self)
{
	const struct memory_scope *scope = run->scope;

	assert(scope->settings != NULL && scope->memories != NULL);
	*self = (struct class_run){
		.memory.host = &memory_host,
		.settings = scope->settings,
		.run = run,
	};
	self->class = memory_class_find(
		scope->memories, scope->settings, &self->plugin, run->error);
	return self->class == NULL ? -1 : 0;
}

static int run_do(struct class_run *self, class_function *function)
{
	struct memory_run *run = self->run;
	struct text answers = { 0 }, names = { 0 };
	int result = MEMORY_FAILED;

	run->answers = &answers;
	run->names = &names;
	if (llm_replay_begin(run) == 0)
		result = function == NULL ? MEMORY_DONE
					  : class_run_function(self, function);
	if (result == MEMORY_DONE && class_run_end_variable(self))
		result = MEMORY_FAILED;
	if (result == MEMORY_AGAIN && llm_replay_end(run))
		result = MEMORY_FAILED;
	run_end_run(run);
	text_clear(&answers);
	text_clear(&names);
	return result;
}

static int run_class(struct memory_run *run, enum run_verb verb)
{
	struct class_run self;

	return run_find_class(run, &self)
		       ? MEMORY_FAILED
		       : run_do(&self, run_function_of(self.class, verb));
}

int memory_run_function(
	struct memory_run *run, int (*function)(struct memory *memory))
{
	struct class_run self;

	return run_find_class(run, &self) ? MEMORY_FAILED
					  : run_do(&self, function);
}

/* --- what is done with them --------------------------------------------- */

int memory_check(const struct memories *memories,
	const struct settings *settings, struct error *error)
{
	struct session none = { 0 };
	const struct memory_scope scope = {
		.memories = memories,
		.settings = settings,
	};
	struct memory_run run = {
		.scope = &scope,
		.session = &none,
		.error = error,
	};

	return run_class(&run, CHECK);
}

int memory_too_large(const struct memory_scope *scope, struct error *error)
{
	return error_set(error, ERROR_TOO_LARGE,
		"the memory is larger than %zu MiB; ask for less with last, "
		"turns or max_tokens",
		scope->max_bytes >> 20);
}

int memory_load(const struct memory_scope *scope, const struct session *session,
	struct text *out, struct error *error)
{
	struct session seen = *session;
	struct memory_run run = {
		.scope = scope,
		.session = &seen,
		.error = error,
		.out = out,
		.begun = out->length,
	};
	const size_t start = out->length;
	int result;

	json_begin_object(out);
	result = run_class(&run, LOAD);
	json_end_object(out);
	if (result == MEMORY_DONE && scope->replay != NULL &&
		scope->replay->keeps &&
		memory_run_behind(
			&run, scope->replay->upto, &scope->replay->lacks))
		result = MEMORY_FAILED;
	if (result == MEMORY_DONE && out->failed)
		result = error_out_of_memory(error);
	if (result == MEMORY_DONE && out->length - start > scope->max_bytes)
		result = memory_too_large(scope, error);
	if (result != MEMORY_DONE)
		out->length = start;
	return result;
}

int memory_save(const struct memory_scope *scope, struct session *session,
	struct memory_added *added, struct error *error)
{
	struct memory_run run = {
		.scope = scope,
		.session = session,
		.error = error,
		.added = added,
		.may_keep = true,
	};

	*added = (struct memory_added){ 0 };
	return run_class(&run, SAVE);
}

/* Runs what adds nothing to the history. */
static int run_keep(const struct memory_scope *scope, struct session *session,
	enum run_verb verb, struct error *error)
{
	struct memory_run run = {
		.scope = scope,
		.session = session,
		.error = error,
		.may_keep = true,
	};

	return run_class(&run, verb);
}

int memory_clear(const struct memory_scope *scope, struct session *session,
	struct error *error)
{
	return run_keep(scope, session, CLEAR, error);
}

int memory_reflect(const struct memory_scope *scope, struct session *session,
	struct error *error)
{
	int result;

	assert(scope->replay != NULL);
	result = run_keep(scope, session, REFLECT, error);
	/* The writer writes what was kept before anything more is asked. */
	return result == MEMORY_AGAIN && scope->writes && scope->replay->kept
		       ? MEMORY_DONE
		       : result;
}
