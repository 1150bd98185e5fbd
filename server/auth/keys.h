/* SPDX-License-Identifier: MIT */
/*
 * keys.h - API keys and the tenants that they name.
 *
 * A key is found by its SHA-256, and the digests are compared in constant
 * time: neither a core dump nor a stop-watch tells a key.  Several keys may
 * name one tenant, so that they can be changed one after the other.
 */
#ifndef SERVER_AUTH_KEYS_H
#define SERVER_AUTH_KEYS_H

#include "server/auth/key_line.h"

struct keys_item {
	struct key key;
	char *tenant; /* what the key's slice names */
};

/* Starts as {0}. */
struct keys {
	struct keys_item *items;
	size_t count;
	uint32_t *slots; /* by digest: 1 + the place of an item; 0: none */
	size_t slot_count;
};

/*
 * Adds the lines of a file (empty ones and those that begin with # are
 * skipped) or of a text.  A text without a blank and a line's end is pairs
 * tenant:key with commas between.  ERROR_INVALID names the place and never
 * shows a key.
 */
int keys_read_file(struct keys *keys, const char *path, struct error *error);
int keys_read_text(struct keys *keys, const char *text, struct error *error);

/* The key of this digest, borrowed from `keys`; NULL: none. */
const struct key *keys_find(
	const struct keys *keys, const unsigned char digest[DIGEST_LENGTH]);

void keys_clear(struct keys *keys);

/* Cuts the next piece of a list with commas; false at the end. */
bool keys_next_piece(const char **list, struct slice *piece);

#endif
