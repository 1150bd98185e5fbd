/* SPDX-License-Identifier: MIT */
/*
 * access.h - who may ask: API keys, and who is served without any.
 *
 * Section 6 of the API.  With keys a key names the tenant.  Without keys
 * only peers on this machine are served, under a Host name of this machine
 * and not through a proxy, unless `no_auth` says that it is meant.
 */
#ifndef SERVER_AUTH_ACCESS_H
#define SERVER_AUTH_ACCESS_H

#include "schema/text.h"

struct access;
struct error;

struct access_options {
	const char *keys_file;	  /* lines tenant:key; NULL: none */
	const char *keys;	  /* such pairs, with commas; NULL: none */
	const char *listen;	  /* "host:port" */
	const char *allow_origin; /* origins, with commas; NULL: none */
	bool no_auth;
};

/* ERROR_INVALID names file and line. */
int access_new(struct access **out, const struct access_options *options,
	struct error *error);
void access_free(struct access *access);

/* What a request shows of itself; data NULL: not sent. */
struct credentials {
	bool peer_is_local;
	struct slice host;
	struct slice origin;
	struct slice forwarded; /* Forwarded or X-Forwarded-For */
	struct slice authorization;
	struct slice api_key;
};

/*
 * Sets *tenant (borrowed from `access`), or is ERROR_FORBIDDEN or
 * ERROR_UNAUTHENTICATED with what to do about it.  With `open` only the
 * origin is checked.  An origin is served if it is allowed, or if it is Host
 * behind `http://` or `https://`: that is this server's own page.
 */
int access_check(const struct access *access,
	const struct credentials *credentials, bool open, struct slice *tenant,
	struct error *error);

/* True if any origin is allowed: then replies depend on who asks. */
bool access_has_origins(const struct access *access);

/* True if pages of this origin may read the replies. */
bool access_origin_allowed(const struct access *access, struct slice origin);

#endif
