/* SPDX-License-Identifier: MIT */
/*
 * opened_store.h - the store that each test of a program begins with.
 *
 * start() and stop() open and close it; begin() and end() do so around a
 * batch, which is undone.
 */
#ifndef TESTS_CONTRACT_OPENED_STORE_H
#define TESTS_CONTRACT_OPENED_STORE_H

#include "core/store/session_list.h"
#include "tests/contract/store_unit.h"

static struct store *store;

static inline void start(void)
{
	scratch();
	store = open_store(STORE_WRITE);
}

static inline void stop(void)
{
	store_close(store);
	scratch_end();
}

static inline void begin(void)
{
	start();
	ok(store_begin(store, &error));
}

static inline void end(void)
{
	store_rollback(store);
	stop();
}

/* --- lists of sessions ---------------------------------------------- */

static inline int write_name(void *context, const struct session_row *row)
{
	if (row->hidden)
		return 0;
	text_slice(context, row->name);
	text_append(context, " ", 1);
	return 0;
}

/* The names of the sessions that are found, each with a space behind it. */
static inline void lists_names(
	const struct session_query *query, const char *expected)
{
	struct text out = { 0 };

	ok(store_session_list(store, query,
		(struct session_visitor){ write_name, &out }, &error));
	is(text_view(&out), expected);
	text_clear(&out);
}

#endif
