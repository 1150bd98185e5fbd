/* SPDX-License-Identifier: MIT */
/*
 * test_overlap.c - a request that begins with the whole history adds
 * only the rest of it.
 */
#include "core/history/history.h"

#include "tests/contract/opened_store.h"
#include "tests/unit/parsed.h"

static void holds(const char *messages)
{
	struct parsed parsed = { 0 };
	struct history_appended appended[8];
	struct history_edit edit = {
		.ref.name = SLICE("s"), .now = 1000, .appended = appended
	};

	ok(parse(&parsed, messages));
	ok(history_append(store, &edit, &parsed.list, &error));
	parsed_clear(&parsed);
}

static size_t known(const char *messages)
{
	struct parsed parsed = { 0 };
	const struct session session = find(store, "s");
	size_t count = 99;

	ok(parse(&parsed, messages));
	ok(history_overlap(store, &session, &parsed.list, &count, &error));
	parsed_clear(&parsed);
	return count;
}

#define USER(text) "{'role':'user','content':'" text "'}"
#define BOT(text)  "{'role':'assistant','content':'" text "'}"

START_TEST(nothing_is_known_of_an_empty_history)
{
	ck_assert_uint_eq(known("[]"), 0);
	ck_assert_uint_eq(known("[" USER("a") "]"), 0);
}
END_TEST

START_TEST(the_whole_history_or_nothing_is_known)
{
	holds("[" USER("a") "," BOT("b") "]");
	ck_assert_uint_eq(
		known("[" USER("a") "," BOT("b") "," USER("c") "]"), 2);
	ck_assert_uint_eq(known("[" USER("a") "," BOT("b") "]"), 2);
	ck_assert_uint_eq(known("[" USER("a") "]"), 0);
	ck_assert_uint_eq(known("[" USER("a") "," BOT("x") "]"), 0);
	ck_assert_uint_eq(
		known("[" USER("x") "," USER("a") "," BOT("b") "]"), 0);
	ck_assert_uint_eq(known("[" USER("c") "]"), 0);
	ck_assert_uint_eq(known("[]"), 0);
}
END_TEST

START_TEST(messages_are_compared_as_values)
{
	holds("[{'role':'user','content':'\\u00e9','n':1.10},"
	      "{'role':'assistant','content':null,'refusal':null,"
	      "'annotations':[],'tool_calls':[{'id':'a','type':'function',"
	      "'function':{'name':'f','arguments':'{}'}}]}]");
	ck_assert_uint_eq(
		known("[{'n':11e-1,'content':'\xc3\xa9','role':'user'},"
		      "{'tool_calls':[{'type':'function','id':'a','function':"
		      "{'arguments':'{}','name':'f'}}],'role':'assistant',"
		      "'content':''}," USER("c") "]"),
		2);
}
END_TEST

START_TEST(the_form_that_a_message_came_in_makes_no_difference)
{
	holds("['a',['ai','b'],{'type':'human','data':{'content':'c',"
	      "'additional_kwargs':{},'response_metadata':{}}}]");
	ck_assert_uint_eq(
		known("[" USER("a") "," BOT("b") "," USER("c") "]"), 3);
}
END_TEST

STORE_UNIT("history_overlap", begin, end, nothing_is_known_of_an_empty_history,
	the_whole_history_or_nothing_is_known, messages_are_compared_as_values,
	the_form_that_a_message_came_in_makes_no_difference)
