/* SPDX-License-Identifier: MIT */
/*
 * llm_replay.h - how a memory class asks a language model without waiting.
 *
 * A run that asks ends with MEMORY_AGAIN.  It leaves its question, and a
 * continuation in `next`: the caller runs it again with that continuation,
 * as soon as the question is answered or, where nothing was asked, in a
 * batch, where it may write.  A later run finds the answers to the very texts
 * that the run before asked; where the session has changed so that others are
 * asked, they do not count.
 */
#ifndef CORE_MEMORY_LLM_REPLAY_H
#define CORE_MEMORY_LLM_REPLAY_H

#include "core/memory/memory.h"
#include "schema/text.h"

/* A question; core/memory does not care which model answers it. */
struct llm_question {
	enum memory_question kind; /* 0: nothing is asked */
	struct slice text;	   /* UTF-8; borrowed from the replay */
};

/* Starts as {0}; llm_replay_clear() ends it. */
struct llm_replay {
	/* Borrowed: the `next` of the run before, see continuation.h, or empty.
	 */
	struct slice continuation;
	/* Borrowed: the answer as JSON, a string or an array of numbers. */
	struct slice answer;

	/* Results. */
	struct text next; /* the continuation of the next run */
	struct llm_question ask;
	struct text asked; /* the bytes of ask.text */
	bool kept;	   /* more messages are summed up than before */
	bool behind;	   /* what is kept lacks messages */
	bool keeps;	   /* a state was read; of several the least counts: */
	int64_t upto;	   /* the seq that it reaches to, */
	int64_t lacks;	   /* and the messages after that */
};
void llm_replay_clear(struct llm_replay *replay);

/* The kind of question that this continuation waits for; 0: none. */
enum memory_question llm_replay_asked(struct slice continuation);

#endif
