/* SPDX-License-Identifier: MIT */
/* registry.c - the table of memory classes. */
#include "core/memory/registry.h"

#include "schema/error.h"
#include "schema/tokens/tokenizer.h"

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

const struct memory_class *memory_class_at(
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

	for (size_t i = 0; (class = memory_class_at(memories, i)) != NULL;
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
	const struct tokenizer *tokenizer;
	struct text names = { 0 };

	if (tokenizers_find(memories->tokenizers,
		    text_view(&settings->tokenizer), &tokenizer, error))
		return NULL;
	if (class != NULL)
		return class;
	for (size_t i = 0; (class = memory_class_at(memories, i)) != NULL; i++)
		text_format(&names, "%s\"%s\"", i > 0 ? ", " : "", class->name);
	error_describe(error, ERROR_INVALID,
		"class \"%.*s\" is unknown; there are %.*s", SLICE_SHORT(name),
		(int)names.length, names.data);
	text_clear(&names);
	return NULL;
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

const struct tokenizer *memory_tokenizer(
	const struct memories *memories, const struct settings *settings)
{
	const struct tokenizer *tokenizer;
	struct error none = { 0 };

	tokenizers_find(memories->tokenizers, text_view(&settings->tokenizer),
		&tokenizer, &none);
	return tokenizer;
}
