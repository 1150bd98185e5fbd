/* SPDX-License-Identifier: MIT */
/* test_message_key.c - messages that clients write again are the same. */
#include "core/history/message_key.h"

#include <stdio.h>

#include "tests/unit/parsed.h"

#define USER(text) "{'role':'user','content':'" text "'}"
#define BOT(text)  "{'role':'assistant','content':'" text "'}"
#define CALLS(calls) \
	"{'role':'assistant','content':null,'tool_calls':[" calls "]}"
#define ONE(id, arguments)                              \
	"{'id':'" id "','type':'function','function':{" \
	"'name':'f','arguments':'" arguments "'}}"
#define RESULT(id, text) \
	"{'role':'tool','tool_call_id':'" id "','content':'" text "'}"
#define PARTS(parts) "{'role':'user','content':[" parts "]}"
#define TEXT(text)   "{'type':'text','text':'" text "'}"
#define IMAGE(url)   "{'type':'image_url','image_url':{'url':'" url "'}}"

static void make(struct text *out, const char *message)
{
	struct message_key key = { 0 };
	struct parsed parsed = { 0 };
	char list[1024];

	snprintf(list, sizeof(list), "[%s]", message);
	ok(parse(&parsed, list));
	ok(message_key_make(&key, parsed.list.items, &error));
	text_slice(out, text_view(&key.said));
	for (size_t i = 0; i < key.count; i++)
		text_slice(out, message_key_call(&key, i));
	message_key_clear(&key);
	parsed_clear(&parsed);
}

static void compare(const char *a, const char *b, bool equal)
{
	struct text one = { 0 }, other = { 0 };

	make(&one, a);
	make(&other, b);
	ck_assert_msg(slice_equal(text_view(&one), text_view(&other)) == equal,
		"%s %s %s", a, equal ? "is not" : "is", b);
	text_clear(&one);
	text_clear(&other);
}

START_TEST(messages_are_equal_by_what_they_say)
{
	static const char *const rows[][2] = {
		{ USER("a"), "{'content':' a\\n','name':'n','role':'user'}" },
		{ USER("a"), USER("\\u00a0a\\u3000") },
		{ USER("\\u00e9"), USER("\xc3\xa9") },
		{ USER("\\ud83d"), USER("\\uD83D") },
		{ USER("a"), PARTS("{'type':'text','text':'a',"
				   "'cache_control':{'type':'ephemeral'}}") },
		{ USER("ab"), PARTS(TEXT("a") "," TEXT("b")) },
		{ PARTS(TEXT("a") "," IMAGE("data:,a")),
			PARTS("{'image_url':{'url':'data:,a'},'type':"
			      "'image_url'}," TEXT("a")) },
		{ "{'role':'assistant','content':null,'refusal':'no'}",
			"{'role':'assistant','content':[{'type':'refusal',"
			"'refusal':'no'}]}" },
		{ "{'role':'assistant','content':null,'reasoning_content':'r'}",
			BOT("") },
		{ "{'role':'assistant'}", BOT(" ") },
		{ BOT("a"), "{'role':'assistant','content':'a','audio':null,"
			    "'annotations':[],'refusal':null}" },
		{ BOT("a"), "{'role':'assistant','content':[{'type':"
			    "'thinking','thinking':'t'}," TEXT("a") "]}" },
		{ CALLS(ONE("1", "{\\\"a\\\":1.0,\\\"b\\\":[]}")),
			"{'role':'assistant','content':'','tool_calls':["
			"{'function':{'arguments':'{ \\\"b\\\": [], \\\"a\\\": "
			"1}\\n','name':'f'},'id':'1','index':0}]}" },
		{ CALLS(ONE("1", "{}")), CALLS(ONE("1", "")) },
		{ CALLS(ONE("1", "{\\\"a\\\":")),
			CALLS(ONE("1", "{\\\"a\\\":")) },
		{ RESULT("1", "x"),
			"{'role':'tool','content':[" TEXT(
				"x") "],'tool_call_id':'1','name':'f'}" },
		{ RESULT("c", "x"), RESULT("c_02Mh", "x") },
		{ CALLS(ONE("c", "{}") "," ONE("c", "{}")),
			CALLS(ONE("c", "{}") "," ONE("c_02Mh", "{}")) },
		{ "['ai','a']", BOT("a") },
		{ "{'type':'ai','data':{'content':'','tool_calls':[{'name':'f',"
		  "'args':{},'id':'1','type':'tool_call'}]}}",
			CALLS(ONE("1", "{}")) },
		{ "{'type':'human','data':{'content':'c','additional_kwargs':"
		  "{},'response_metadata':{}}}",
			USER("c") },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		compare(rows[i][0], rows[i][1], true);
}
END_TEST

START_TEST(messages_differ_by_what_they_say)
{
	static const char *const rows[][2] = {
		{ USER("a"), USER("A") },
		{ USER("a b"), USER("a  b") },
		{ USER("a"), BOT("a") },
		{ "{'role':'system','content':'a'}",
			"{'role':'developer','content':'a'}" },
		{ CALLS(ONE("1", "{}")), CALLS(ONE("2", "{}")) },
		{ CALLS(ONE("1", "{}")), BOT("") },
		{ CALLS(ONE("1", "{}")), CALLS(ONE("1", "{\\\"a\\\":1}")) },
		{ CALLS(ONE("1", "{\\\"a\\\":1}")),
			CALLS(ONE("1", "{\\\"a\\\":2}")) },
		{ CALLS(ONE("1", "{")), CALLS(ONE("1", "[")) },
		{ CALLS(ONE("1", "{}")),
			CALLS(ONE("1", "{}") "," ONE("2", "{}")) },
		{ RESULT("1", "x"), RESULT("2", "x") },
		{ RESULT("1", "x"), RESULT("1", "y") },
		{ RESULT("c", "x"), RESULT("c_02Mi", "x") },
		{ RESULT("d", "x"), RESULT("d_02Mh", "x") },
		{ PARTS(IMAGE("data:,a")), PARTS(IMAGE("data:,b")) },
		{ PARTS(IMAGE("data:,a")), USER("") },
		{ "{'role':'assistant','content':'a','refusal':'no'}",
			"{'role':'assistant','content':null,'refusal':'no'}" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		compare(rows[i][0], rows[i][1], false);
}
END_TEST

UNIT("message_key", messages_are_equal_by_what_they_say,
	messages_differ_by_what_they_say)
