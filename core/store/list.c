/* SPDX-License-Identifier: MIT */
/*
 * list.c - the order of a list of sessions, and who is on it.
 */
#include "core/store/list.h"

#include "core/store/response.h"
#include "core/store/tags.h"

enum session_order session_order(const struct session_query *query)
{
	if (query->has_prefix)
		return ORDER_NAME;
	if (query->owner.length == 0 && query->tag_count > 0)
		return ORDER_BIRTH;
	return ORDER_ACTIVITY;
}

struct session_cursor session_cursor(
	const struct session_query *query, const struct session_row *row)
{
	const enum session_order order = session_order(query);

	if (order == ORDER_NAME)
		return (struct session_cursor){ .name = row->name };
	return (struct session_cursor){
		.id = row->session.id,
		.time = order == ORDER_BIRTH ? row->session.created_at
					     : row->session.touched_at,
	};
}

bool list_begins_with(struct slice text, struct slice head)
{
	return text.length >= head.length &&
	       slice_equal((struct slice){ text.data, head.length }, head);
}

/* A tag counts as not there when memory runs out; scratch->failed says so. */
bool list_is_hidden(const struct session_query *what,
	const struct session_row *row, struct text *scratch)
{
	if (session_is_gone(&row->session, what->now) ||
		(!what->chains && store_response_is_name(row->name)))
		return true;
	if (what->owner.length && !slice_equal(row->owner, what->owner))
		return true;
	for (int i = 0; i < what->tag_count; i++)
		if (!tag_is_in(row->metadata, &what->tags[i], scratch))
			return true;
	return false;
}
