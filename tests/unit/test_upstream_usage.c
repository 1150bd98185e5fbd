/* SPDX-License-Identifier: MIT */
/* test_upstream_usage.c - what an answer says it cost. */
#include "server/upstream/usage.h"
#include "tests/unit/unit.h"

static void costs(const char *answer, int64_t input, int64_t output)
{
	const struct usage_tokens usage = usage_read(slice_of(answer));

	ck_assert_int_eq(usage.input, input);
	ck_assert_int_eq(usage.output, output);
}

START_TEST(an_answer_says_what_it_cost)
{
	costs("{\"choices\":[],\"usage\":{\"prompt_tokens\":12,"
	      "\"completion_tokens\":34,\"total_tokens\":46}}",
		12, 34);
	costs("{\"usage\": {\"input_tokens\" :\t7 , \"output_tokens\": 8}}", 7,
		8);
	costs("{\"usage\":{\"prompt_tokens\":5,\"total_tokens\":5}}", 5, 0);
}
END_TEST

START_TEST(the_last_figures_of_a_stream_count)
{
	costs("data: {\"usage\":{\"prompt_tokens\":1,"
	      "\"completion_tokens\":1}}\n\n"
	      "data: {\"usage\":{\"prompt_tokens\":1,"
	      "\"completion_tokens\":9}}\n\ndata: [DONE]\n\n",
		1, 9);
	costs("{\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}\n"
	      "{\"usage\":null}",
		3, 4);
}
END_TEST

START_TEST(what_is_said_costs_nothing)
{
	costs("{\"content\":\"\\\"prompt_tokens\\\":99\"}", 0, 0);
	costs("{\"prompt_tokens\":null,\"completion_tokens\":\"5\"}", 0, 0);
	costs("{\"prompt_tokens\":-5,\"completion_tokens\"", 0, 0);
	costs("{\"name\":\"prompt_tokens\"}", 0, 0);
	costs("{\"completion_tokens\":99999999999999999999", 0, 0);
	costs("", 0, 0);
}
END_TEST

UNIT("usage", an_answer_says_what_it_cost, the_last_figures_of_a_stream_count,
	what_is_said_costs_nothing)
