/* SPDX-License-Identifier: MIT */
/*
 * retry.c - when a call to the upstream is tried again.
 */
#include "server/upstream/retry.h"

#include "schema/clock.h"

#include <sys/random.h>

#define ATTEMPTS_MAX	   3
#define RETRY_AFTER_MAX_US 30000000
#define DAY_S		   86400

bool retry_is_unsent(const struct upstream_call *call, CURLcode code)
{
	curl_off_t sent_at = 0;

	if (code == CURLE_OPERATION_TIMEDOUT)
		curl_easy_getinfo(call->progress->easy,
			CURLINFO_PRETRANSFER_TIME_T, &sent_at);
	return code == CURLE_COULDNT_RESOLVE_HOST ||
	       code == CURLE_COULDNT_CONNECT ||
	       (code == CURLE_OPERATION_TIMEDOUT && !sent_at);
}

int retry_after_seconds(const struct upstream_call *call)
{
	curl_off_t asked = 0;

	curl_easy_getinfo(call->progress->easy, CURLINFO_RETRY_AFTER, &asked);
	return (int)(asked < DAY_S ? asked : DAY_S);
}

/*
 * A 2xx and what broke off after it was sent are not tried again: they may be
 * paid for.
 */
static bool retry_is_worth_it(const struct upstream_call *call, CURLcode code)
{
	const int status = call->answer.status;

	if (code != CURLE_OK)
		return retry_is_unsent(call, code);
	return status == 429 || (status >= 502 && status <= 504);
}

/*
 * Waits half a second, a second, and so on, a quarter more or less; or as long
 * as the server asks for.
 */
static int64_t retry_pause_us(const struct upstream_call *call)
{
	const struct upstream_progress *progress = call->progress;
	const int64_t base = (progress->address->options.backoff_ms * 1000)
			     << (progress->attempts - 1);
	const int64_t asked = retry_after_seconds(call) * INT64_C(1000000);
	uint32_t random = 0;
	int64_t pause;

	if (getrandom(&random, sizeof(random), 0) < 0)
		random = 0;
	pause = base * 3 / 4 + random % (base / 2 + 1);
	return asked > pause ? asked : pause;
}

bool retry_again(struct upstream_call *call, CURLcode code)
{
	struct upstream_progress *progress = call->progress;
	int64_t pause;

	if (progress->attempts == ATTEMPTS_MAX ||
		!retry_is_worth_it(call, code))
		return false;
	pause = retry_pause_us(call);
	progress->start_at = clock_us(CLOCK_MONOTONIC) + pause;
	if (pause > RETRY_AFTER_MAX_US ||
		progress->start_at >= progress->deadline)
		return false;
	progress->received = 0;
	progress->blotted = 0;
	progress->held.length = 0;
	spread_clear(&progress->spread);
	upstream_call_clear(call);
	return true;
}
