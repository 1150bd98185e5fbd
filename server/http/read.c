/* SPDX-License-Identifier: MIT */
/* read.c - a read in the thread of its socket. */
#include "server/http/exchange.h"

#include "schema/clock.h"

/* Where answers are kept; NULL: they are not. */
static struct store_recent *read_recent(const struct exchange *exchange)
{
	const struct httpd_options *options = &exchange->httpd->options;

	return options->far ? NULL : options->store->recent;
}

/* An answer that is kept needs no table: it is of the session as it is. */
static bool read_recalls(struct exchange *exchange)
{
	struct store_recent *recent = read_recent(exchange);

	if (!recent)
		return false;
	exchange->request.now = clock_ms(CLOCK_REALTIME);
	return api_recall(recent, &exchange->request, &exchange->reply);
}

/* 1: it is to be run again; -1. */
static int read_try(struct exchange *exchange)
{
	struct store *store = NULL;
	bool again = false;
	int result;

	if (!exchange->httpd->options.far &&
		httpd_begin_read(exchange->httpd, &store, &exchange->error))
		return -1;
	result = exchange_run_handler(exchange, store);
	if (store) {
		if (result == 0 && read_recent(exchange))
			api_remember(
				store, &exchange->request, &exchange->reply);
		again = store_retries(store);
		store_rollback(store);
	}
	return again ? 1 : result ? -1 : 0;
}

int exchange_read(struct exchange *exchange)
{
	int result = 0;

	if (!read_recalls(exchange))
		result = read_try(exchange);
	if (result > 0)
		result = read_try(exchange);
	return result ? -1 : exchange_hold_reply(exchange);
}
