/* SPDX-License-Identifier: MIT */
/* test_serialised.c - messages in LangChain's serialised form. */
#include "tests/unit/formatted.h"

#define LC(class, kwargs)                                                \
	"{'lc':1,'type':'constructor','id':['langchain_core','messages'" \
	",'" class "'],'kwargs':{" kwargs "}}"
#define PYTHON_LC(class, kwargs)                                   \
	"{'lc':1,'type':'constructor','id':['langchain','schema'," \
	"'messages','" class "'],'kwargs':{" kwargs "}}"

START_TEST(every_class_has_its_type)
{
	static const struct row rows[] = {
		{ LC("HumanMessage", "'content':'Hi!','id':'m1'"),
			STORED("human", "'content':'Hi!','id':'m1'") },
		{ PYTHON_LC("AIMessage", "'content':'x','type':'ai'"),
			STORED("ai", "'content':'x','type':'ai'") },
		{ LC("SystemMessage", "'content':['a',{'b':1.10}]"),
			STORED("system", "'content':['a',{'b':1.10}]") },
		{ LC("ChatMessage", "'content':'x','role':'r'"),
			STORED("generic", "'content':'x','role':'r'") },
		{ LC("FunctionMessage", "'content':'x','name':'f'"),
			STORED("function", "'content':'x','name':'f'") },
		{ LC("ToolMessage", "'content':'x','tool_call_id':'c'"),
			STORED("tool", "'content':'x','tool_call_id':'c'") },
		{ LC("AIMessageChunk", "'content':'x'"),
			STORED("ai", "'content':'x'") },
		{ LC("AIMess\\u0061ge", "'content':'x'"),
			STORED("ai", "'content':'x'") },
	};

	every_row_becomes(LANGCHAIN, rows, COUNT(rows));
}
END_TEST

START_TEST(python_knows_a_chunk_by_its_class)
{
	static const struct row rows[] = {
		{ PYTHON_LC("AIMessageChunk",
			  "'content':'x','type':'AIMessageChunk'"),
			STORED("AIMessageChunk",
				"'content':'x','type':'AIMessageChunk'") },
		{ LC("ToolMessageChunk", "'content':'x','tool_call_id':'c'"),
			STORED("ToolMessageChunk",
				"'content':'x','tool_call_id':'c'") },
		{ LC("ChatMessage", "'content':'x','role':'r'"),
			STORED("chat", "'content':'x','role':'r'") },
	};

	every_row_becomes(PYTHON, rows, COUNT(rows));
}
END_TEST

START_TEST(it_is_a_message_in_every_other_form)
{
	static const struct row lines[] = {
		{ LC("HumanMessage", "'content':'Hi!','name':'bob'"),
			"Human: bob, Hi!" },
		{ LC("ChatMessage", "'content':'x','role':'r'"), "r: x" },
	};
	static const struct row objects[] = {
		{ LC("AIMessage", "'content':'','tool_calls':[" VALID(
					  "{'x':1.10}") "]"),
			CALLING(CALL("'{\\'x\\':1.10}'")) },
	};

	every_row_becomes(PLAIN, lines, COUNT(lines));
	every_row_becomes(OPENAI, objects, COUNT(objects));
}
END_TEST

START_TEST(it_goes_out_as_it_came)
{
	static const char *const rows[] = {
		LC("HumanMessage", "'z':1e400,'content':'\\ud83d\\/'"),
		"{'kwargs':{'content':''},'id':['AIMessage'],'type':"
		"'constructor','lc':1,'name':'AIMessage'}",
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct parsed parsed = { 0 };
		struct text sent = { 0 };

		ok(parse(&parsed, rows[i]));
		format_sent(&sent, parsed.list.items);
		is_quoted(text_view(&sent), rows[i]);
		text_clear(&sent);
		parsed_clear(&parsed);
	}
}
END_TEST

START_TEST(what_is_no_message_is_refused)
{
	static const struct row rows[] = {
		{ "[" LC("HumanMessage", "") "]",
			"messages[0].kwargs.content is missing" },
		{ LC("ToolMessage", "'content':'','tool_call_id':7"),
			"message.kwargs.tool_call_id must be a string" },
		{ LC("PromptTemplate", "'content':''"),
			"message: Got unexpected type: PromptTemplate; the "
			"types are human, ai, system, tool, function and "
			"generic (in Python chat), and of "
			"items message, reasoning, *_call and *_output" },
		{ LC("RemoveMessage", "'content':'','id':'m1'"),
			"message: Got unexpected type: RemoveMessage; a "
			"message is removed by DELETE /sessions/{session}/"
			"messages/{id}" },
		{ "{'lc':1,'type':'constructor','id':['AIMessage'],"
		  "'kwargs':[]}",
			"message.kwargs must be an object" },
		{ "{'lc':1,'type':'constructor','kwargs':{}}",
			"message: Got unexpected type: ; the types are human, "
			"ai, system, tool, function and generic (in Python "
			"chat), and of "
			"items message, reasoning, *_call and *_output" },
		{ "{'lc':1,'type':'not_implemented','id':['AIMessage']}",
			"message is 'not_implemented': LangChain cannot "
			"serialise it; send mapChatMessagesToStoredMessages() "
			"or messages_to_dict() of it" },
	};

	every_row_is_refused(rows, COUNT(rows));
}
END_TEST

UNIT("serialised", every_class_has_its_type, python_knows_a_chunk_by_its_class,
	it_is_a_message_in_every_other_form, it_goes_out_as_it_came,
	what_is_no_message_is_refused)
