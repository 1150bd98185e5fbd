/* SPDX-License-Identifier: MIT */
/*
 * access.h - who may ask: API keys, and who is served without any.
 *
 * With keys a key names the tenant, and what may be done.  Without keys only
 * peers on this machine are served, under a Host name of this machine and not
 * through a proxy, unless `no_auth` says that it is meant.
 *
 * The rules are a table that is replaced as a whole while requests run; what
 * a request borrows of it lives until the request lets go of it.
 */
#ifndef SERVER_AUTH_ACCESS_H
#define SERVER_AUTH_ACCESS_H

#include "schema/text.h"
#include "server/auth/scope.h"

struct access;
struct access_table;
struct error;

struct access_options {
	const char *keys_file;	  /* see keys_read_file(); NULL: none */
	const char *keys;	  /* see keys_read_text(); NULL: none */
	const char *listen;	  /* "host:port" */
	const char *allow_origin; /* origins, with commas; NULL: none */
	const char *allow_host;	  /* names, with commas; NULL: none */
	bool no_auth;
};

/* ERROR_INVALID names file and line. */
int access_new(struct access **out, const struct access_options *options,
	struct error *error);
/* When nobody holds a table of it. */
void access_free(struct access *access);

/* Replaces the table; after an error the old one stays. */
int access_reload(struct access *access, const struct access_options *options,
	struct error *error);

/* A request shows this of itself; data NULL: not sent. */
struct credentials {
	bool peer_is_local;
	struct slice host;
	struct slice origin;
	struct slice fetch_site; /* Sec-Fetch-Site */
	struct slice proxied;	 /* the name of a field that a proxy adds */
	struct slice authorization;
	struct slice api_key;
};

/* A request holds this of a table.  Starts as {0}. */
struct grant {
	struct access_table *table;
	const struct key *key; /* that let it in; NULL: none */
	unsigned scopes;       /* of which the key must have one */
	struct slice tenant;   /* borrowed from the table */
};

/* Takes hold of today's table. */
void grant_take(struct grant *grant, struct access *access);
/* Lets go of it; what was borrowed may be gone. */
void grant_clear(struct grant *grant);

/*
 * Sets the tenant, or is ERROR_FORBIDDEN or ERROR_UNAUTHENTICATED with what
 * to do about it.  The key must have one of `scopes`, a sum of enum scope;
 * with none of them only the origin is checked.  An origin is served if it is
 * allowed, or if it is Host behind `http://` or `https://`: that is this
 * server's own page.  `now` is in milliseconds
 * since 1970.
 */
int grant_check(struct grant *grant, const struct credentials *credentials,
	unsigned scopes, int64_t now, struct error *error);

/* May its key do that, too?  ERROR_FORBIDDEN if not. */
int grant_allows(
	const struct grant *grant, unsigned scopes, struct error *error);

/* True while today's table would let the same key in for the same. */
bool grant_holds(const struct grant *grant, struct access *access, int64_t now);

/* True if any origin is allowed: then replies depend on who asks. */
bool grant_has_origins(const struct grant *grant);

/* True if pages of this origin may read the replies. */
bool grant_allows_origin(const struct grant *grant, struct slice origin);

#endif
