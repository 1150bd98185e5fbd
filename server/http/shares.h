/* SPDX-License-Identifier: MIT */
/*
 * shares.h - what is there for all is shared fairly.
 *
 * A holder is an address or a tenant.  Below three quarters of a total anybody
 * may use what is free; above them nobody gets more who would then hold more
 * than a quarter.  So a holder leaves a quarter to others, however greedy it
 * is, and one that is alone is hardly bounded.
 */
#ifndef SERVER_HTTP_SHARES_H
#define SERVER_HTTP_SHARES_H

#include <pthread.h>
#include <stdatomic.h>

#include "schema/text.h"

enum share_kind {
	SHARE_PLACES, /* connections of an address */
	SHARE_TAILS,  /* of a tenant, as all that follow */
	SHARE_BYTES,  /* of bodies in flight, both ways */
	SHARE_WRITES, /* that wait for the writer */
	SHARE_KINDS,
};

enum share_answer {
	SHARE_TAKEN,
	SHARE_FULL, /* there is no more for anybody */
	SHARE_OVER, /* the holder has enough */
};

#define SHARE_BUCKETS 256

/* A holder, for as long as anybody has joined it. */
struct share {
	struct share *next; /* under the lock, as is all of it */
	size_t users;
	size_t held[SHARE_KINDS];
	size_t length;
	char name[];
};

struct shares {
	pthread_mutex_t lock;
	struct share *buckets[SHARE_BUCKETS];
	size_t most[SHARE_KINDS];
	_Atomic size_t totals[SHARE_KINDS]; /* read without the lock too */
};

void shares_init(struct shares *shares, const size_t most[SHARE_KINDS]);
void shares_clear(struct shares *shares);

/* The holder of this name, to be left; NULL: out of memory. */
struct share *share_join(struct shares *shares, struct slice name);
/* Accepts NULL. */
void share_leave(struct shares *shares, struct share *share);

enum share_answer share_take(struct shares *shares, struct share *share,
	enum share_kind kind, size_t amount);
/* For an amount that cannot be refused any more; it counts all the same. */
void share_take_anyway(struct shares *shares, struct share *share,
	enum share_kind kind, size_t amount);
void share_give(struct shares *shares, struct share *share,
	enum share_kind kind, size_t amount);

/* How much of a kind a holder has now. */
size_t share_held(
	struct shares *shares, const struct share *share, enum share_kind kind);
/* Is more than half of a total taken? */
bool shares_are_scarce(const struct shares *shares, enum share_kind kind);

#endif
