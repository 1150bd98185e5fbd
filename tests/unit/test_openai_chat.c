/* SPDX-License-Identifier: MIT */
/* test_openai_chat.c - messages as chat completions take them. */
#include "schema/forms/form.h"
#include "schema/forms/parse.h"

#include "tests/unit/formatted.h"

START_TEST(a_type_becomes_a_role)
{
	static const struct row rows[] = {
		{ "'Hi!'", "{'role':'user','content':'Hi!'}" },
		{ "[['ai','yo']]", "{'role':'assistant','content':'yo'}" },
		{ STORED("system", "'content':'x','additional_kwargs':{"
				   "'__openai_role__':'developer'}"),
			"{'role':'developer','content':'x'}" },
		{ STORED("system", "'content':'x','additional_kwargs':{"
				   "'__openai_role__':7}"),
			"{'role':'system','content':'x'}" },
		{ STORED("generic", "'content':'x','role':'critic'"),
			"{'role':'critic','content':'x'}" },
		{ "{'type':'chat','role':'r','content':'x'}",
			"{'role':'r','content':'x'}" },
		{ STORED("function", "'content':'4','name':'f'"),
			"{'role':'function','content':'4','name':'f'}" },
	};

	every_row_becomes(OPENAI, rows, COUNT(rows));
}
END_TEST

START_TEST(openai_form_stays_as_it_came)
{
	static const struct row rows[] = {
		{ "{'x':1.0,'role':'user','content':['a'],'\\u0061':null}",
			"{'x':1.0,'role':'user','content':['a'],'\\u0061':"
			"null}" },
	};

	every_row_becomes(OPENAI, rows, COUNT(rows));
}
END_TEST

START_TEST(what_openai_does_not_know_is_left_out)
{
	static const struct row rows[] = {
		{ STORED("human", "'content':'\\ud83d','id':'x','example':"
				  "false,'name':null,'type':'human'"),
			"{'role':'user','content':'\\ud83d'}" },
		{ STORED("tool",
			  "'content':'4','tool_call_id':'c1','status':"
			  "'success','artifact':{'a':1},'response_metadata':{},"
			  "'name':'f'"),
			"{'role':'tool','content':'4','name':'f',"
			"'tool_call_id':'c1'}" },
	};

	every_row_becomes(OPENAI, rows, COUNT(rows));
}
END_TEST

START_TEST(additional_members_stand_at_the_top_again)
{
	static const struct row rows[] = {
		{ STORED("ai", "'content':'x','additional_kwargs':{'refusal':"
			       "null,'content':1,'role':2,'name':3,"
			       "'tool_call_id':4,'tool_calls':5,'y':1.10}"),
			"{'role':'assistant','content':'x','refusal':null,"
			"'y':1.10}" },
		{ STORED("ai", "'content':'x','additional_kwargs':[7]"),
			"{'role':'assistant','content':'x'}" },
	};

	every_row_becomes(OPENAI, rows, COUNT(rows));
}
END_TEST

START_TEST(every_part_is_an_object)
{
	static const struct row rows[] = {
		{ STORED("human", "'content':[]"),
			"{'role':'user','content':[]}" },
		{ "[['ai',['a']]]",
			"{'role':'assistant','content':[{'type':'text','text':"
			"'a'}]}" },
		{ STORED("human", "'content':[{'type':'text','text':'a'},'b'],"
				  "'name':'bob'"),
			"{'role':'user','content':[{'type':'text','text':'a'},"
			"{'type':'text','text':'b'}],'name':'bob'}" },
	};

	every_row_becomes(OPENAI, rows, COUNT(rows));
}
END_TEST

START_TEST(calls_become_calls)
{
#define RAW   ",'additional_kwargs':{'tool_calls':[" CALL("'{}'") "]}"
#define HALF  VALID("{'x':'\\ud83d'}")
#define WRONG INVALID("'{\\/'")
	static const struct row rows[] = {
		{ STORED("ai", "'tool_calls':[" VALID("{'x':1.10}") "]"),
			"{'role':'assistant','content':null,"
			"'tool_calls':[" CALL("'{\\'x\\':1.10}'") "]}" },
		{ STORED("ai", "'content':'','tool_calls':[" HALF "],"
			       "'invalid_tool_calls':[" WRONG "]"),
			CALLING(CALL("'{\\'x\\':\\'\\\\ud83d\\'}'")) },
		{ STORED("ai", "'content':'','tool_calls':[]"),
			"{'role':'assistant','content':''}" },
		{ STORED("ai", "'content':'','tool_calls':[7,{}]"),
			CALLING("{'id':'XdkS5Jems','type':'function',"
				"'function':{'name':'','arguments':''}}") },
		{ "{'type':'ai','content':'','tool_calls':[" CALL("'{}'") "]}",
			CALLING(CALL("'{}'")) },
		{ STORED("ai", "'content':'','tool_calls':[]" RAW),
			CALLING(CALL("'{}'")) },
		{ STORED("ai", "'content':'','tool_calls':[" HALF "]" RAW),
			CALLING(CALL("'{\\'x\\':\\'\\\\ud83d\\'}'")) },
	};

	every_row_becomes(OPENAI, rows, COUNT(rows));
}
END_TEST

START_TEST(openai_form_survives_the_way_through_langchain)
{
	static const char *const rows[] = {
		"{'role':'developer','content':'x','z':1.10}",
		"{'role':'critic','content':'x','name':'n'}",
		CALLING(CALL("'{\\'x\\':\\'\\\\ud83d\\'}'")),
		CALLING("{'type':'custom','custom':{}}"),
		"{'role':'assistant','content':'','function_call':{'name':'f',"
		"'arguments':' {'}}",
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct parsed first = { 0 }, second = { 0 };
		struct text langchain = { 0 }, back = { 0 };

		ok(parse(&first, rows[i]));
		put(&langchain, first.list.items, LANGCHAIN);
		ok(message_list_parse(
			&second.list, text_view(&langchain), &error));
		put(&back, second.list.items, OPENAI);
		is_quoted(text_view(&back), rows[i]);
		text_clear(&langchain);
		text_clear(&back);
		parsed_clear(&first);
		parsed_clear(&second);
	}
}
END_TEST

UNIT("format_openai", a_type_becomes_a_role, openai_form_stays_as_it_came,
	what_openai_does_not_know_is_left_out,
	additional_members_stand_at_the_top_again, every_part_is_an_object,
	calls_become_calls, openai_form_survives_the_way_through_langchain)
