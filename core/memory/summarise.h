/* SPDX-License-Identifier: MIT */
/*
 * summarise.h - what the classes share that keep a summary.
 */
#ifndef CORE_MEMORY_SUMMARISE_H
#define CORE_MEMORY_SUMMARISE_H

#include "core/memory/memory.h"

/* Is the session's prompt a template that can be filled? */
int memory_summarise_check(struct memory *memory);

/*
 * Asks for a summary of the one that there is and the messages after it up
 * to the seq `upto`, and keeps it.
 */
int memory_summarise(
	struct memory *memory, const struct memory_state *before, int64_t upto);

/* Shows the summary, {"text":…}; takes another one in its place. */
int memory_summary_show(struct memory *memory);
int memory_summary_correct(struct memory *memory);

#endif
