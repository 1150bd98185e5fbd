/* SPDX-License-Identifier: MIT */
/*
 * list.h - who is on a list of sessions, whatever the engine.
 */
#ifndef CORE_STORE_LIST_H
#define CORE_STORE_LIST_H

#include "core/store/session_list.h"

bool list_begins_with(struct slice text, struct slice head);

/*
 * Is the row kept off the list?  A tag counts as not there when memory runs
 * out; scratch->failed says so.
 */
bool list_is_hidden(const struct session_query *what,
	const struct session_row *row, struct text *scratch);

#endif
