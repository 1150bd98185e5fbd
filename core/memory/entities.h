/* SPDX-License-Identifier: MIT */
/*
 * entities.h - names, and what is known of each.
 *
 * Names come from a model as a list with commas between.  Their summaries are
 * a JSON object {"name":"summary",…}, or nothing yet; texts are borrowed until
 * the class's function returns.
 */
#ifndef CORE_MEMORY_ENTITIES_H
#define CORE_MEMORY_ENTITIES_H

#include "core/memory/memory.h"

/* Without white space at its ends. */
struct slice entities_trim(struct slice text);

/* Takes the next name off a list; false: there is none. */
bool entities_next_name(struct slice *list, struct slice *name);

/* The part of the list that is gone through: an answer may be anything. */
struct slice entities_first_names(struct slice list);

/* The summary of a name, UTF-8; LangChain's words where there is none. */
struct slice entities_look_up(
	struct memory *memory, struct slice entities, struct slice name);

/* The entities with one more, or with a newer summary of one; UTF-8. */
struct slice entities_with(struct memory *memory, struct slice entities,
	struct slice name, struct slice summary);

#endif
