/* SPDX-License-Identifier: MIT */
/*
 * print.h - sessions and messages, for people and for scripts.
 *
 * Values are JSON as the API has it, valid and compact.
 */
#ifndef SERVER_CLI_PRINT_H
#define SERVER_CLI_PRINT_H

#include "schema/text.h"

struct error;

/* Appends the value as a line; on a terminal its controls are escaped. */
void print_json(struct text *out, struct slice value);

/* The string or number of a member; empty: there is none. */
struct slice print_member(struct slice object, const char *name);
/* Appends a JSON string decoded, so that it is safe to show. */
void print_string(struct text *out, struct slice string, bool lines);

/*
 * Appends a time of the API: on a terminal by its clock, else as it is.
 */
void print_time(struct text *out, struct slice string);
/* Appends how long ago that was, as `3 min`. */
void print_age(struct text *out, struct slice string);

/*
 * Appends a message: on a terminal a line with number, type and time, and its
 * text beneath; else a line of LangChain's getBufferString.
 */
int print_message(struct text *out, struct slice message, struct error *error);

#endif
