/* SPDX-License-Identifier: MIT */
/*
 * registry.h - which memory classes there are, and what each is like.
 */
#ifndef CORE_MEMORY_REGISTRY_H
#define CORE_MEMORY_REGISTRY_H

#include "core/memory/memory.h"
#include "schema/memory/settings.h"

struct error;
struct tokenizer;
struct tokenizers;

/* The classes and models that there are besides chatmem's own classes. */
struct memories {
	const struct memory_class *const *plugins;
	size_t count;
	/* The models for MEMORY_COMPLETE and MEMORY_EMBED; NULL: none. */
	const char *model;
	const char *embedding_model;
	bool wordless;			     /* there is no index of words */
	const struct tokenizers *tokenizers; /* NULL: approx alone */
};

/* The class at this index, chatmem's own first; NULL: there are no more. */
const struct memory_class *memory_class_at(
	const struct memories *memories, size_t at);
/* The class of this name, or NULL. */
const struct memory_class *memory_class_named(
	const struct memories *memories, struct slice name);

/* Does it show messages and nothing else?  Does it work in the background? */
bool memory_is_pure(
	const struct memories *memories, const struct settings *settings);
bool memory_reflects(
	const struct memories *memories, const struct settings *settings);
/* Might any class? */
bool memories_reflect(const struct memories *memories);

/*
 * The class that the settings name.  `*plugin` tells whether it is one that
 * was loaded.  NULL: there is none, or there is no such tokenizer, and the
 * error lists those that there are.
 */
const struct memory_class *memory_class_find(const struct memories *memories,
	const struct settings *settings, bool *plugin, struct error *error);

/*
 * Does the class have this option, if it is k or max_token_limit?  Else
 * ERROR_INVALID, which names the classes that do.  A default is harmless.
 */
int memory_check_option(const struct memories *memories,
	const struct settings *settings, struct slice name,
	struct error *error);

/* The tokenizer that the settings name, which were found good. */
const struct tokenizer *memory_tokenizer(
	const struct memories *memories, const struct settings *settings);

#endif
