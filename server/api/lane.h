/* SPDX-License-Identifier: MIT */
/*
 * lane.h - where a handler runs, and what comes between two of its runs.
 *
 * Each thread has a store handle of its own, and the writer's is the only one
 * that writes:
 *
 *	sockets		READ: at once, for what takes a few milliseconds
 *	readers		READER: search, long pages, and most later runs;
 *			where the store is elsewhere READ and LOCK, too
 *	one writer	WRITE: all that waits, in one batch, by one commit
 *	one upstream	requests to a language model; no handler runs there
 *
 * A handler is a plain function that waits for nothing.  It leaves to its next
 * run what it cannot do where it is, and the reply says what that run needs.
 * A turn with a model is four runs:
 *
 *	READ, after LOCK in READER, after CALL in READER, after WRITE in WRITE
 *
 * The first looks at the body only, the second builds the prompt, the third
 * reads the answer and the fourth saves the turn.  Meanwhile the connection is
 * suspended, and what goes on is a task; see server/work/task.h.
 */
#ifndef SERVER_API_LANE_H
#define SERVER_API_LANE_H

/* Where the first run takes place. */
enum api_lane {
	LANE_READ,
	LANE_READER,
	LANE_WRITE,
	LANE_LOCK, /* as READ, but it comes to a write: see NEXT_WRITE */
};

/* The step before the handler is run again. */
enum api_next {
	NEXT_NONE,   /* nothing: the reply is the answer */
	NEXT_READER, /* nothing: the run belongs in the reader lane */
	/*
	 * The request must hold the lock `reply->lock`.  All that ask for the
	 * same lock hold it one after the other, in the order of asking, each
	 * until its reply is final.  The next run is in the reader lane.
	 */
	NEXT_LOCK,
	/* `reply->call` must have been answered; then in the reader lane. */
	NEXT_CALL,
	/*
	 * The run belongs in the writer's batch.  If-Match and the like are
	 * looked at before the runs that follow NEXT_LOCK and NEXT_WRITE, and
	 * before no others of LANE_LOCK; and what a run after NEXT_WRITE
	 * replies is kept under its Idempotency-Key.  So a request that comes
	 * again gets its reply when it has the lock, without a call.
	 */
	NEXT_WRITE,
};

#endif
