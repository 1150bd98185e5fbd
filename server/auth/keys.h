/* SPDX-License-Identifier: MIT */
/*
 * keys.h - API keys and the tenants that they name.
 *
 * Of a key only its SHA-256 is kept, and a key that comes in is compared
 * with all of them in constant time: neither a core dump nor a stop-watch
 * tells one.  Several keys may name one tenant, so that they can be changed
 * one after the other.
 */
#ifndef SERVER_AUTH_KEYS_H
#define SERVER_AUTH_KEYS_H

#include "schema/text.h"

struct error;
struct key;

/* Starts as {0}. */
struct keys {
	struct key *items;
	size_t count;
};

/*
 * Adds the pairs tenant:key of a file, one a line (empty lines and those
 * that begin with # are skipped), or of a text, with commas.  The tenant
 * ends at the first colon.  ERROR_INVALID names the place and never shows a
 * key.
 */
int keys_read_file(struct keys *keys, const char *path, struct error *error);
int keys_read_text(struct keys *keys, const char *text, struct error *error);

/* The tenant of this key, borrowed from `keys`; *tenant is NULL if none. */
int keys_find(const struct keys *keys, struct slice key, const char **tenant,
	struct error *error);

void keys_clear(struct keys *keys);

/* Cuts the next piece of a list with commas; false at the end. */
bool keys_next_piece(const char **list, struct slice *piece);

#endif
