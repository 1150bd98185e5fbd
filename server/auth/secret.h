/* SPDX-License-Identifier: MIT */
/*
 * secret.h - what lets us in at somebody else's server, from a file of its own.
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
	const char *kind; /* of secret */
};

extern const struct secret_words secret_llm_key; /* --llm-key-file */
extern const struct secret_words secret_db_url;	 /* --db-url-file */
extern const struct secret_words secret_api_key; /* --key-file */

/*
 * Opens a file that holds secrets.  NULL: it cannot be opened; ERROR_INVALID
 * says why, and does not quote what may be the secret itself.
 */
FILE *secret_open(const char *path, const struct secret_words *words,
	struct error *error);

/*
 * Reads the first line of the file; `*out` is the caller's to free.  No error
 * quotes what it holds.
 */
int secret_read(char **out, const char *path, const struct secret_words *words,
	struct error *error);

/*
 * May a header hold this key?  NULL is none, and may.  ERROR_INVALID says where
 * keys come from, and does not quote it.
 */
int secret_check_header(
	const char *key, const struct secret_words *words, struct error *error);

/* Overwrites it first.  Accepts NULL. */
void secret_free(char *secret);

#endif
