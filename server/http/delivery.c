/* SPDX-License-Identifier: MIT */
/* delivery.c - replies on their way, and those that got lost. */
#include "server/http/exchange.h"

#include "server/api/source.h"
#include "server/observe/deliveries.h"
#include "server/work/task.h"

/* A reply of this size or more counts among the bodies in flight. */
#define LARGE_REPLY ((size_t)64 << 10)

int exchange_hold_reply(struct exchange *exchange)
{
	const size_t size = reply_length(&exchange->reply);

	if (size < LARGE_REPLY)
		return 0;
	if (body_hold(exchange, size, &exchange->error))
		return -1;
	exchange->held = size;
	return 0;
}

void exchange_note_delivery(
	const struct exchange *exchange, enum MHD_RequestTerminationCode why)
{
	const struct reply *reply = &exchange->reply;
	const bool whole = why == MHD_REQUEST_TERMINATED_COMPLETED_OK &&
			   atomic_load(&exchange->phase) == PHASE_ANSWERED;
	const enum delivery delivery = whole ? DELIVERY_WHOLE : DELIVERY_LOST;

	/* A client that had gone before the end was noted then. */
	if (!exchange->request.route || exchange->failed || exchange->gone ||
		exchange->request.route->lane != LANE_LOCK)
		return;
	if (!reply->source)
		deliveries_note(
			tasks_deliveries(exchange->httpd->options.tasks),
			reply->session, reply->etag, delivery);
	else if (reply->source->delivered)
		reply->source->delivered(reply->source, delivery);
}
