/* SPDX-License-Identifier: MIT */
/* test_tokens.c - the approximate tokens of a message. */
#include "schema/tokens/tokens.h"

#include "tests/unit/unit.h"

static int64_t tokens_of(const char *body)
{
	struct message_list list = { 0 };
	int64_t tokens;

	ok(message_list_parse(&list, slice_of(body), &error));
	ck_assert_uint_eq(list.count, 1);
	tokens = tokens_approx(&list.items[0]);
	message_list_clear(&list);
	return tokens;
}

/* What a message of so many code points has. */
#define counts(body, points) \
	ck_assert_int_eq(tokens_of(body), ((points) + 3) / 4 + 3)

#define AI(members) "{\"type\":\"ai\",\"data\":{\"content\":\"\"" members "}}"
#define CALL                                                 \
	"{\"name\":\"f\",\"args\":{},\"id\":\"c\",\"type\":" \
	"\"tool_call\"}"
#define FUNCTION "{\"name\":\"f\",\"arguments\":\"{}\"}"

START_TEST(a_token_is_four_code_points_and_a_message_three_tokens)
{
	ck_assert_int_eq(tokens_of("\"\""), 3);
	ck_assert_int_eq(tokens_of("\"a\""), 4);
	ck_assert_int_eq(tokens_of("\"abcd\""), 4);
	ck_assert_int_eq(tokens_of("\"abcde\""), 5);
}
END_TEST

START_TEST(code_points_are_counted_as_the_text_says_not_as_it_is_spelled)
{
	counts("\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80zz\"", 5);
	counts("\"\\u00e9\\u20ac\\ud83d\\ude00\\n\\\"\"", 5);
	counts("\"\\ud83d....\"", 5);
}
END_TEST

START_TEST(an_array_counts_as_its_json)
{
	counts("[[\"human\",[{\"type\":\"text\",\"text\":\"h\\u00e9\"}]]]",
		sizeof("[{'type':'text','text':'h\\u00e9'}]") - 1);
}
END_TEST

START_TEST(names_and_ids_count)
{
	counts("{\"type\":\"human\",\"content\":\"Hi\",\"name\":\"bobby\"}", 7);
	counts("{\"role\":\"tool\",\"content\":\"4\","
	       "\"tool_call_id\":\"abcd\"}",
		5);
	counts("{\"type\":\"human\",\"data\":{\"content\":\"Hi\","
	       "\"name\":null}}",
		2);
}
END_TEST

START_TEST(calls_count_as_json)
{
	counts(AI(",\"tool_calls\":[" CALL "]"), sizeof(CALL) + 1);
	counts(AI(",\"additional_kwargs\":{\"function_call\":" FUNCTION "}"),
		sizeof(FUNCTION) - 1);
	counts(AI(",\"invalid_tool_calls\":[" CALL "]"), sizeof(CALL) + 1);
}
END_TEST

START_TEST(no_calls_count_nothing)
{
	counts(AI(",\"tool_calls\":[],\"invalid_tool_calls\":[],"
		  "\"additional_kwargs\":{},\"response_metadata\":{}"),
		0);
}
END_TEST

START_TEST(calls_that_stand_twice_count_once)
{
	counts(AI(",\"tool_calls\":[" CALL "],\"additional_kwargs\":"
		  "{\"tool_calls\":[{\"id\":\"c\"}]}"),
		sizeof(CALL) + 1);
	counts(AI(",\"tool_calls\":[],\"additional_kwargs\":"
		  "{\"tool_calls\":[{\"id\":\"c\"}]}"),
		sizeof("[{'id':'c'}]") - 1);
}
END_TEST

START_TEST(the_form_makes_no_difference)
{
	counts("{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{"
	       "\"id\":\"c\",\"type\":\"function\",\"function\":" FUNCTION
	       "}]}",
		sizeof(CALL) + 1);
	counts("{\"role\":\"assistant\",\"content\":null,"
	       "\"function_call\":" FUNCTION "}",
		sizeof(FUNCTION) - 1);
	counts("{\"type\":\"human\",\"content\":\"Hello\"}", 5);
	counts("[[\"human\",\"Hello\"]]", 5);
	counts("{\"role\":\"user\",\"content\":\"Hello\"}", 5);
}
END_TEST

UNIT("tokens", a_token_is_four_code_points_and_a_message_three_tokens,
	code_points_are_counted_as_the_text_says_not_as_it_is_spelled,
	an_array_counts_as_its_json, names_and_ids_count, calls_count_as_json,
	no_calls_count_nothing, calls_that_stand_twice_count_once,
	the_form_makes_no_difference)
