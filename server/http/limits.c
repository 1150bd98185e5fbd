/* SPDX-License-Identifier: MIT */
/* limits.c - requests that are refused because they are too many. */
#include "server/http/exchange.h"

#include <stdlib.h>

#include "schema/error.h"
#include "server/auth/key_line.h"
#include "server/observe/metrics.h"

/* Wrong keys of an address: so many at once, then so many a second. */
#define WRONG_KEYS_AT_ONCE  20
#define WRONG_KEYS_A_SECOND 1

int limits_start(struct limits **out, int64_t per_second, struct error *error)
{
	struct limits *limits = calloc(1, sizeof(*limits));

	if (!limits)
		return error_out_of_memory(error);
	limits->bounded = per_second > 0;
	rate_init(&limits->requests, (double)per_second, (double)per_second);
	rate_init(&limits->wrong_keys, WRONG_KEYS_A_SECOND, WRONG_KEYS_AT_ONCE);
	*out = limits;
	return 0;
}

void limits_stop(struct limits *limits)
{
	if (!limits)
		return;
	rate_clear(&limits->requests);
	rate_clear(&limits->wrong_keys);
	free(limits);
}

static uint64_t limits_address(const struct exchange *exchange)
{
	const struct share *share = exchange->peer->share;

	return rate_id((struct slice){ share->name, share->length });
}

/* Of its key, or where there are no keys of its address. */
static uint64_t limits_sender(const struct exchange *exchange)
{
	const struct key *key = exchange->grant.key;

	if (!key)
		return limits_address(exchange);
	return rate_id((struct slice){
		(const char *)key->digest, sizeof(key->digest) });
}

int limits_check(const struct exchange *exchange, struct error *error)
{
	struct limits *limits = exchange->httpd->limits;
	int wait;

	if (!limits->bounded)
		return 0;
	wait = rate_take(&limits->requests, limits_sender(exchange),
		clock_milliseconds());
	if (!wait)
		return 0;
	metrics_refused(exchange->httpd->options.metrics, METRICS_OVER_RATE);
	error_describe(
		error, ERROR_RATE, "more requests than --rate allows a second");
	error->retry_after = wait;
	return -1;
}

void limits_wrong_key(const struct exchange *exchange, struct error *error)
{
	struct limits *limits = exchange->httpd->limits;
	const int wait = rate_take(&limits->wrong_keys,
		limits_address(exchange), clock_milliseconds());

	metrics_refused(exchange->httpd->options.metrics, METRICS_WRONG_KEY);
	if (!wait)
		return;
	error_describe(error, ERROR_RATE,
		"too many requests without a key of this server came from "
		"this address");
	error->retry_after = wait;
}
