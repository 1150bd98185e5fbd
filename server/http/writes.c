/* SPDX-License-Identifier: MIT */
/* writes.c - the writes of a tenant that wait for the writer. */
#include "server/http/exchange.h"

#include "schema/error.h"
#include "server/observe/metrics.h"

int writes_join(struct exchange *exchange, struct error *error)
{
	if (share_take(&exchange->httpd->shares, exchange->share, SHARE_WRITES,
		    1) != SHARE_TAKEN) {
		metrics_refused(
			exchange->httpd->options.metrics, METRICS_OVER_SHARE);
		return error_set(error, ERROR_UNAVAILABLE,
			"too many writes of this tenant wait already");
	}
	exchange->queued = true;
	return 0;
}

void writes_leave(struct exchange *exchange)
{
	if (exchange->queued)
		share_give(&exchange->httpd->shares, exchange->share,
			SHARE_WRITES, 1);
	exchange->queued = false;
}
