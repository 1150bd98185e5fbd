/* SPDX-License-Identifier: MIT */
/*
 * class_run.h - a memory class at work: what the host and its files share.
 *
 * Private to core/memory.  Of the classes only class_combined.c includes it:
 * what it does is what the host does, it runs classes.
 */
#ifndef CORE_MEMORY_CLASS_RUN_H
#define CORE_MEMORY_CLASS_RUN_H

#include "core/memory/run.h"
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

	struct slice given; /* in correct: a JSON object, */
	size_t corrected;   /* and so many of its members were taken */
};

/* A class at work in a run; of several, each has its own. */
struct class_run {
	struct memory memory; /* first */
	const struct memory_class *class;
	const struct settings *settings;
	struct memory_run *run;
	bool plugin;
};

static inline struct class_run *class_run_of(struct memory *memory)
{
	return (struct class_run *)memory;
}

/*
 * Runs one of the functions of a class; what it may do is in the run.  The
 * result must agree with what the host did for the class; where it does not,
 * that is a failure of the class.
 */
int class_run_function(
	struct class_run *self, int (*function)(struct memory *));

/* Whether the class may be chosen, as memory_check() says it. */
int class_run_check(struct memory *memory);

/* Marks the run as failed; the error has been described; is -1. */
int class_run_failed(struct class_run *self);
int class_run_out_of_memory(struct class_run *self);
/* Marks it as one that is run again: MEMORY_AGAIN. */
int class_run_again(struct class_run *self);
/* Fails: the class needs an upstream, and there is none. */
int class_run_no_upstream(struct class_run *self, enum memory_question kind);

/* A read begins, or keeping: fails while something is visited. */
int class_run_enter_store(struct class_run *self);
/* Fails in a read `as_of`: what is kept is of the newest version only. */
int class_run_only_now(struct class_run *self);

/* The last variable has its value; that of a plugin is checked. */
int class_run_end_variable(struct class_run *self);
/* Fails if there is none for a value, or if there is too much already. */
int class_run_in_variable(struct class_run *self);

/* Describes ERROR_TOO_LARGE; is -1. */
int memory_too_large(const struct memory_scope *scope, struct error *error);

/* Runs a function for the class of the scope's settings. */
int memory_run_function(
	struct memory_run *run, int (*function)(struct memory *memory));

/* Takes a name in this run; false: it is taken. */
bool class_run_take_name(struct memory_run *run, struct slice name);
/* How many messages there are after a seq; 0, or -1. */
int memory_run_behind(
	const struct memory_run *run, int64_t seq, int64_t *behind);
/* Runs what a class does when it is shown, and corrected. */
int class_run_show(struct memory *memory);
int class_run_correct(struct memory *memory);

/* Reads the replay before a run, and writes it for the next one. */
int llm_replay_begin(struct memory_run *run);
int llm_replay_end(struct memory_run *run);

#endif
