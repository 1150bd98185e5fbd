/* SPDX-License-Identifier: MIT */
/* test_ollama.c - calls and results as Ollama has them. */
#include "tests/unit/formatted.h"

#define OLLAMA(calls) \
	"{'role':'assistant','content':'','tool_calls':[" calls "]}"
#define ASKS(name)   "{'function':{'name':'" name "','arguments':{'a':1.10}}}"
#define RESULT(name) "{'role':'tool','tool_name':'" name "','content':'11'}"
#define GIVEN(id, name)                                                   \
	"{'id':'" id "','type':'function','function':{'name':'" name "'," \
	"'arguments':'{\\'a\\':1.10}'}}"

START_TEST(for_openai_a_call_gets_an_id_and_its_result_the_same)
{
	static const struct row rows[] = {
		{ OLLAMA(ASKS("w")), OLLAMA(GIVEN("call_w", "w")) },
		{ OLLAMA(ASKS("w") "," ASKS("t") "," ASKS("w")),
			OLLAMA(GIVEN("call_w", "w") "," GIVEN(
				"call_t", "t") "," GIVEN("call_w_2", "w")) },
		{ RESULT("w"), "{'role':'tool','content':'11','name':'w',"
			       "'tool_call_id':'call_w'}" },
	};

	every_row_becomes(OPENAI, rows, COUNT(rows));
}
END_TEST

START_TEST(for_langchain_a_call_has_no_id)
{
	static const struct row rows[] = {
		{ "{'role':'assistant','content':'','thinking':'Hm.',"
		  "'tool_calls':[" ASKS("w") "]}",
			STORED("ai",
				"'content':'','tool_calls':[{'name':'w','args':"
				"{'a':1.10},'id':null,'type':'tool_call'}],"
				"'additional_kwargs':{'thinking':'Hm.'}") },
		{ RESULT("w"), STORED("tool", "'content':'11','name':'w',"
					      "'tool_call_id':''") },
	};

	every_row_becomes(LANGCHAIN, rows, COUNT(rows));
	every_row_becomes(PYTHON, rows, COUNT(rows));
}
END_TEST

START_TEST(only_its_own_messages_are_ollamas)
{
	static const struct {
		const char *body;
		enum message_form form;
	} rows[] = {
		{ OLLAMA(ASKS("w")), MESSAGE_OLLAMA },
		{ RESULT("w"), MESSAGE_OLLAMA },
		{ OLLAMA(CALL("'{}'")), MESSAGE_OPENAI },
		{ "{'role':'user','content':'x','images':['AA']}",
			MESSAGE_OPENAI },
		{ "{'role':'tool','tool_name':'w','tool_call_id':'c',"
		  "'content':''}",
			MESSAGE_OPENAI },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct parsed parsed = { 0 };
		struct text sent = { 0 };

		ok(parse(&parsed, rows[i].body));
		ck_assert_int_eq(parsed.list.items->form, rows[i].form);
		format_sent(&sent, parsed.list.items);
		is_quoted(text_view(&sent), rows[i].body);
		text_clear(&sent);
		parsed_clear(&parsed);
	}
}
END_TEST

UNIT("ollama", for_openai_a_call_gets_an_id_and_its_result_the_same,
	for_langchain_a_call_has_no_id, only_its_own_messages_are_ollamas)
