/* SPDX-License-Identifier: MIT */
/*
 * options.c - options that a class does not have.
 *
 * LangChain's constructors take them and leave them alone, so that a window of
 * two turns is the whole history for whoever forgot to name the class.
 */
#include "core/memory/registry.h"

#include <string.h>

#include "schema/error.h"

/* Without effect, these change what is loaded most. */
static const char *const options[] = { "k", "max_token_limit" };

#define OPTIONS (sizeof(options) / sizeof(*options))

/* A class that does not say which it has, as a plugin may, has them all. */
static bool options_has(const struct memory_class *class, const char *name)
{
	const char *at = class->options;
	const size_t length = strlen(name);

	while (at != NULL && *at != '\0') {
		const size_t word = strcspn(at, " ");

		if (word == length && strncmp(at, name, length) == 0)
			return true;
		at += word + (at[word] == ' ');
	}
	return at == NULL;
}

static int options_refuse(const struct memories *memories,
	const struct memory_class *class, const char *name, struct error *error)
{
	const struct memory_class *other;
	const char *first = "CLASS";
	struct text names = { 0 };

	for (size_t i = 0; (other = memory_class_at(memories, i)) != NULL; i++)
		if (other->options != NULL && options_has(other, name)) {
			if (names.length == 0)
				first = other->name;
			text_format(&names, "%s%s",
				names.length > 0 ? ", " : "", other->name);
		}
	error_describe(error, ERROR_INVALID,
		"class \"%s\" has no %s; it is an option of: %.*s; name the "
		"class with it, as class=%s",
		class->name, name, SLICE_SHORT(text_view(&names)), first);
	text_clear(&names);
	return -1;
}

int memory_check_option(const struct memories *memories,
	const struct settings *settings, struct slice name, struct error *error)
{
	const struct memory_class *class =
		memory_class_named(memories, text_view(&settings->class));

	for (size_t i = 0; i < OPTIONS; i++)
		if (class != NULL && slice_is(name, options[i]) &&
			!settings_is_standard(settings, options[i]) &&
			!options_has(class, options[i]))
			return options_refuse(
				memories, class, options[i], error);
	return 0;
}
