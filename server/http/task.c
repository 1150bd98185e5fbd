/* SPDX-License-Identifier: MIT */
/* task.c - an exchange whose request has become a task. */
#include "server/http/exchange.h"

#include "server/work/task.h"

static struct exchange *task_exchange_of(struct task_viewer *viewer)
{
	return (struct exchange *)(void *)((char *)viewer -
					   offsetof(struct exchange, viewer));
}

/* The reply may be paid for, and stored: it is counted, but never refused. */
static void task_hold_reply(struct exchange *exchange)
{
	exchange->held = exchange->reply.body.length;
	share_take_anyway(&exchange->httpd->shares, exchange->share,
		SHARE_BYTES, exchange->held);
}

/* From the resume on the exchange may be gone. */
static void task_told(struct task_viewer *viewer, struct reply *reply,
	const struct error *error)
{
	struct exchange *exchange = task_exchange_of(viewer);

	reply_clear(&exchange->reply);
	exchange->reply = *reply;
	*reply = (struct reply){ 0 };
	task_hold_reply(exchange);
	exchange->failed = error != NULL;
	if (error)
		exchange->error = *error;
	exchange_decided(exchange);
}

/* The connection is suspended, so it is open still. */
static bool task_viewer_gone(struct task_viewer *viewer)
{
	struct exchange *exchange = task_exchange_of(viewer);

	exchange->gone = peer_has_left(exchange->peer);
	return exchange->gone;
}

void exchange_next(struct exchange *exchange)
{
	const struct task_start start = { &exchange->request, &exchange->reply,
		&exchange->viewer };
	const size_t held = body_held(exchange);
	struct task *task;

	exchange->viewer.told = task_told;
	exchange->viewer.gone = task_viewer_gone;
	if (task_new(&task, exchange->httpd->options.tasks, &start,
		    &exchange->error)) {
		exchange->failed = true;
		exchange_decided(exchange);
		return;
	}
	body_let_go(exchange, held); /* the task counts it */
	task_go(task);
}
