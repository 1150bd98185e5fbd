/* SPDX-License-Identifier: MIT */
/* registry.c - the table of memory classes, and how one of them is run. */
#include "core/memory/registry.h"

#include <stdlib.h>

#include "core/memory/host.h"
#include "schema/json/scan.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

/* A new class is a file and a row here. */
#define CLASSES(X)               \
	X(memory_buffer)         \
	X(memory_window)         \
	X(memory_token_buffer)   \
	X(memory_summary)        \
	X(memory_summary_buffer) \
	X(memory_entity)         \
	X(memory_vector)         \
	X(memory_combined)

#define DECLARE(class) extern const struct memory_class class;
CLASSES(DECLARE)
#undef DECLARE

#define ROW(class) &class,
static const struct memory_class *const classes[] = { CLASSES(ROW) };
#undef ROW

#define CLASS_COUNT (sizeof(classes) / sizeof(*classes))

/* The class at this place of both tables, or NULL. */
static const struct memory_class *registry_class_at(
	const struct memories *memories, size_t at)
{
	if (at < CLASS_COUNT)
		return classes[at];
	at -= CLASS_COUNT;
	return at < memories->count ? memories->plugins[at] : NULL;
}

static const struct memory_class *registry_find_class(
	const struct memories *memories, struct slice name, bool *plugin)
{
	const struct memory_class *class;

	for (size_t i = 0; (class = registry_class_at(memories, i)) != NULL;
		i++) {
		*plugin = i >= CLASS_COUNT;
		if (slice_is(name, class->name))
			return class;
	}
	return NULL;
}

const struct memory_class *memory_class_named(
	const struct memories *memories, struct slice name)
{
	bool plugin;

	return registry_find_class(memories, name, &plugin);
}

const struct memory_class *memory_class_find(const struct memories *memories,
	const struct settings *settings, bool *plugin, struct error *error)
{
	struct slice name = text_view(&settings->class);
	const struct memory_class *class =
		registry_find_class(memories, name, plugin);
	struct text known = { 0 };

	if (class != NULL)
		return class;
	for (size_t i = 0; (class = registry_class_at(memories, i)) != NULL;
		i++)
		text_format(&known, "%s\"%s\"", i > 0 ? ", " : "", class->name);
	error_describe(error, ERROR_INVALID,
		"class \"%.*s\" is unknown; there are %.*s", SLICE_SHORT(name),
		(int)known.length, known.data);
	text_clear(&known);
	return NULL;
}

/* --- a run -------------------------------------------------------------- */

static void registry_end_run(struct memory_run *run)
{
	struct memory_scratch *next;

	for (; run->scratch != NULL; run->scratch = next) {
		next = run->scratch->next;
		text_clear(&run->scratch->text);
		free(run->scratch);
	}
}

/* A text of a run ran out of memory, and nobody noticed. */
static bool registry_is_short(const struct memory_run *run)
{
	for (const struct memory_scratch *scratch = run->scratch;
		scratch != NULL; scratch = scratch->next)
		if (scratch->text.failed)
			return true;
	return false;
}

/*
 * What the class returns must agree with what its calls of the host did;
 * where it does not, that is a failure of the class.
 */
int memory_call_class(
	struct memory_call *call, int (*function)(struct memory *))
{
	struct memory_run *run = call->run;
	int result = function(&call->memory);

	if (run->failed)
		return MEMORY_FAILED;
	if (registry_is_short(run))
		return memory_no_room(call);
	if (run->again)
		return MEMORY_AGAIN;
	if (result == MEMORY_DONE)
		return MEMORY_DONE;
	return call->memory.host->fail(
		&call->memory, "it returned %d without saying why", result);
}

/* The memory key is the one variable of a class that says nothing else. */
static int registry_name_key(struct memory *memory)
{
	const struct memory_host *host = memory->host;

	return host->variable(memory, host->setting(memory, "memory_key").text);
}

int memory_check_class(struct memory *memory)
{
	struct memory_call *call = memory_call(memory);
	const struct memory_class *class = call->class;
	int result = MEMORY_DONE;

	if (class->needs != 0 && !memory->host->answers(memory, class->needs))
		return memory_no_upstream(call, class->needs);
	if (class->check != NULL)
		result = memory_call_class(call, class->check);
	if (result == MEMORY_DONE)
		result = memory_call_class(
			call, class->names ? class->names : registry_name_key);
	return result;
}

/* The function of a class that a run is about; NULL: it has none such. */
typedef int class_function(struct memory *memory);
enum registry_verb { CHECK, LOAD, SAVE, CLEAR, REFLECT };

static class_function *registry_function_of(
	const struct memory_class *class, enum registry_verb verb)
{
	switch (verb) {
	case CHECK:
		return memory_check_class;
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

static int registry_run_class(struct memory_run *run, enum registry_verb verb)
{
	const struct memory_scope *scope = run->scope;
	struct memory_call call = {
		.memory.host = &memory_host,
		.settings = scope->settings,
		.run = run,
	};
	struct text answers = { 0 }, names = { 0 };
	class_function *function;
	int result = MEMORY_FAILED;

	call.class = memory_class_find(
		scope->memories, scope->settings, &call.plugin, run->error);
	if (call.class == NULL)
		return MEMORY_FAILED;
	run->answers = &answers;
	run->names = &names;
	function = registry_function_of(call.class, verb);
	if (memory_continuation_begin(run) == 0)
		result = function == NULL ? MEMORY_DONE
					  : memory_call_class(&call, function);
	if (result == MEMORY_DONE && memory_end_variable(&call))
		result = MEMORY_FAILED;
	if (result == MEMORY_AGAIN && memory_continuation_end(run))
		result = MEMORY_FAILED;
	registry_end_run(run);
	text_clear(&answers);
	text_clear(&names);
	return result;
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

	return registry_run_class(&run, CHECK);
}

bool memory_is_pure(
	const struct memories *memories, const struct settings *settings)
{
	const struct memory_class *class =
		memory_class_named(memories, text_view(&settings->class));

	return class != NULL && class->pure;
}

bool memory_reflects(
	const struct memories *memories, const struct settings *settings)
{
	const struct memory_class *class =
		memory_class_named(memories, text_view(&settings->class));

	return class != NULL && class->reflect != NULL &&
	       memories_reflect(memories);
}

bool memories_reflect(const struct memories *memories)
{
	return memories->model != NULL || memories->embedding_model != NULL ||
	       memories->count > 0;
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
	result = registry_run_class(&run, LOAD);
	json_end_object(out);
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
	return registry_run_class(&run, SAVE);
}

/* Runs what adds nothing to the history. */
static int registry_keep(const struct memory_scope *scope,
	struct session *session, enum registry_verb verb, struct error *error)
{
	struct memory_run run = {
		.scope = scope,
		.session = session,
		.error = error,
		.may_keep = true,
	};

	return registry_run_class(&run, verb);
}

int memory_clear(const struct memory_scope *scope, struct session *session,
	struct error *error)
{
	return registry_keep(scope, session, CLEAR, error);
}

int memory_reflect(const struct memory_scope *scope, struct session *session,
	struct error *error)
{
	const int result = registry_keep(scope, session, REFLECT, error);

	/* What was kept is written before anything more is asked. */
	return result == MEMORY_AGAIN && scope->writes && scope->script->kept
		       ? MEMORY_DONE
		       : result;
}
