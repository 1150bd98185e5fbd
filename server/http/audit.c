/* SPDX-License-Identifier: MIT */
/*
 * audit.c - who erased, exported and imported, and how that ended.
 *
 * A key is named by the beginning of its SHA-256, which its line may show.
 */
#include "server/http/exchange.h"

#include <stdio.h>
#include <string.h>

#include "server/auth/key_line.h"
#include "server/observe/log.h"

#define KEY_DIGITS 8

/* A copy that ends, of what may not. */
static const char *audit_string(struct text *out, struct slice bytes)
{
	text_slice(out, bytes);
	text_append(out, "", 1);
	return out->failed ? "" : out->data;
}

static void audit_key(const struct key *key, char digits[KEY_HEX_SIZE])
{
	key_hex(key->digest, digits);
	digits[KEY_DIGITS] = '\0';
}

void audit_note(const struct exchange *exchange, int status)
{
	const struct api_route *route = exchange->request.route;
	const struct key *key = exchange->grant.key;
	struct text tenant = { 0 }, path = { 0 };
	char digits[KEY_HEX_SIZE], number[16];

	if (!route || !route->audit || !exchange->share ||
		!log_enabled(LOG_INFO))
		return;
	if (key)
		audit_key(key, digits);
	snprintf(number, sizeof(number), "%d", status);
	log_line(LOG_INFO, route->audit, "request", exchange->id, "tenant",
		audit_string(&tenant, exchange->grant.tenant), "path",
		audit_string(&path, exchange->path), "status", number,
		key ? "key" : NULL, digits, NULL);
	text_clear(&tenant);
	text_clear(&path);
}
