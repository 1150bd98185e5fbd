/* SPDX-License-Identifier: MIT */
/*
 * metrics.h - what an operator watches: counters, histograms and gauges.
 *
 * Every function may be called from any thread and accepts NULL, which
 * counts nothing.  Counting is a few relaxed additions; it takes no lock and
 * allocates nothing.
 */
#ifndef SERVER_OBSERVE_METRICS_H
#define SERVER_OBSERVE_METRICS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

#define METRICS_ROWS \
	96 /* of the route table, and one for requests without a route */
#define METRICS_STATUSES 600 /* a status is its own index */
#define METRICS_BUCKETS	 16

/* A value is in one bucket only; the last is for what is beyond all. */
struct histogram {
	_Atomic uint64_t buckets[METRICS_BUCKETS + 1];
	_Atomic uint64_t sum;
};

/* Upper bounds of buckets, in whole numbers; `unit` of them are 1. */
struct histogram_shape {
	int64_t bounds[METRICS_BUCKETS];
	size_t count;
	double unit;
};

extern const struct histogram_shape metrics_seconds, metrics_jobs;

/* Gauges: numbers that are read where they live, when they are asked for. */
enum metrics_gauge {
	METRICS_CONNECTIONS,
	METRICS_REQUESTS, /* accepted, not yet answered */
	METRICS_BODIES,	  /* bytes of all bodies in flight */
	METRICS_TAILS,	  /* replies that are made while they are sent */
	METRICS_QUEUE,	  /* writes that wait for the writer */
	METRICS_READERS,  /* long reads that wait for a reader */
	METRICS_DAMAGED,  /* sessions and messages that were met */
	METRICS_TASKS,	  /* requests between two runs, and work on memory */
	METRICS_GAUGES,
};

/* Why a request was refused that was all right but for its number. */
enum metrics_refusal {
	METRICS_OVER_RATE,
	METRICS_WRONG_KEY,
	METRICS_OVER_SHARE,
	METRICS_OVER_QUOTA,
	METRICS_REFUSALS,
};

/* Tokens, as a language model says it took and gave them. */
enum metrics_tokens { METRICS_INPUT, METRICS_OUTPUT, METRICS_TOKENS };

#define METRICS_DAMAGES 1024 /* told apart; any more count as one */

struct metrics {
	_Atomic uint64_t damages[METRICS_DAMAGES]; /* hashes; 0: a free place */
	_Atomic size_t damaged;
	_Atomic uint64_t refused[METRICS_REFUSALS];
	_Atomic uint64_t requests[METRICS_ROWS][METRICS_STATUSES];
	struct histogram latency[METRICS_ROWS];
	struct histogram batch;
	struct histogram commit;
	/* Requests to the language model; status 0: no answer came. */
	_Atomic uint64_t model_requests[METRICS_STATUSES];
	struct histogram model;
	_Atomic uint64_t model_tokens[METRICS_TOKENS];
	_Atomic int64_t sessions;	/* as they were counted last, */
	_Atomic int64_t sessions_until; /* good until then, monotonic */
	const _Atomic size_t *gauges[METRICS_GAUGES]; /* NULL: not there */
	int64_t started;			      /* seconds since 1970 */
};

/* `*out` is the caller's to free. */
int metrics_new(struct metrics **out, struct error *error);
void metrics_free(struct metrics *metrics);

/*
 * Borrows the number until the metrics are freed.  Must be called before it is
 * asked for, and from one thread at a time.
 */
void metrics_watch(struct metrics *metrics, enum metrics_gauge gauge,
	const _Atomic size_t *number);

/*
 * Counts a request of this row that has ended; status 0: no answer was sent,
 * microseconds -1: its reader or another server says how long it took.
 */
void metrics_request(
	struct metrics *metrics, size_t row, int status, int64_t microseconds);

/* Counts writes that one commit made durable together. */
void metrics_commit(struct metrics *metrics, size_t jobs, int64_t microseconds);

/* Counts an attempt to ask the language model. */
void metrics_model(struct metrics *metrics, int status, int64_t microseconds);

/* Counts what an answer cost. */
void metrics_tokens(struct metrics *metrics, int64_t input, int64_t output);

/* Counts what this sentence says; false: it was said before. */
bool metrics_damaged(struct metrics *metrics, const char *sentence);

/* Counts a request that was refused. */
void metrics_refused(struct metrics *metrics, enum metrics_refusal why);

#endif
