/* SPDX-License-Identifier: MIT */
/*
 * usage.h - how much a tenant keeps: usage.c.
 */
#ifndef CORE_STORE_SQL_USAGE_H
#define CORE_STORE_SQL_USAGE_H

#include "schema/text.h"

struct error;
struct session;
struct store;

/* The bytes that a batch adds to a tenant. */
struct usage_tenant {
	struct text name;
	int64_t bytes;
	int64_t before;	 /* this member */
	uint64_t member; /* that added last */
};

struct usage_list {
	struct usage_tenant *tenants;
	size_t count;
	size_t capacity;
	size_t current; /* whose session was found last, from 1; 0: unknown */
	uint64_t member;
	bool doubted;  /* the rows may be damaged */
	bool mending;  /* they are being made anew */
	bool given_up; /* they are, and cannot be made anew */
};

/*
 * Counts what there is if there is a quota now and was none, and the other way
 * round; takes the time of reading all messages once.
 */
int store_usage_open(struct store *store, struct error *error);
/* Is it counted?  usage_count.c has these three. */
bool store_usage_is_wanted(const struct store *store);
/*
 * After a batch was lost: makes the rows anew if they are damaged, and then the
 * batch is to be run again.
 */
void store_usage_mend(struct store *store);
/* All that is written from here on is this tenant's. */
int store_usage_of(
	struct store *store, struct slice tenant, struct error *error);
/* Counts a message that was written; ERROR_QUOTA. */
int store_usage_message(struct store *store, const struct session *session,
	struct slice body, struct error *error);
/* Counts the messages that the session's history got with these seqs. */
int store_usage_copied(struct store *store, const struct session *session,
	int64_t after, int64_t upto, struct error *error);
/* A session was made: ERROR_QUOTA if that is more than the tenant may have. */
int store_usage_check_session(struct store *store, struct error *error);
/* The bytes that the tenant keeps; 0 without a quota of them. */
int store_usage_bytes(struct store *store, int64_t *bytes, struct error *error);
/* ERROR_QUOTA if they are more than before, and more than they may be. */
int store_usage_check_bytes(
	struct store *store, int64_t before, struct error *error);
void store_usage_enter(struct store *store);
/* All that the member at hand did is undone. */
void store_usage_undo(struct store *store);
/* Before the commit; and after it, or after a rollback. */
int store_usage_settle(struct store *store, struct error *error);
void store_usage_end(struct store *store);

#endif
