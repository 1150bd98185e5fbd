/* SPDX-License-Identifier: MIT */
/*
 * maintenance.h - what the writer does between batches: checkpoints, and steps
 * of the store's maintenance.
 *
 * Everything here belongs to the writer's thread.  Times are milliseconds on
 * the monotonic clock.
 */
#ifndef SERVER_WORK_MAINTENANCE_H
#define SERVER_WORK_MAINTENANCE_H

#include "core/store/clock_watch.h"
#include "core/store/store.h"
#include "schema/error.h"
#include "server/work/packing.h"
#include "server/work/queue.h"
#include "server/work/writer.h"

struct maintenance {
	struct store *store;
	const struct writer_options *options;
	enum store_upkeep passing; /* the one between batches, for now */
	struct queue erasing;	/* durable, but their bytes are still there */
	int64_t oldest_erasure; /* that is going on; 0: none */
	int64_t erase_until;	/* until then it is tried for `erasing` */
	int64_t upkeep_at;
	int64_t step_at;
	int64_t retry_at;   /* a step that failed */
	int64_t rest_until; /* no step while requests wait */
	int64_t busy_until; /* nor in a moment without requests */
	int64_t rows;	    /* for the next step */
	struct packing packing;
	struct clock_watch clock;
	int64_t probed;	 /* the time of a probe that is durable; 0: none */
	int64_t probing; /* of one in the batch; 0: none */
	bool failed;
	struct error failure; /* not yet reported */
};

/* Borrows the options. */
void maintenance_start(struct maintenance *maintenance, struct store *store,
	const struct writer_options *options);

/*
 * Takes a job that erases and is durable; done() is called when its bytes are
 * gone.
 */
void maintenance_erase(struct maintenance *maintenance, struct job *job);

/* By what another process saw last; without it any clock is believed. */
void maintenance_start_clock(struct maintenance *maintenance);
/* The time until which it is believed. */
int64_t maintenance_until(const struct maintenance *maintenance);
/* Is the clock to be believed?  Comes before a batch, and before a round. */
void maintenance_look_at_clock(struct maintenance *maintenance);

/*
 * In a batch, before its members: has the next start know by which clock they
 * are dated, if that is behind the one that was seen last.
 */
int maintenance_date(struct maintenance *maintenance, struct error *error);
/* That batch was committed. */
void maintenance_is_dated(struct maintenance *maintenance);

/* When maintenance_run() is to be called, if not before; INT64_MAX: never. */
int64_t maintenance_at(const struct maintenance *maintenance);

/*
 * Does one round; `idle` says that no request waits meanwhile.  -1: the disk
 * failed, and nothing may be written any more.
 */
int maintenance_run(
	struct maintenance *maintenance, bool idle, struct error *error);

/* Ends maintenance; jobs that still wait are told why. */
void maintenance_fail(struct maintenance *maintenance, const struct error *why);

#endif
