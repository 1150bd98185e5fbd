/* SPDX-License-Identifier: MIT */
/*
 * host.h - what the files of the host of memory classes share.
 */
#ifndef CORE_MEMORY_HOST_H
#define CORE_MEMORY_HOST_H

#include "core/memory/registry.h"
#include "core/store/memory_state.h"
#include "schema/error.h"

/* Growing texts of a run, freed with it. */
struct memory_scratch {
	struct memory_scratch *next;
	struct text text;
};

/* A run of one request, whichever classes take part in it. */
struct memory_run {
	const struct memory_scope *scope;
	struct session *session; /* what is found, or id 0 */
	int64_t upto;		 /* messages beyond are not seen */
	struct error *error;
	struct memory_scratch *scratch;
	bool failed;   /* the error is described */
	bool again;    /* MEMORY_AGAIN is what is returned */
	bool visiting; /* the store is being read, and must be left alone */

	/* The variables; `out` NULL: their names only. */
	struct text *out;
	struct text *names; /* of those begun: a JSON array */
	int variables;	    /* so many */
	size_t begun;	    /* where in `out` they begin */
	size_t value;	    /* and the last one's value; 0: it has ended */

	/* The answers there are, and how far they were used. */
	struct text *answers; /* see llm_replay.c; empty: none */
	size_t used;	      /* bytes of it */
	int64_t questions;    /* in all runs */

	struct memory_added *added; /* in save_context */
	bool may_keep;
};

/* A class at work. */
struct memory_call {
	struct memory memory; /* first */
	const struct memory_class *class;
	const struct settings *settings;
	struct memory_run *run;
	bool plugin;
};

static inline struct memory_call *memory_call(struct memory *memory)
{
	return (struct memory_call *)memory;
}

extern const struct memory_host memory_host;

/* The class, with its words if there is none. */
const struct memory_class *memory_class_find(const struct memories *memories,
	const struct settings *settings, bool *plugin, struct error *error);

/* Marks the run as failed; the error has been described; is -1. */
int memory_failed(struct memory_call *call);
int memory_no_room(struct memory_call *call);
/* MEMORY_AGAIN, for the reason that the script has. */
int memory_again(struct memory_call *call);

/* The class needs an upstream, and there is none. */
int memory_no_upstream(struct memory_call *call, enum memory_question kind);
int memory_too_large(const struct memory_scope *scope, struct error *error);

/* What is asked for is known of the newest version only. */
int memory_only_now(struct memory_call *call);
/* A read begins, or keeping: not while something is visited. */
int memory_enter_store(struct memory_call *call);

/* Runs one of the functions of a class; what it may do is in the run. */
int memory_call_class(
	struct memory_call *call, int (*function)(struct memory *));

/* Whether it may be chosen, as memory_check() says it. */
int memory_check_class(struct memory *memory);

struct state_key memory_state_key(struct memory_call *call);

/* The host's functions, by file. */
int memory_host_each(struct memory *memory, int64_t after, int64_t before,
	int (*visit)(void *context, const struct memory_message *message),
	void *context);
int memory_host_lines(
	struct memory *memory, int64_t after, int64_t before, struct text *out);
int memory_host_back(
	struct memory *memory, int64_t before, int64_t count, int64_t *after);
void memory_host_line(struct memory *memory,
	const struct memory_message *message, struct text *out);
void memory_host_content(struct memory *memory,
	const struct memory_message *message, struct text *out);
void memory_host_stored(struct memory *memory,
	const struct memory_message *message, struct text *out);
int memory_host_search(struct memory *memory, struct slice words, int64_t limit,
	int (*visit)(void *context, const struct memory_message *message),
	void *context);
int memory_host_variable(struct memory *memory, struct slice name);
int memory_host_json(struct memory *memory, struct slice json);
int memory_host_string(struct memory *memory, struct slice utf8);
int memory_host_history(
	struct memory *memory, const struct memory_range *range);
int memory_host_ask(struct memory *memory, enum memory_question kind,
	struct slice text, struct slice *answer);
int memory_host_input(struct memory *memory, struct slice *value);
int memory_host_output(struct memory *memory, struct slice *value);
int memory_host_add(struct memory *memory, const char *type, struct slice data);
int memory_host_add_turn(struct memory *memory);

/* The last variable has its value; checks that of a plugin. */
int memory_end_variable(struct memory_call *call);
/* Fails if there is none for a value, or if there is too much already. */
int memory_in_variable(struct memory_call *call);

/* Reads the script before a run, and writes it for the next one. */
int memory_continuation_begin(struct memory_run *run);
int memory_continuation_end(struct memory_run *run);

#endif
