/* SPDX-License-Identifier: MIT */
/* metrics.c - the figures in Prometheus' text format, version 0.0.4. */
#include <stdio.h>
#include <string.h>

#include "core/memory/registry.h"
#include "core/store/figures.h"
#include "core/store/store.h"
#include "schema/clock.h"
#include "schema/error.h"
#include "server/api/handlers.h"
#include "server/api/metrics_parts.h"
#include "server/observe/metrics.h"

#define SESSIONS_US 60000000 /* for which their number is believed */

static uint64_t metrics_value_of(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

void metrics_write_head(
	struct text *out, const char *name, const char *type, const char *help)
{
	text_format(
		out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void metrics_write_gauge(
	struct text *out, const char *name, const char *help, int64_t value)
{
	metrics_write_head(out, name, "gauge", help);
	text_format(out, "%s %lld\n", name, (long long)value);
}

/* Writes one of a histogram's last lines; `labels` as below. */
static void metrics_write_total(struct text *out, const char *name,
	const char *which, const char *labels, const char *value)
{
	const int length = (int)strlen(labels) - 1; /* without the comma */

	if (length > 0)
		text_format(out, "%s_%s{%.*s} %s\n", name, which, length,
			labels, value);
	else
		text_format(out, "%s_%s %s\n", name, which, value);
}

/* `labels` is empty or ends with a comma. */
static void metrics_write_histogram(struct text *out, const char *name,
	const char *labels, const struct histogram *histogram,
	const struct histogram_shape *shape)
{
	unsigned long long count = 0;
	char value[32];

	for (size_t i = 0; i <= shape->count; i++) {
		count += metrics_value_of(&histogram->buckets[i]);
		text_format(out, "%s_bucket{%sle=\"", name, labels);
		if (i < shape->count)
			text_format(out, "%g\"} %llu\n",
				(double)shape->bounds[i] / shape->unit, count);
		else
			text_format(out, "+Inf\"} %llu\n", count);
	}
	snprintf(value, sizeof(value), "%.6f",
		(double)metrics_value_of(&histogram->sum) / shape->unit);
	metrics_write_total(out, name, "sum", labels, value);
	snprintf(value, sizeof(value), "%llu", count);
	metrics_write_total(out, name, "count", labels, value);
}

/* The row of requests that found no route. */
static const struct api_route no_route = { .pattern = "other" };

static const char *metrics_method(const struct api_route *route)
{
	const char *name = api_method_name(route->method);

	return name ? name : "other";
}

static void metrics_write_counts(struct text *out,
	const struct api_route *route, const _Atomic uint64_t *counts)
{
	for (int status = 0; status < METRICS_STATUSES; status++) {
		const unsigned long long count =
			metrics_value_of(&counts[status]);

		if (count > 0)
			text_format(out,
				"chatmem_requests_total{method=\"%s\","
				"route=\"%s\",status=\"%d\"} %llu\n",
				metrics_method(route), route->pattern, status,
				count);
	}
}

static bool metrics_is_empty(const struct histogram *histogram)
{
	for (size_t i = 0; i <= METRICS_BUCKETS; i++)
		if (metrics_value_of(&histogram->buckets[i]) > 0)
			return false;
	return true;
}

static void metrics_write_latency(struct text *out,
	const struct api_route *route, const struct histogram *latency)
{
	char labels[160];

	if (metrics_is_empty(latency))
		return;
	snprintf(labels, sizeof(labels), "method=\"%s\",route=\"%s\",",
		metrics_method(route), route->pattern);
	metrics_write_histogram(out, "chatmem_request_seconds", labels, latency,
		&metrics_seconds);
}

/* The route at `at`, or the row behind the last; NULL: that was the last. */
static const struct api_route *metrics_route_at(size_t at)
{
	const struct api_route *route = api_route_at(at);

	if (route == NULL && at == api_row_of(NULL))
		return &no_route;
	return route;
}

static void metrics_write_requests(
	const struct metrics *metrics, struct text *out)
{
	const struct api_route *route;

	metrics_write_head(out, "chatmem_requests_total", "counter",
		"Requests by the route that they found; HEAD counts as GET, "
		"other is no route, status 0 no answer.");
	for (size_t i = 0; (route = metrics_route_at(i)) != NULL; i++)
		metrics_write_counts(out, route, metrics->requests[i]);
	metrics_write_head(out, "chatmem_request_seconds", "histogram",
		"From the first line of a request to the end of its answer; "
		"tails and what else is streamed are not timed.");
	for (size_t i = 0; (route = metrics_route_at(i)) != NULL; i++)
		metrics_write_latency(out, route, &metrics->latency[i]);
}

static void metrics_write_commits(
	const struct metrics *metrics, struct text *out)
{
	metrics_write_head(out, "chatmem_commit_jobs", "histogram",
		"Writes that one commit made durable.");
	metrics_write_histogram(
		out, "chatmem_commit_jobs", "", &metrics->batch, &metrics_jobs);
	metrics_write_head(out, "chatmem_commit_seconds", "histogram",
		"What a commit takes, down to the disk.");
	metrics_write_histogram(out, "chatmem_commit_seconds", "",
		&metrics->commit, &metrics_seconds);
}

static void metrics_write_gauges(
	const struct metrics *metrics, struct text *out)
{
	static const struct {
		const char *name, *help;
	} words[METRICS_GAUGES] = {
		[METRICS_CONNECTIONS] = { "chatmem_connections",
			"Open connections." },
		[METRICS_REQUESTS] = { "chatmem_requests_in_flight",
			"Requests accepted and not yet answered." },
		[METRICS_BODIES] = { "chatmem_body_bytes",
			"Bytes of the bodies of these requests." },
		[METRICS_TAILS] = { "chatmem_tails",
			"Replies that are made while they are sent: who follows "
			"a session." },
		[METRICS_QUEUE] = { "chatmem_queue_jobs",
			"Writes that wait for the writer." },
		[METRICS_READERS] = { "chatmem_scan_jobs",
			"Long reads that wait for a thread of theirs." },
		[METRICS_DAMAGED] = { "chatmem_damaged_rows",
			"Sessions and messages that are not what was stored, "
			"met since the start." },
		[METRICS_TASKS] = { "chatmem_tasks",
			"Requests that wait for their turn or for a language model, and work on memories." },
	};

	for (size_t i = 0; i < METRICS_GAUGES; i++)
		if (metrics->gauges[i])
			metrics_write_gauge(out, words[i].name, words[i].help,
				(int64_t)atomic_load(metrics->gauges[i]));
}

static void metrics_write_refused(
	const struct metrics *metrics, struct text *out)
{
	static const char *const names[METRICS_REFUSALS] = {
		[METRICS_OVER_RATE] = "rate",
		[METRICS_WRONG_KEY] = "key",
		[METRICS_OVER_SHARE] = "share",
		[METRICS_OVER_QUOTA] = "quota",
	};

	metrics_write_head(out, "chatmem_refused_total", "counter",
		"Requests over --rate, with a wrong key or none, over the "
		"share of their address or tenant, or over its quota.");
	for (size_t i = 0; i < METRICS_REFUSALS; i++)
		text_format(out, "chatmem_refused_total{why=\"%s\"} %llu\n",
			names[i],
			(unsigned long long)metrics_value_of(
				&metrics->refused[i]));
}

static void metrics_write_model(const struct metrics *metrics, struct text *out)
{
	static const char *const names[METRICS_TOKENS] = { "input", "output" };

	metrics_write_head(out, "chatmem_model_requests_total", "counter",
		"Attempts to ask the language model, by its HTTP status; "
		"0: no answer came.");
	for (int status = 0; status < METRICS_STATUSES; status++)
		if (metrics_value_of(&metrics->model_requests[status]) > 0)
			text_format(out,
				"chatmem_model_requests_total{status=\"%d\"}"
				" %llu\n",
				status,
				(unsigned long long)metrics_value_of(
					&metrics->model_requests[status]));
	metrics_write_head(out, "chatmem_model_request_seconds", "histogram",
		"From an attempt to the end of its answer, streams too.");
	metrics_write_histogram(out, "chatmem_model_request_seconds", "",
		&metrics->model, &metrics_seconds);
	metrics_write_head(out, "chatmem_model_tokens_total", "counter",
		"Tokens that the language model says it took and gave.");
	for (size_t i = 0; i < METRICS_TOKENS; i++)
		text_format(out,
			"chatmem_model_tokens_total{kind=\"%s\"} %llu\n",
			names[i],
			(unsigned long long)metrics_value_of(
				&metrics->model_tokens[i]));
}

/* A figure of -1 is not known. */
static void metrics_write_known(
	struct text *out, const char *name, const char *help, int64_t value)
{
	if (value >= 0)
		metrics_write_gauge(out, name, help, value);
}

/* Counting reads an index whole: a figure may be a minute old. */
static int64_t metrics_sessions(
	struct store *store, const struct request *request)
{
	struct metrics *metrics = request->metrics;
	const int64_t now = clock_us(CLOCK_MONOTONIC);
	struct error error = { 0 };
	int64_t count;

	if (now < atomic_load(&metrics->sessions_until))
		return atomic_load(&metrics->sessions);
	if (store_count_sessions(store, &count, &error))
		return -1;
	atomic_store(&metrics->sessions, count);
	atomic_store(&metrics->sessions_until, now + SESSIONS_US);
	return count;
}

static void metrics_write_looks(
	struct text *out, const struct store_figures *figures)
{
	metrics_write_head(out, "chatmem_cache_looks_total", "counter",
		"Reads that looked for their session in the cache.");
	text_format(out,
		"chatmem_cache_looks_total{found=\"yes\"} %lld\n"
		"chatmem_cache_looks_total{found=\"no\"} %lld\n",
		(long long)figures->cache_hits,
		(long long)figures->cache_misses);
}

static void metrics_write_store(
	struct store *store, const struct request *request, struct text *out)
{
	const struct store_figures figures = store_figures(store);

	metrics_write_known(out, "chatmem_database_bytes",
		"Size of the database's file.", figures.database_bytes);
	metrics_write_known(out, "chatmem_wal_bytes",
		"Size of the write-ahead log's file.", figures.log_bytes);
	metrics_write_known(out, "chatmem_disk_free_bytes",
		"What is free where the database is.", figures.free_bytes);
	if (request->memories == NULL || !request->memories->wordless)
		metrics_write_known(out, "chatmem_search_behind_messages",
			"Messages, at most, that no search finds yet.",
			figures.unindexed);
	metrics_write_known(out, "chatmem_cache_bytes",
		"Memory of the newest messages that are kept for reads.",
		figures.cache_bytes);
	if (figures.cache_bytes >= 0)
		metrics_write_looks(out, &figures);
	metrics_write_known(out, "chatmem_last_backup_timestamp_seconds",
		"When the newest good backup was begun, since 1970.",
		figures.backed_up_at);
	metrics_write_known(out, "chatmem_sessions",
		"Sessions, counted at most once a minute.",
		metrics_sessions(store, request));
}

static void metrics_write_info(struct text *out)
{
	metrics_write_head(
		out, "chatmem_build_info", "gauge", "What runs here.");
	text_format(
		out, "chatmem_build_info{version=\"%s\"} 1\n", CHATMEM_VERSION);
}

/* This is an operator's route: it names no session. */
int api_metrics_get(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	const struct metrics *metrics = request->metrics;
	struct text *out = &reply->body;

	(void)error;
	reply->status = 200;
	reply->content_type = "text/plain; version=0.0.4; charset=utf-8";
	metrics_write_requests(metrics, out);
	metrics_write_commits(metrics, out);
	metrics_write_refused(metrics, out);
	metrics_write_gauges(metrics, out);
	metrics_write_model(metrics, out);
	if (store != NULL)
		metrics_write_store(store, request, out);
	metrics_write_process(out, metrics->started);
	metrics_write_info(out);
	return 0;
}
