/* SPDX-License-Identifier: MIT */
/*
 * expectations.h - what a batch remembers of its first round trip.
 */
#ifndef CORE_STORE_SQL_EXPECTATIONS_H
#define CORE_STORE_SQL_EXPECTATIONS_H

#include "core/store/expect.h"
#include "core/store/message_ids.h"
#include "core/store/sql/sql.h"

/* It is known what is not there, and of which session. */
struct expectation {
	const struct store_expected *what;
	uint64_t key;	 /* of the session's names */
	int64_t place;	 /* of the session, among those that are asked for */
	int64_t session; /* its id; 0: it has none */
	bool plain;	 /* no row of it is of a base history */
	bool no_session;
	bool is_disowned; /* the session, with its owner */
	bool no_record;
	bool no_newest;	   /* with what->digest */
	bool wrote_newest; /* a member of this batch did */
	struct message_ids ids;
	bool *no_id; /* for each of what->messages */

	/* Things that are there. */
	bool is_served; /* what->turn */
	bool has_row;	/* of a read */
	struct session row;
	int64_t most;	  /* so many messages are asked for, by any read */
	int first, rows;  /* its newest messages, of expected_lists.query */
	int64_t last_seq; /* of the last of these */
	bool is_partial;  /* they are not all that it takes */
	bool has_profile;
	bool wrote_profile;
	struct session_profile profile;
	struct text texts; /* of the profile */
};

/* How many records a tenant has. */
struct expected_count {
	struct slice tenant;
	int64_t count;
};

/* The newest messages of several reads, which came at once. */
struct expected_lists {
	struct query query;
	bool is_asked;
};

struct store_expectations {
	struct expectation *all;
	size_t count;
	struct expected_count *counts;
	size_t count_count;
	struct expected_lists lists;
};

/* The question for all sessions of a batch, and what it is asked with. */
struct expected_sessions {
	struct store *store;
	int64_t now;
	struct expectation **order; /* that name a session, by the names */
	size_t count, places;
	struct text tenants, names, most; /* of each place */
	struct query query, disowned;
	bool is_asked;
};

/* Once each, in this order; the last one whatever the others said. */
int store_expect_sessions_ask(
	struct expected_sessions *sessions, struct error *error);
int store_expect_sessions_hear(
	struct expected_sessions *sessions, struct error *error);
void store_expect_sessions_end(struct expected_sessions *sessions);

/* The same for the messages of reads; they have what the sessions have. */
void store_expect_lists_ask(struct expected_sessions *sessions);
int store_expect_lists_hear(
	struct expected_sessions *sessions, struct error *error);
void store_expect_lists_end(struct store_expectations *expectations);
/* As store_expect_newest_take(). */
bool store_expect_lists_take(
	struct store *store, int64_t history, struct query *query);

/* Has it come, for a read? */
bool store_expect_session(
	struct store *store, struct session_ref ref, struct session *out);

/* Is it known that this turn is served? */
bool store_expect_turn(
	const struct store *store, const struct store_turn *turn);

/* Locks the owners of a batch's members. */
int store_expect_owners(struct store *store,
	const struct store_expected *expected, size_t count,
	struct error *error);

#endif
