/* SPDX-License-Identifier: MIT */
/*
 * registry.h - what is done with memory classes, whichever they are.
 */
#ifndef CORE_MEMORY_REGISTRY_H
#define CORE_MEMORY_REGISTRY_H

#include "core/history/window.h"
#include "core/memory/memory.h"
#include "schema/memory/settings.h"

/* What there is besides chatmem's own classes. */
struct memories {
	const struct memory_class *const *plugins;
	size_t count;
	/* Who answers MEMORY_COMPLETE and MEMORY_EMBED; NULL: nobody. */
	const char *model;
	const char *embedding_model;
	bool wordless; /* there is no index of words */
};

/*
 * What is asked, of whom does not matter here, and what was answered so far.
 * Work that returns MEMORY_AGAIN is run again with the continuation that it
 * left in `next`: if ask.kind is set when that is answered, else in a batch,
 * where it may write.  The answers are to the very texts that the run before
 * asked; where the session has changed so that others are asked, they do not
 * count.
 */
struct memory_ask {
	enum memory_question kind; /* 0: nothing is asked */
	struct slice text;	   /* UTF-8; borrowed from the script */
};

/* Starts as {0}; memory_continuation_clear() ends it. */
struct memory_continuation {
	struct slice
		continuation; /* the `next` of the run before; empty: none */
	struct slice answer;  /* JSON: a string, or an array of numbers */
	/* Results. */
	struct text next;
	struct memory_ask ask;
	struct text asked;
	bool kept;   /* of more messages than before */
	bool behind; /* what is kept lacks messages */
};
void memory_continuation_clear(struct memory_continuation *script);
/* What the run asked that left this continuation; 0: nothing. */
enum memory_question memory_continuation_asked(struct slice continuation);

/* Where a memory looks: whose, which, how. */
struct memory_scope {
	struct store *store;
	const struct memories *memories;
	struct slice tenant;
	struct slice name;
	const struct settings *settings;
	struct slice inputs; /* JSON objects, valid and compact, or empty */
	struct slice outputs;
	struct window window; /* the request's; WINDOW_NONE: none */
	/* Gets what a window shows, stays as it is without one; or NULL. */
	struct history_figures *figures;
	size_t max_bytes; /* of what is loaded */
	bool verbatim;	  /* lists have each message in the form it came in */
	int64_t now;	  /* milliseconds since 1970 */
	bool writes;	  /* in a batch: something may be kept */
	/* NULL: nothing can be asked. */
	struct memory_continuation *script;
};

/*
 * May the class be chosen, with these settings?  ERROR_INVALID if there is
 * none such or it refuses them, ERROR_NOT_CONFIGURED if it needs an upstream.
 */
int memory_check(const struct memories *memories,
	const struct settings *settings, struct error *error);

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

/* The bound of a loaded value; ERROR_TOO_LARGE beyond. */
#define MEMORY_LOAD_MAX ((size_t)32 << 20)

/*
 * LangChain's loadMemoryVariables: appends {"history":…} to `out`.
 * MEMORY_AGAIN leaves it as it was.
 */
int memory_load(const struct memory_scope *scope, const struct session *session,
	struct text *out, struct error *error);

/* The input value that memory_save() would take, or why it would not. */
int memory_input(const struct memory_scope *scope, struct slice *value,
	struct error *error);

/* What a class adds with one turn; more is refused. */
#define MEMORY_ADDED_MAX 16
struct memory_added {
	struct appended items[MEMORY_ADDED_MAX];
	size_t count;
};

/*
 * LangChain's saveContext: picks input and output of the two JSON objects
 * with LangChain's rules and words, and appends both messages or neither.
 */
int memory_save(const struct memory_scope *scope, struct session *session,
	struct memory_added *added, struct error *error);

/* After all messages of the session were removed. */
int memory_clear(const struct memory_scope *scope, struct session *session,
	struct error *error);

/*
 * A step of the background work.  MEMORY_DONE: there is nothing to do now,
 * unless something was kept.
 */
int memory_reflect(const struct memory_scope *scope, struct session *session,
	struct error *error);

#endif
