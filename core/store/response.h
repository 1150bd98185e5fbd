/* SPDX-License-Identifier: MIT */
/*
 * response.h - responses of a model, kept by the names that clients know.
 *
 * A response keeps its request's input and the model's answer until it expires,
 * is deleted, or the session that it belongs to is erased.
 */
#ifndef CORE_STORE_RESPONSE_H
#define CORE_STORE_RESPONSE_H

#include "core/store/store.h"

/* Names begin so, and go on with so many hexadecimal digits. */
#define RESPONSE_PREFIX "resp_"
#define RESPONSE_DIGITS 32

/* Bytes of its ETag as a response that is in no session. */
#define RESPONSE_ETAG_SIZE \
	(sizeof(RESPONSE_PREFIX) + RESPONSE_DIGITS + sizeof("\"\"") - 1)

/* All slices are UTF-8; `input` and `body` are JSON. */
struct store_response {
	int64_t id; /* 0: there is none */
	struct slice tenant;
	struct slice name;
	/* Whose history goes on behind it; 0: it is in none so far. */
	int64_t session;
	struct slice session_name; /* found */
	int64_t last_seq;	   /* of its last message there */
	struct slice previous;	   /* the one that it goes on from, or empty */
	int64_t expires_at;	   /* milliseconds since 1970 */
	struct slice input;	   /* an array of items */
	struct slice body;	   /* the model's answer */
	struct text buf;	   /* what is found borrows from it */
};

/* Is it a name of a response, and of a session that one has become? */
bool store_response_is_name(struct slice name);

/*
 * Writes that of the response whose name ends in these digits: the name in
 * quotes.  The replies that are kept of it have it.
 */
void response_etag(struct slice digits, char etag[RESPONSE_ETAG_SIZE]);

/*
 * Finds the response of this tenant and name, id 0 if there is none, if it has
 * expired, or if its session is no more: erased, disowned or expired.  `tenant`
 * and `name` are the caller's, and so is `buf`, to be cleared, also after a
 * failure.
 */
int store_response_find(struct store *store, struct session_ref ref,
	int64_t now, struct store_response *out, struct error *error);

/* Keeps it; the id is drawn.  ERROR_QUOTA. */
int store_response_keep(struct store *store,
	const struct store_response *response, struct error *error);

/*
 * It belongs to this session from now on; as store_response_find() gave it.
 * The replies that were kept of it go: nothing would erase them with the
 * session.
 */
int store_response_attach(struct store *store, struct store_response *response,
	const struct session *session, struct error *error);

/* With the replies that were kept of it while it was in no session. */
int store_response_delete(struct store *store,
	const struct store_response *response, struct error *error);

#endif
