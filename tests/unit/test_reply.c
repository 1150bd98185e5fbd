/* SPDX-License-Identifier: MIT */
/* test_reply.c - what handlers write into a reply. */
#include "server/api/reply.h"

#include "tests/unit/unit.h"

#include <stdio.h>

START_TEST(a_reply_has_no_more_headers_than_it_has_room_for)
{
	struct reply reply = { 0 };
	char last[24];

	snprintf(last, sizeof(last), "%d", REPLY_HEADERS_MAX - 1);
	for (int i = 0; i < REPLY_HEADERS_MAX + 2; i++)
		reply_header(&reply, "X-Number", "%d", i);
	ck_assert_int_eq(reply.header_count, REPLY_HEADERS_MAX);
	ck_assert_str_eq(reply.headers[REPLY_HEADERS_MAX - 1].value, last);
	reply_clear(&reply);
}
END_TEST

UNIT("reply", a_reply_has_no_more_headers_than_it_has_room_for)
