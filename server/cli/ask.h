/* SPDX-License-Identifier: MIT */
/*
 * ask.h - a request of the API, as a command makes it.
 */
#ifndef SERVER_CLI_ASK_H
#define SERVER_CLI_ASK_H

#include <stdbool.h>

#include "schema/text.h"

/* Starts with method and member, the rest {0}; to be cleared. */
struct ask {
	const char *method;
	struct text target; /* path and query */
	const char *type;   /* of the body; NULL: JSON */
	struct slice body;  /* borrowed */
	/* A line more of a request's head, borrowed; the store has no use. */
	const char *header;
	/* The answer is an object with this member; NULL: it is text. */
	const char *member;
	bool has_query;
};

/* Appends a part of the path as it stands. */
void ask_path(struct ask *ask, const char *path);
/* Appends a name as one segment of it. */
void ask_name(struct ask *ask, const char *name);
/* Adds a parameter; NULL: it was not given. */
void ask_parameter(struct ask *ask, const char *name, const char *value);
void ask_clear(struct ask *ask);

#endif
