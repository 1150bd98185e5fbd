/* SPDX-License-Identifier: MIT */
/*
 * secret.h - a key to somebody else's server, from a file of its own.
 */
#ifndef SERVER_SECRET_H
#define SERVER_SECRET_H

struct error;

/*
 * Reads the first line of a file; `*out` is the caller's to free.  Warns in
 * the log if everybody may read the file.  No error quotes what it holds.
 */
int secret_read(char **out, const char *path, struct error *error);

/* Overwrites it first.  Accepts NULL. */
void secret_free(char *secret);

#endif
