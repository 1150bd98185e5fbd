/* SPDX-License-Identifier: MIT */
/*
 * appended.h - messages that are appended to a session of the test's store.
 */
#ifndef TESTS_UNIT_APPENDED_H
#define TESTS_UNIT_APPENDED_H

#include "core/history/history.h"
#include "schema/forms/parse.h"
#include "tests/contract/opened_store.h"

/* As the last append left it. */
static struct session session;

static inline void append_body(const char *name, struct slice body)
{
	struct history_appended appended[64];
	struct history_edit edit = {
		.ref.name = slice_of(name), .now = 1000, .appended = appended
	};
	struct message_list list = { 0 };

	ok(message_list_parse(&list, body, &error));
	ok(history_append(store, &edit, &list, &error));
	session = edit.session;
	message_list_clear(&list);
}

#endif
