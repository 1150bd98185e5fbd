/* SPDX-License-Identifier: MIT */
/* expect_newest.h - newest messages that come along with their session. */
#ifndef CORE_STORE_SQL_EXPECT_NEWEST_H
#define CORE_STORE_SQL_EXPECT_NEWEST_H

#include "core/store/engine.h"

struct store;
struct store_expected;

extern const char *const expect_newest_sql[SQL_COUNT];

/* The newest messages of a session, asked for with it; a part of a store. */
struct expected_newest {
	struct session_ref ref; /* an empty name: they are not */
	struct query query;
	int64_t history; /* of the session; 0: it is not found */
	bool passes;	 /* the next read asks for the session alone */
};

/* It is asked for with the session that is found next, by itself. */
void store_expect_newest(
	struct store *store, const struct store_expected *expected);
/* The session was found, or could not be read, which may be their damage. */
void store_expect_newest_found(struct store *store, struct session_ref ref,
	const struct session *session);
void store_expect_newest_failed(struct store *store, const struct error *error);
/* The read is over. */
void store_expect_newest_end(struct store *store);

#endif
