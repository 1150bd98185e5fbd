/* SPDX-License-Identifier: MIT */
/*
 * idempotency.h - replies kept for requests that may come again.
 */
#ifndef CORE_STORE_IDEMPOTENCY_H
#define CORE_STORE_IDEMPOTENCY_H

#include "core/store/store.h"

#define IDEMPOTENCY_KEPT   INT64_C(86400000) /* milliseconds: a day */
#define IDEMPOTENCY_DIGEST 32		     /* bytes: SHA-256 */

/* All slices are borrowed for the call. */
struct idempotency_record {
	int64_t session;     /* that it tells of; 0: none */
	struct slice digest; /* of the request, 32 bytes */
	int status;
	struct slice etag;
	struct slice location;
	struct slice body;
	bool renews;	 /* kept: takes the place of a valid one, too */
	int64_t kept_at; /* found: when; milliseconds since 1970 */
};

/* A client's key; `key` is empty where there is none. */
struct idempotency_key {
	struct slice tenant;
	struct slice key;
};

struct idempotency_query {
	struct idempotency_key key;
	int64_t after; /* kept after this time */
	int64_t now;
};

/* Is called for the record, if there is one; what it returns is ignored. */
struct idempotency_visitor {
	int (*visit)(void *context, const struct idempotency_record *record);
	void *context;
};

/* Visits the reply that is kept under the key, unless its session is gone. */
int store_idempotency_find(struct store *store,
	const struct idempotency_query *what,
	struct idempotency_visitor visitor, struct error *error);

/* A record of a request that was sent without a key. */
struct idempotency_newest {
	int64_t after;	     /* kept after this time */
	struct slice digest; /* of the request; empty: of any */
};
/*
 * The same for the one that is kept for the session, without a key, if it is
 * of this request.
 */
int store_idempotency_newest(struct store *store, const struct session *session,
	const struct idempotency_newest *what,
	struct idempotency_visitor visitor, struct error *error);

/*
 * Keeps it in place of another of the same key that is valid no more (else
 * ERROR_UNAVAILABLE, unless it renews) or, without a key, of any other of the
 * same session.  Beyond ten million of a tenant ERROR_UNAVAILABLE: to give
 * up the oldest would make a repeat of it a new request.  Maintenance removes
 * what is over a day old.
 */
int store_idempotency_keep(struct store *store, struct idempotency_key key,
	const struct idempotency_record *record, int64_t now,
	struct error *error);

/*
 * Removes what is kept of the tenant with this ETag and no session: what tells
 * of a response in none, as response_etag() names it.
 */
int store_idempotency_forget(struct store *store, struct slice tenant,
	struct slice etag, struct error *error);

#endif
