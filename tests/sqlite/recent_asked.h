/* SPDX-License-Identifier: MIT */
/*
 * recent_asked.h - what the cache of newest messages has of a session.
 */
#ifndef TESTS_SQLITE_RECENT_ASKED_H
#define TESTS_SQLITE_RECENT_ASKED_H

#include "core/store/recent.h"

static struct store_recent *recent;

static const struct session_ref ada = { { "t", 1 }, { "ada", 3 } };

static const struct recent_question anything = { NULL, { "?", 1 } };

static bool is_answered(struct session_ref ref, int64_t now)
{
	struct recent_body *body =
		store_recent_body(recent, ref, now, &anything);

	recent_body_free(body);
	return body != NULL;
}

static bool is_there(struct session_ref ref)
{
	struct recent_view view = { 0 };
	const bool there = store_recent_find(recent, ref, &view);

	recent_view_clear(&view);
	return there;
}

#endif
