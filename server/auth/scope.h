/* SPDX-License-Identifier: MIT */
/* scope.h - what a key may be used for. */
#ifndef SERVER_AUTH_SCOPE_H
#define SERVER_AUTH_SCOPE_H

#include "schema/text.h"

/* A set of them is their sum; 0 is what needs no key. */
enum scope {
	SCOPE_NONE = 0,
	SCOPE_READ = 1,
	SCOPE_WRITE = 2,
	SCOPE_ADMIN = 4,   /* export and import, erasure by owner */
	SCOPE_METRICS = 8, /* the server's figures, of no tenant */
};

/* The scopes of a key whose line names none. */
#define SCOPES_DEFAULT ((unsigned)(SCOPE_READ | SCOPE_WRITE | SCOPE_ADMIN))
#define SCOPES_ALL     (SCOPES_DEFAULT | (unsigned)SCOPE_METRICS)

/* The word of one scope; of several, that of the first. */
const char *scope_name(unsigned scope);

/* Reads words with commas between; false: one of them is no scope. */
bool scopes_read(struct slice words, unsigned *scopes);

#endif
