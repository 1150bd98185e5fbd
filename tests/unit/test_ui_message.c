/* SPDX-License-Identifier: MIT */
/* test_ui_message.c - the AI SDK's UIMessage, both ways. */
#include <stdio.h>

#include "schema/json/write.h"
#include "tests/unit/failing.h"
#include "tests/unit/formatted.h"

#define UI(role, parts) "{'id':'m1','role':'" role "','parts':[" parts "]}"
#define SAID(text)	"{'type':'text','text':'" text "'}"
#define STEP		"{'type':'step-start'}"
#define TOOL(id, rest)	"{'type':'tool-w','toolCallId':'" id "'," rest "}"
#define OUTPUT(value)	"'state':'output-available','input':{},'output':" value
#define ASKED(id)                                                  \
	"{'id':'" id "','type':'function','function':{'name':'w'," \
	"'arguments':'{}'}}"
#define ANSWERED(id, content)                                \
	"{'role':'tool','content':'" content "','name':'w'," \
	"'tool_call_id':'" id "'}"

START_TEST(to_a_chat_it_is_the_messages_of_its_steps)
{
	list_becomes("openai", "[" UI("user", SAID("a")) "]",
		"[{'role':'user','content':'a'}]");
	list_becomes("openai", "[" UI("system", SAID("a") "," SAID("b")) "]",
		"[{'role':'system','content':'ab'}]");
	list_becomes("openai",
		"[" UI("assistant", STEP
			"," SAID("a") "," TOOL("c1", OUTPUT("'11'")) "," TOOL(
				"c2", OUTPUT("{'x':1.10}")) "," STEP
							    "," SAID("b")) "]",
		"[{'role':'assistant','content':'a','tool_calls':[" ASKED(
			"c1") "," ASKED("c2") "]}," ANSWERED("c1",
			"11") "," ANSWERED("c2",
			"{\\'x\\':1.10}") ","
					  "{'role':'assistant','content':'b'}]");
	/* Nothing that a chat has is still a message. */
	list_becomes("openai",
		"[" UI("assistant", "{'type':'data-x','data':1}," STEP) "]",
		"[{'role':'assistant','content':''}]");
	list_becomes("openai", "[" UI("assistant", "") "]",
		"[{'role':'assistant','content':''}]");
}
END_TEST

START_TEST(a_call_without_a_result_is_none)
{
	static const char *const states[] = { "input-streaming",
		"input-available", "approval-requested", "approval-responded",
		"else" };
	char part[200];

	for (size_t i = 0; i < COUNT(states); i++) {
		snprintf(part, sizeof(part),
			"[" UI("assistant",
				SAID("a") "," TOOL(
					"c1", "'state':'%s','input':{}")) "]",
			states[i]);
		list_becomes(
			"openai", part, "[{'role':'assistant','content':'a'}]");
	}
}
END_TEST

START_TEST(an_error_and_a_refusal_are_results)
{
	list_becomes("langchain-python",
		"[" UI("assistant",
			TOOL("c1", "'state':'output-error',"
				   "'rawInput':'{','errorText':'no'")) "]",
		"['type':'ai','data':{'content':'','tool_calls':[{'name':'w',"
		"'args':{'input':'{'},'id':'c1','type':'tool_call'}]}]");
	list_becomes("openai",
		"[" UI("assistant", TOOL("c1", "'state':'output-denied',"
					       "'input':{}")) "]",
		"[{'role':'assistant','content':'','tool_calls':[" ASKED(
			"c1") "]}," ANSWERED("c1",
			"Tool call execution denied.") "]");
}
END_TEST

START_TEST(results_become_part_of_their_calls)
{
	list_becomes("ai-sdk",
		"['q',{'role':'assistant','content':'','tool_calls':[" ASKED("c1") "," ASKED(
			"c2") "]},{'role':'tool',"
			      "'tool_call_id':'c2','content':'2'},{'type':'tool','data':{"
			      "'tool_call_id':'c1','content':'1','status':'error'}}]",
		"[{'id':'','role':'user','parts':[" SAID(
			"q") "]},{'id':'',"
			     "'role':'assistant','parts':[{'type':'tool-w','toolCallId':"
			     "'c1','input':{},'state':'output-error','errorText':'1'},"
			     "{'type':'tool-w','toolCallId':'c2','input':{},'state':"
			     "'output-available','output':'2'}]}]");
	/* A second result to a call is none; one to no call stands alone. */
	list_becomes("ai-sdk",
		"[{'role':'assistant','tool_calls':[" ASKED(
			"c1") "]},"
			      "{'role':'tool','tool_call_id':'c1','content':'1'},"
			      "{'role':'tool','tool_call_id':'c1','content':'2'},"
			      "{'role':'tool','tool_call_id':'c3','content':'3'},['ai','x']]",
		"[{'id':'','role':'assistant','parts':[{'type':'tool-w',"
		"'toolCallId':'c1','input':{},'state':'output-available',"
		"'output':'1'}]},{'id':'','role':'assistant','parts':[{'type':"
		"'dynamic-tool','toolName':'tool','toolCallId':'c3','input':{},"
		"'state':'output-available','output':'3'}]},{'id':'','role':"
		"'assistant','parts':[" SAID("x") "]}]");
}
END_TEST

START_TEST(what_the_sdk_has_no_part_for_is_data)
{
	list_becomes("ai-sdk",
		"[{'role':'user','content':[{'type':'image_url','image_url':"
		"{'url':'data:image/png;base64,AA'}},{'type':'image_url',"
		"'image_url':{'url':'x'}},{'x':1.10}]},{'role':'critic',"
		"'content':[]}]",
		"[{'id':'','role':'user','parts':[{'type':'file','mediaType':"
		"'image/png','url':'data:image/png;base64,AA'},{'type':"
		"'data-part','data':{'type':'image_url','image_url':{'url':"
		"'x'}}},{'type':'data-part','data':{'x':1.10}}]},{'id':'',"
		"'role':'user','parts':[" SAID("") "]}]");
	list_becomes("ai-sdk",
		"[{'type':'ai','data':{'content':'','invalid_tool_calls':[{"
		"'name':'w','args':'{','id':null,'error':'bad'}],"
		"'additional_kwargs':{'reasoning_content':'Hm.'}}}]",
		"[{'id':'','role':'assistant','parts':[{'type':'reasoning',"
		"'text':'Hm.'},{'type':'dynamic-tool','toolName':'w',"
		"'toolCallId':'XPIoFI9Ah','state':'output-error','input':'{',"
		"'errorText':'bad'}]}]");
}
END_TEST

START_TEST(it_goes_out_as_it_came)
{
	static const char *const rows[] = {
		UI("user", SAID("\\ud83d")),
		UI("assistant", ""),
		"{'metadata':{'n':1.10},'parts':[],'role':'user','id':'x'}",
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct parsed parsed = { 0 };
		struct text sent = { 0 };

		ok(parse(&parsed, rows[i]));
		format_sent(&sent, parsed.list.items);
		is_quoted(text_view(&sent), rows[i]);
		sent.length = 0;
		form_named(SLICE("ai-sdk"))
			->write(&sent, parsed.list.items, NULL);
		is_quoted(text_view(&sent), rows[i]);
		text_clear(&sent);
		parsed_clear(&parsed);
	}
}
END_TEST

START_TEST(a_list_that_finds_no_memory_has_failed)
{
	struct parsed parsed = { 0 };

	ok(parse(&parsed, "[['ai','x'],{'role':'tool','tool_call_id':'c',"
			  "'content':'y'},'z']"));
	while (failing_next()) {
		const struct form_ops *ops = form_named(SLICE("ai-sdk"));
		struct text seen = { 0 };

		for (size_t i = 0; i < parsed.list.count; i++) {
			json_comma(&seen);
			ops->write(&seen, &parsed.list.items[i], NULL);
		}
		if (!seen.failed)
			ops->finish(&seen, 0);
		ck_assert_int_eq(failing_stop(), seen.failed);
		text_clear(&seen);
	}
	parsed_clear(&parsed);
}
END_TEST

UNIT("ui_message", to_a_chat_it_is_the_messages_of_its_steps,
	a_call_without_a_result_is_none, an_error_and_a_refusal_are_results,
	results_become_part_of_their_calls,
	what_the_sdk_has_no_part_for_is_data, it_goes_out_as_it_came,
	a_list_that_finds_no_memory_has_failed)
