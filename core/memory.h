/* SPDX-License-Identifier: MIT */
/*
 * memory.h - BaseMemory: a session seen as memory variables.
 *
 * A memory class is one file, memory_NAME.c, and one row of the table in
 * memory.c.  It reads and writes the history through history.h and store.h
 * and knows no HTTP.
 */
#ifndef CORE_MEMORY_H
#define CORE_MEMORY_H

#include "core/window.h"
#include "schema/settings.h"

/* Where a memory looks: whose, which, how. */
struct memory_scope {
	struct store *store;
	struct slice tenant;
	struct slice name;
	const struct settings *settings;
	struct window window; /* the request's; WINDOW_NONE: none */
	/* Gets what a window shows; stays as it is without one. */
	struct history_figures *figures;
	size_t max_bytes; /* of a loaded value */
	int64_t now;	  /* milliseconds since 1970 */
};

struct memory_class {
	const char *name;
	/*
	 * Appends the value of the memory variable as JSON: a string or, with
	 * return_messages, an array of stored messages.  `session` is the
	 * session found, or one with id 0.
	 */
	int (*load)(const struct memory_scope *scope,
		const struct session *session, struct text *out,
		struct error *error);
};

/* ERROR_INVALID if there is no such class; names the ones there are. */
int memory_check(const struct settings *settings, struct error *error);

/* The greatest bound of a loaded value; ERROR_TOO_LARGE beyond any. */
#define MEMORY_LOAD_MAX ((size_t)32 << 20)

/*
 * LangChain's loadMemoryVariables: appends {"history":…} to `out`.
 */
int memory_load(const struct memory_scope *scope, const struct session *session,
	struct text *out, struct error *error);

/*
 * LangChain's saveContext: picks input and output of the two JSON objects
 * with LangChain's rules and words, and appends both messages or neither.
 */
int memory_save(const struct memory_scope *scope, struct slice inputs,
	struct slice outputs, struct session *session,
	struct appended appended[2], struct error *error);

/*
 * For classes that show messages as they are: the newest of them (all if
 * negative, fewer if the request's window says so), as a buffer string or a
 * list.
 */
int memory_load_last(const struct memory_scope *scope,
	const struct session *session, int64_t newest, struct text *out,
	struct error *error);

#endif
