/* SPDX-License-Identifier: MIT */
/* test_message_refused.c - what is no message, and the words for it. */
#include "schema/message/message.h"

#include <stdio.h>

#include "tests/unit/parsed.h"

START_TEST(an_assistant_that_does_something_else_may_be_silent)
{
	static const char *const silent[] = {
		"'tool_calls':[{}]",
		"'content':null,'tool_calls':[{}]",
		"'content':null,'function_call':{}",
		"'additional_kwargs':{'tool_calls':[0]}",
		"'additional_kwargs':{'function_call':{}}",
		"'content':null,'refusal':'No.'",
		"'audio':{'id':'a1'}",
		"'content':null,'audio':{'id':'a1','transcript':'Hi.'}",
		"'content':null,'additional_kwargs':{'refusal':'No.'}",
	};
	/* OpenAI's may be, whatever else they do. */
	static const char *const mute[] = {
		"'content':null",
		"'name':'a'",
		"'content':null,'reasoning_content':'r'",
		"'content':null,'tool_calls':[]",
		"'content':null,'tool_calls':null",
		"'content':null,'function_call':null",
		"'content':null,'refusal':null,'audio':null",
		"'content':null,'additional_kwargs':[0]",
	};
	static const char *const wrong[] = {
		"{'role':'assistant','content':7,'tool_calls':[{}]}",
		"{'role':'user','content':null}",
	};
	char body[200];

	for (size_t i = 0; i < COUNT(silent); i++) {
		struct parsed parsed = { 0 };

		snprintf(body, sizeof(body), "{'type':'ai',%s}", silent[i]);
		ok(parse(&parsed, body));
		parsed_clear(&parsed);
	}
	for (size_t i = 0; i < COUNT(mute); i++) {
		struct parsed parsed = { 0 };

		snprintf(
			body, sizeof(body), "{'role':'assistant',%s}", mute[i]);
		ok(parse(&parsed, body));
		parsed_clear(&parsed);
	}
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct row row = { wrong[i],
			"message.content must be a string or an array of "
			"parts" };

		every_row_is_refused(&row, 1);
	}
}
END_TEST

START_TEST(content_is_a_string_or_an_array_of_parts)
{
	static const struct row rows[] = {
		{ "['a','b',{'type':'ai','data':{}}]",
			"messages[2].data.content is missing" },
		{ "{'type':'human','content':null}",
			"message.content must be a string or an array of "
			"parts" },
		{ "{'type':'human','tool_calls':[{}]}",
			"message.content is missing" },
		{ "{'role':'user','content':{'a':1}}",
			"message.content must be a string or an array of "
			"parts" },
		{ "{'type':'ai','data':{'content':7}}",
			"message.data.content must be a string or an array of "
			"parts" },
		{ "{'type':'ai','content':['a',{},7]}",
			"message.content[2] must be a string or an object" },
		{ "{'type':'ai','content':[[]]}",
			"message.content[0] must be a string or an object" },
		{ "[['ai',null]]",
			"messages[0][1] must be a string or an array of "
			"parts" },
		{ "[['ai',[null]]]",
			"messages[0][1][0] must be a string or an object" },
	};

	every_row_is_refused(rows, COUNT(rows));
}
END_TEST

START_TEST(what_langchain_refuses_is_refused_in_its_words)
{
	static const struct row rows[] = {
		{ "[{'type':'foo','data':{'content':''}}]",
			"messages[0]: Got unexpected type: foo; the types are human, ai, system, tool, "
			"function and generic (in Python chat), and of "
			"items message, reasoning, *_call and *_output" },
		{ "{'type':'remove','data':{'id':'m1'}}",
			"message: Got unexpected type: remove; a message is removed by "
			"DELETE /sessions/{session}/messages/{id}" },
		{ "{'type':'Human','content':''}",
			"message: Got unexpected type: Human; the types are human, ai, system, tool, "
			"function and generic (in Python chat), and of "
			"items message, reasoning, *_call and *_output" },
		{ "{'type':'message','content':''}",
			"message: Got unexpected type: message; it needs a role "
			"beside it" },
		{ "{'type':null,'data':{'content':''}}",
			"message: Got unexpected type: null; the types are human, ai, system, tool, "
			"function and generic (in Python chat), and of "
			"items message, reasoning, *_call and *_output" },
		{ "{'type':'\\u0066oo','content':''}",
			"message: Got unexpected type: foo; the types are human, ai, system, tool, "
			"function and generic (in Python chat), and of "
			"items message, reasoning, *_call and *_output" },
		{ "{'data':{'content':''}}",
			"message has no type and no role; send {'role':"
			"'user','content':'Hi!'}, or the stored form {'type':"
			"'human','data':{'content':'Hi!'}}" },
		{ "{}", "message has no type and no role; send {'role':"
			"'user','content':'Hi!'}, or the stored form {'type':"
			"'human','data':{'content':'Hi!'}}" },
		{ "{'metadata':{}}",
			"message has no type and no role; send {'role':"
			"'user','content':'Hi!'}, or the stored form {'type':"
			"'human','data':{'content':'Hi!'}}" },
		{ "{'type':'generic','data':{'content':''}}",
			"message.data.role is missing: Role must be defined for chat messages" },
		{ "{'type':'chat','content':''}",
			"message.role is missing: Role must be defined for chat messages" },
		{ "{'type':'tool','data':{}}",
			"message.data.tool_call_id is missing: Tool call ID must be defined for tool "
			"messages" },
		{ "{'role':'tool','content':''}",
			"message.tool_call_id is missing: Tool call ID must be defined for tool "
			"messages" },
		{ "{'role':'function','content':''}",
			"message.name is missing: Name must be defined for function messages" },
		{ "[['critic','']]",
			"messages[0]: Unable to coerce message from array: "
			"only human, AI, or system message coercion is "
			"currently supported." },
	};

	every_row_is_refused(rows, COUNT(rows));
}
END_TEST

START_TEST(what_is_no_message_is_refused)
{
	static const struct row rows[] = {
		{ "7", "message must be an object, a string or [type, "
		       "content]" },
		{ "[null]", "messages[0] must be an object, a string or [type, "
			    "content]" },
		{ "[false,true]",
			"messages[0] must be an object, a string or [type, "
			"content]" },
		{ "[[]]", "messages[0] must be [type, content]" },
		{ "[['ai']]", "messages[0] must be [type, content]" },
		{ "[['ai','','']]", "messages[0] must be [type, content]" },
		{ "[[1,'']]", "messages[0] must be [type, content]" },
		{ "{'type':'human','data':null}",
			"message.data must be an object" },
		{ "{'type':'human','data':'abc'}",
			"message.data must be an object" },
		{ "{'type':'human','text':'old'}",
			"message.content is missing; 'text' in its place is "
			"no longer read" },
		{ "{'type':'ai','role':'assistant','text':'old'}",
			"message.content is missing; 'text' in its place is "
			"no longer read" },
		{ "{'role':7,'content':''}", "message.role must be a string" },
		{ "{'type':'tool','data':{'tool_call_id':null}}",
			"message.data.tool_call_id must be a string" },
		{ "{'type':'function','name':null}",
			"message.name must be a string" },
		{ "{'type':'chat','role':null,'content':''}",
			"message.role must be a string" },
		{ "{'type':'human','name':7,'content':''}",
			"message.name must be a string" },
		{ "{'messages':{}}", "messages must be an array" },
		{ "{'messages':[],'metadata':null}",
			"metadata must be an object" },
		{ "{'messages':[],'foo':1}",
			"unknown member 'foo' beside 'messages'; what is "
			"your own goes into 'metadata', which the session "
			"keeps" },
		{ "{'messages':['a',{}]}",
			"messages[1] has no type and no role; send {'role':"
			"'user','content':'Hi!'}, or the stored form {'type':"
			"'human','data':{'content':'Hi!'}}" },
	};

	every_row_is_refused(rows, COUNT(rows));
}
END_TEST

START_TEST(a_time_is_that_of_rfc_3339)
{
	static const struct {
		const char *text;
		bool valid;
	} rows[] = {
		{ "2026-01-31T09:30:00.000Z", true },
		{ "2026-01-31T09:30:00Z", true },
		{ "2026-01-31t09:30:00z", true },
		{ "2026-01-31T09:30:00.123456789-11:59", true },
		{ "2026-01-31T23:59:60+23:59", true },
		{ "0000-02-29T00:00:00Z", true },
		{ "2024-02-29T00:00:00Z", true },
		{ "2000-02-29T00:00:00Z", true },
		{ "2023-02-29T00:00:00Z", false },
		{ "1900-02-29T00:00:00Z", false },
		{ "2026-04-30T00:00:00Z", true },
		{ "2026-04-31T00:00:00Z", false },
		{ "2026-06-31T00:00:00Z", false },
		{ "2026-09-31T00:00:00Z", false },
		{ "2026-11-31T00:00:00Z", false },
		{ "2026-01-01T00:00:00Z", true },
		{ "2026-12-31T00:00:00Z", true },
		{ "2026-13-01T00:00:00Z", false },
		{ "2026-00-01T00:00:00Z", false },
		{ "2026-01-00T00:00:00Z", false },
		{ "2026-01-32T00:00:00Z", false },
		{ "2026-01-31T24:00:00Z", false },
		{ "2026-01-31T00:60:00Z", false },
		{ "2026-01-31T00:00:61Z", false },
		{ "2026-01-31T00:00:00", false },
		{ "2026-01-31T00:00:00.Z", false },
		{ "2026-01-31T00:00:00.5", false },
		{ "2026-01-31T00:00:00,5Z", false },
		{ "2026-01-31T00:00:00+0530", false },
		{ "2026-01-31T00:00:00+24:00", false },
		{ "2026-01-31T00:00:00+05:60", false },
		{ "2026-01-31T00:00:00+05.30", false },
		{ "2026-01-31T00:00:00 05:30", false },
		{ "2026-01-31T00:00:00X", false },
		{ "2026-01-31T00:00:00ZZ", false },
		{ "2026-01-31 00:00:00Z", false },
		{ "2026-1-31T00:00:00Z", false },
		{ "2026-01-31", false },
		{ "", false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char json[64];

		snprintf(json, sizeof(json), "\"%s\"", rows[i].text);
		ck_assert_msg(
			message_time_valid(slice_of(json)) == rows[i].valid,
			"%s", json);
	}
	ck_assert(!message_time_valid(SLICE("20260131")));
}
END_TEST

UNIT("message_refused", an_assistant_that_does_something_else_may_be_silent,
	content_is_a_string_or_an_array_of_parts,
	what_langchain_refuses_is_refused_in_its_words,
	what_is_no_message_is_refused, a_time_is_that_of_rfc_3339)
