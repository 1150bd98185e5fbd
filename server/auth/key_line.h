/* SPDX-License-Identifier: MIT */
/*
 * key_line.h - one API key, as a line names it:
 *
 *	tenant:key
 *	tenant:sha256:HEX scope=read,write until=2027-01-01T00:00:00Z
 */
#ifndef SERVER_AUTH_KEY_LINE_H
#define SERVER_AUTH_KEY_LINE_H

#include "core/digest/digest.h"

#define TENANT_NAME_MAX 255

struct error;

/* Of a key only its SHA-256 is kept. */
struct key {
	unsigned char digest[DIGEST_LENGTH];
	struct slice tenant;
	unsigned scopes; /* of enum scope */
	int64_t until;	 /* milliseconds since 1970; INT64_MAX: for ever */
};

/* ERROR_UNAVAILABLE: out of memory. */
int key_digest(struct slice key, unsigned char digest[DIGEST_LENGTH],
	struct error *error);

/* Two digits a byte, and an end. */
#define KEY_HEX_SIZE (2 * DIGEST_LENGTH + 1)
void key_hex(const unsigned char digest[DIGEST_LENGTH], char hex[KEY_HEX_SIZE]);

/*
 * Reads a line without its end; the tenant ends at the first colon and is
 * borrowed from the line.  ERROR_INVALID goes on after the words "line 7" and
 * never shows a key.
 */
int key_read(struct key *key, struct slice line, struct error *error);

#endif
