/* SPDX-License-Identifier: MIT */
/*
 * secret.h - a key to somebody else's server, from a file of its own.
 */
#ifndef SERVER_AUTH_SECRET_H
#define SERVER_AUTH_SECRET_H

#include <stdio.h>

struct error;

/* The words about a file that holds secrets. */
struct secret_words {
	const char *open; /* a warning: everybody may read it */
	const char
		*instead; /* if there is none: where the secret itself goes */
};

/*
 * Opens a file that holds secrets.  NULL: it cannot be opened; ERROR_INVALID
 * says why, and does not quote what may be the secret itself.
 */
FILE *secret_open(const char *path, const struct secret_words *words,
	struct error *error);

/*
 * Reads the first line of --llm-key-file; `*out` is the caller's to free.  No
 * error quotes what it holds.
 */
int secret_read(char **out, const char *path, struct error *error);

/* Overwrites it first.  Accepts NULL. */
void secret_free(char *secret);

#endif
