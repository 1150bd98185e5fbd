/* SPDX-License-Identifier: MIT */
/*
 * metrics.c - counters that threads share without waiting for each other.
 *
 * All additions are relaxed: each number is exact, and two of them may be
 * read a moment apart.
 */
#include "server/observe/metrics.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

#include "schema/error.h"

const struct histogram_shape metrics_seconds = {
	.bounds = { 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000,
		100000, 250000, 1000000, 5000000, 30000000, 120000000,
		1200000000 },
	.count = 16,
	.unit = 1e6,
};

const struct histogram_shape metrics_jobs = {
	.bounds = { 1, 2, 4, 8, 16, 32, 64, 128, 256 },
	.count = 9,
	.unit = 1,
};

static void metrics_add(_Atomic uint64_t *counter, uint64_t more)
{
	atomic_fetch_add_explicit(counter, more, memory_order_relaxed);
}

static void metrics_observe(struct histogram *histogram,
	const struct histogram_shape *shape, int64_t value)
{
	size_t at = 0;

	while (at < shape->count && value > shape->bounds[at])
		at++;
	metrics_add(&histogram->buckets[at], 1);
	metrics_add(&histogram->sum, (uint64_t)value);
}

int metrics_new(struct metrics **out, struct error *error)
{
	*out = calloc(1, sizeof(**out));
	if (!*out)
		return error_out_of_memory(error);
	(*out)->started = time(NULL);
	(*out)->gauges[METRICS_DAMAGED] = &(*out)->damaged;
	return 0;
}

void metrics_free(struct metrics *metrics)
{
	free(metrics);
}

void metrics_watch(struct metrics *metrics, enum metrics_gauge gauge,
	const _Atomic size_t *number)
{
	if (metrics)
		metrics->gauges[gauge] = number;
}

void metrics_request(
	struct metrics *metrics, size_t row, int status, int64_t microseconds)
{
	if (!metrics)
		return;
	assert(row < METRICS_ROWS);
	assert(status >= 0 && status < METRICS_STATUSES);
	metrics_add(&metrics->requests[row][status], 1);
	if (microseconds >= 0)
		metrics_observe(
			&metrics->latency[row], &metrics_seconds, microseconds);
}

void metrics_commit(struct metrics *metrics, size_t jobs, int64_t microseconds)
{
	if (!metrics)
		return;
	metrics_observe(&metrics->batch, &metrics_jobs, (int64_t)jobs);
	metrics_observe(&metrics->commit, &metrics_seconds, microseconds);
}

void metrics_model(struct metrics *metrics, int status, int64_t microseconds)
{
	if (!metrics)
		return;
	if (status < 0 || status >= METRICS_STATUSES)
		status = 0;
	metrics_add(&metrics->model_requests[status], 1);
	metrics_observe(&metrics->model, &metrics_seconds, microseconds);
}

void metrics_tokens(struct metrics *metrics, int64_t input, int64_t output)
{
	if (!metrics)
		return;
	metrics_add(&metrics->model_tokens[METRICS_INPUT], (uint64_t)input);
	metrics_add(&metrics->model_tokens[METRICS_OUTPUT], (uint64_t)output);
}

void metrics_refused(struct metrics *metrics, enum metrics_refusal why)
{
	if (metrics)
		metrics_add(&metrics->refused[why], 1);
}

/* FNV-1a; never 0. */
static uint64_t metrics_hash(const char *sentence)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (; *sentence; sentence++)
		hash = (hash ^ (unsigned char)*sentence) * 0x100000001b3;
	return hash ? hash : 1;
}

/* Each hash has a place from which on it is the first free one or its own. */
bool metrics_damaged(struct metrics *metrics, const char *sentence)
{
	const uint64_t hash = metrics_hash(sentence);

	for (size_t i = 0; metrics && i < METRICS_DAMAGES; i++) {
		_Atomic uint64_t *place =
			&metrics->damages[(hash + i) % METRICS_DAMAGES];
		uint64_t there = 0;

		if (atomic_compare_exchange_strong(place, &there, hash)) {
			atomic_fetch_add(&metrics->damaged, 1);
			return true;
		}
		if (there == hash)
			return false;
	}
	return false;
}
