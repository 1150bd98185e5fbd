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

#define ANSWER(name, content) \
	"{'role':'tool','tool_name':'" name "','content':'" content "'}"
#define ANSWERED(id, name, content)                                 \
	"{'role':'tool','content':'" content "','name':'" name "'," \
	"'tool_call_id':'" id "'}"

/* Results come in another order, one too many, and the same calls again. */
#define TWICE                                                                  \
	"[" OLLAMA(ASKS("w") "," ASKS("t") "," ASKS("w")) "," ANSWER("t",      \
		"1") "," ANSWER("w", "2") "," ANSWER("w", "3") "," ANSWER("w", \
		"4") "," OLLAMA(ASKS("w")) "," ANSWER("w", "5") "]"

START_TEST(each_call_has_an_id_of_its_own_and_its_result_the_same)
{
	list_becomes("openai", TWICE,
		"[{'role':'assistant','content':'','tool_calls':[{'id':'X"
		"PIone6Ri','type':'function','function':{'name':'w','argu"
		"ments':'{\\'a\\':1.10}'}},{'id':'XHi7ne6M2','type':'func"
		"tion','function':{'name':'t','arguments':'{\\'a\\':1.10}"
		"'}},{'id':'XPIone7GT','type':'function','function':{'nam"
		"e':'w','arguments':'{\\'a\\':1.10}'}}]},{'role':'tool','"
		"content':'1','name':'t','tool_call_id':'XHi7ne6M2'},{'ro"
		"le':'tool','content':'2','name':'w','tool_call_id':'XPIo"
		"ne6Ri'},{'role':'tool','content':'3','name':'w','tool_ca"
		"ll_id':'XPIone7GT'},{'role':'tool','content':'4','name':"
		"'w','tool_call_id':'XPIo000eb'},{'role':'assistant','con"
		"tent':'','tool_calls':[{'id':'XPIone8cT','type':'functio"
		"n','function':{'name':'w','arguments':'{\\'a\\':1.10}'}}"
		"]},{'role':'tool','content':'5','name':'w','tool_call_id"
		"':'XPIone8cT'}]");
	list_becomes("openai-items", TWICE,
		"[{'type':'function_call','call_id':'XPIone6Ri','name':'w"
		"','arguments':'{\\'a\\':1.10}'},{'type':'function_call',"
		"'call_id':'XHi7ne6M2','name':'t','arguments':'{\\'a\\':1"
		".10}'},{'type':'function_call','call_id':'XPIone7GT','na"
		"me':'w','arguments':'{\\'a\\':1.10}'},{'type':'function_"
		"call_output','call_id':'XHi7ne6M2','output':'1'},{'type'"
		":'function_call_output','call_id':'XPIone6Ri','output':'"
		"2'},{'type':'function_call_output','call_id':'XPIone7GT'"
		",'output':'3'},{'type':'function_call_output','call_id':"
		"'XPIo000eb','output':'4'},{'type':'function_call','call_"
		"id':'XPIone8cT','name':'w','arguments':'{\\'a\\':1.10}'}"
		",{'type':'function_call_output','call_id':'XPIone8cT','o"
		"utput':'5'}]");
	list_becomes("ai-sdk", TWICE,
		"[{'id':'','role':'assistant','parts':[{'type':'tool-w','"
		"toolCallId':'XPIone6Ri','input':{'a':1.10},'state':'outp"
		"ut-available','output':'2'},{'type':'tool-t','toolCallId"
		"':'XHi7ne6M2','input':{'a':1.10},'state':'output-availab"
		"le','output':'1'},{'type':'tool-w','toolCallId':'XPIone7"
		"GT','input':{'a':1.10},'state':'output-available','outpu"
		"t':'3'}]},{'id':'','role':'assistant','parts':[{'type':'"
		"dynamic-tool','toolName':'w','toolCallId':'XPIo000eb','i"
		"nput':{},'state':'output-available','output':'4'}]},{'id"
		"':'','role':'assistant','parts':[{'type':'tool-w','toolC"
		"allId':'XPIone8cT','input':{'a':1.10},'state':'output-av"
		"ailable','output':'5'}]}]");
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

UNIT("ollama", each_call_has_an_id_of_its_own_and_its_result_the_same,
	for_langchain_a_call_has_no_id, only_its_own_messages_are_ollamas)
