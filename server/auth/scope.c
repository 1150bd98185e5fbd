/* SPDX-License-Identifier: MIT */
/* scope.c - what a key may be used for. */
#include "server/auth/scope.h"

#include <string.h>

static const struct {
	enum scope scope;
	const char *name;
} scopes_known[] = {
	{ SCOPE_READ, "read" },
	{ SCOPE_WRITE, "write" },
	{ SCOPE_ADMIN, "admin" },
	{ SCOPE_METRICS, "metrics" },
};

#define SCOPE_COUNT (sizeof(scopes_known) / sizeof(*scopes_known))

const char *scope_name(unsigned scope)
{
	for (size_t i = 0; i < SCOPE_COUNT; i++)
		if (scopes_known[i].scope & scope)
			return scopes_known[i].name;
	return "none";
}

static enum scope scope_of(struct slice word)
{
	for (size_t i = 0; i < SCOPE_COUNT; i++)
		if (slice_is(word, scopes_known[i].name))
			return scopes_known[i].scope;
	return SCOPE_NONE;
}

bool scopes_read(struct slice words, unsigned *scopes)
{
	const char *const end = words.data + words.length;

	*scopes = 0;
	for (const char *at = words.data; at <= end;) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		const char *stop = comma ? comma : end;
		const enum scope scope =
			scope_of((struct slice){ at, (size_t)(stop - at) });

		if (scope == SCOPE_NONE)
			return false;
		*scopes |= scope;
		at = stop + 1;
	}
	return true;
}
