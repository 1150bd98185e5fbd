/* SPDX-License-Identifier: MIT */
/* refused.c - a statement that fails, whatever it is. */
#include "core/store/sql/recent.h"

#include "schema/error.h"

static void refused_bind_number(struct query *query, int at, int64_t number)
{
	(void)query;
	(void)at;
	(void)number;
}

static void refused_bind(struct query *query, int at, struct slice bytes)
{
	(void)query;
	(void)at;
	(void)bytes;
}

static void refused_bind_null(struct query *query, int at)
{
	(void)query;
	(void)at;
}

static int refused_step(struct query *query, struct error *error)
{
	(void)query;
	return error_set(error, ERROR_UNAVAILABLE,
		"the session changed while it was read");
}

static void refused_end(struct query *query)
{
	(void)query;
}

struct query store_refused_query(void)
{
	static const struct engine_ops ops = {
		.bind_number = refused_bind_number,
		.bind_text = refused_bind,
		.bind_blob = refused_bind,
		.bind_null = refused_bind_null,
		.step = refused_step,
		.run = refused_step,
		.end = refused_end,
	};

	return (struct query){ .ops = &ops };
}
