/* SPDX-License-Identifier: MIT */
/*
 * access_unit.h - requests that are judged by a table of rules.
 */
#ifndef TESTS_UNIT_ACCESS_UNIT_H
#define TESTS_UNIT_ACCESS_UNIT_H

#include "server/auth/access.h"
#include "tests/unit/unit.h"

/* What a request shows; peer 'l' is this machine, anything else is not. */
struct shown {
	char peer;
	const char *host;
	const char *origin;
	const char *proxied;
	const char *fetch_site;
	const char *authorization;
	const char *api_key;
};

static inline struct slice sent(const char *value)
{
	return value ? slice_of(value) : (struct slice){ NULL, 0 };
}

#define NOW INT64_C(1700000000000) /* in 2023 */

/* The grant is the caller's to clear. */
static inline int ask(struct access *access, struct grant *grant,
	const struct shown *shown, unsigned scopes)
{
	const struct credentials credentials = {
		.peer_is_local = shown->peer == 'l',
		.host = sent(shown->host),
		.origin = sent(shown->origin),
		.fetch_site = sent(shown->fetch_site),
		.proxied = sent(shown->proxied),
		.authorization = sent(shown->authorization),
		.api_key = sent(shown->api_key),
	};

	error = (struct error){ 0 };
	grant_take(grant, access);
	return grant_check(grant, &credentials, scopes, NOW, &error);
}

static inline int check(
	struct access *access, const struct shown *shown, bool open)
{
	struct grant grant;
	const int result =
		ask(access, &grant, shown, open ? SCOPE_NONE : SCOPE_READ);

	if (!shown->api_key)
		is(grant.tenant, "");
	grant_clear(&grant);
	return result;
}

#endif
