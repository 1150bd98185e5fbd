/* SPDX-License-Identifier: MIT */
/*
 * names.h - the member names of the objects that a scan has open.
 *
 * A stack: those of the innermost object come last, and are dropped when it
 * closes.  A hash with a seed of its own finds a name in constant time,
 * whoever chose the names.  Each bucket is a chain from the newest name to
 * the oldest, so that dropping the newest name unlinks the head of its
 * chain, and a search of the innermost object ends at the first name of
 * another one.
 */
#ifndef SCHEMA_JSON_NAMES_H
#define SCHEMA_JSON_NAMES_H

#include "schema/text.h"

struct json_scratch;

struct json_name {
	const char *quote; /* the string, in the text that is scanned */
	uint32_t hash;
	uint32_t next; /* 1 + index of the next in its chain; 0: none */
};

/*
 * Adds a name (a valid JSON string with its quotes) to the object whose
 * first name has the index `first`.  Returns 0, 1 if the object has it
 * already (the names are compared decoded), or -1 out of memory.
 */
int json_names_add(
	struct json_scratch *scratch, struct slice name, uint32_t first);

/* Drops the names from the index `first` on. */
void json_names_drop(struct json_scratch *scratch, uint32_t first);

#endif
