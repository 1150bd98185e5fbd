/* SPDX-License-Identifier: MIT */
/*
 * secret.h - a key to somebody else's server, from a file of its own.
 */
#ifndef SERVER_AUTH_SECRET_H
#define SERVER_AUTH_SECRET_H

#include <stdio.h>

struct error;

/*
 * Opens a file that holds secrets, and logs `warning` if everybody may read
 * it.  NULL: it cannot be opened; ERROR_INVALID says why.
 */
FILE *secret_open(const char *path, const char *warning, struct error *error);

/*
 * Reads the first line of a file; `*out` is the caller's to free.  No
 * error quotes what it holds.
 */
int secret_read(char **out, const char *path, struct error *error);

/* Overwrites it first.  Accepts NULL. */
void secret_free(char *secret);

#endif
