/* SPDX-License-Identifier: MIT */
/*
 * run.h - what is done with the memory of a session: load, save, clear,
 * reflect.
 *
 * Each runs the session's class once.  It returns 0 (MEMORY_DONE), -1 with
 * the error described, or MEMORY_AGAIN: see llm_replay.h.
 */
#ifndef CORE_MEMORY_RUN_H
#define CORE_MEMORY_RUN_H

#include "core/history/history.h"
#include "core/history/window.h"
#include "core/memory/llm_replay.h"
#include "core/memory/registry.h"

/* Where a memory looks: whose, which, how. */
struct memory_scope {
	struct store *store;
	const struct memories *memories;
	struct session_ref ref;
	const struct settings *settings;
	struct slice inputs; /* JSON objects, valid and compact, or empty */
	struct slice outputs;
	struct window window; /* the request's; WINDOW_NONE: none */
	/* Gets what a window shows, stays as it is without one; or NULL. */
	struct history_figures *figures;
	int64_t before;	  /* only messages with lower seqs; 0: all */
	size_t max_bytes; /* of what is loaded */
	/* For a model: lists have messages as they came, lines name media. */
	bool verbatim;
	/* Of messages in lists; NULL: the default. */
	const struct form_ops *form;
	int64_t now; /* milliseconds since 1970 */
	bool writes; /* in a batch: something may be kept */
	bool answer; /* the output is what a model gave here */
	/* NULL: nothing can be asked. */
	struct llm_replay *replay;
};

/*
 * May the class be chosen, with these settings?  ERROR_INVALID if there is
 * none such or it refuses them, ERROR_NOT_CONFIGURED if it needs an upstream.
 */
int memory_check(const struct memories *memories,
	const struct settings *settings, struct error *error);

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

/* A class adds at most so many messages with one turn. */
#define MEMORY_ADDED_MAX 16
struct memory_added {
	struct history_appended items[MEMORY_ADDED_MAX];
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
