/* SPDX-License-Identifier: MIT */
/* test_message.c - what a message may look like when it comes in. */
#include "schema/message/message.h"

#include <stdio.h>
#include <string.h>

#include "schema/forms/parse.h"
#include "tests/unit/failing.h"
#include "tests/unit/parsed.h"

/* `stored human(chat) #id @"time" BODY`, a message a line. */
static void describe(struct text *out, const struct message *message)
{
	static const char *const forms[] = { [MESSAGE_STORED] = "stored",
		[MESSAGE_FLAT] = "flat",
		[MESSAGE_OPENAI] = "openai",
		[MESSAGE_TUPLE] = "tuple",
		[MESSAGE_TEXT] = "text",
		[MESSAGE_ITEM] = "item" };

	text_format(out, "%s %s", forms[message->form],
		message_type_name(message->type));
	if (message->type_sent.length)
		text_format(out, "(%.*s)", SLICE_SHORT(message->type_sent));
	if (message->id.length)
		text_format(out, " #%.*s", (int)message->id.length,
			message->id.data);
	if (message->client_created_at.length)
		text_format(
			out, " @%.*s", SLICE_SHORT(message->client_created_at));
	text_string(out, " ");
	text_slice(out, message->body);
}

static void every_row_is_accepted(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct parsed parsed = { 0 };
		struct text seen = { 0 };

		ck_assert_msg(parse(&parsed, rows[i].body) == 0, "%s: %s",
			rows[i].body, error.message);
		for (size_t j = 0; j < parsed.list.count; j++) {
			text_string(&seen, j ? "\n" : "");
			describe(&seen, &parsed.list.items[j]);
		}
		is_quoted(text_view(&seen), rows[i].expected);
		text_clear(&seen);
		parsed_clear(&parsed);
	}
}

START_TEST(a_message_comes_in_five_forms)
{
	static const struct row rows[] = {
		{ "'Hi!'", "text human 'Hi!'" },
		{ "[]", "" },
		{ "{'messages':[]}", "" },
		{ "['human','Hi!']", "text human 'human'\ntext human 'Hi!'" },
		{ "[['human','Hi!']]", "tuple human 'Hi!'" },
		{ "[['user',''],['ai','b']]",
			"tuple human(user) ''\ntuple ai 'b'" },
		{ "[['assistant',[]],['system','\\u0000']]",
			"tuple ai(assistant) []\ntuple system '\\u0000'" },
		{ "[['\\u0075ser','x']]", "tuple human(user) 'x'" },
		{ "{'type':'human','data':{'content':'Hi!'}}",
			"stored human {'content':'Hi!'}" },
		{ "{'type':'human','content':'Hi!'}",
			"flat human {'type':'human','content':'Hi!'}" },
		{ "{'role':'user','content':'Hi!'}",
			"openai human {'role':'user','content':'Hi!'}" },
		{ "{'messages':['a',['ai','b']]}",
			"text human 'a'\ntuple ai 'b'" },
		{ "{'data':{'content':'x'},'type':'\\u0061i'}",
			"stored ai {'content':'x'}" },
		{ "{'type':'message','role':'user','content':'x'}",
			"item human {'type':'message','role':'user',"
			"'content':'x'}" },
		{ "{'type':'generic','role':'critic','content':''}",
			"flat generic {'type':'generic','role':'critic',"
			"'content':''}" },
		{ "{'type':'m\\u0065ssage','role':'user','content':''}",
			"item human {'type':'m\\u0065ssage','role':'user',"
			"'content':''}" },
		{ "{'type':'ai','text':'a','content':'b'}",
			"flat ai {'type':'ai','text':'a','content':'b'}" },
	};

	every_row_is_accepted(rows, COUNT(rows));
}
END_TEST

START_TEST(a_message_with_a_role_and_messages_is_no_envelope)
{
	static const struct row rows[] = {
		{ "{'role':'user','content':'x','messages':[]}",
			"openai human {'role':'user','content':'x',"
			"'messages':[]}" },
		{ "{'type':'ai','content':'x','messages':[]}",
			"flat ai {'type':'ai','content':'x','messages':[]}" },
	};
	static const struct row refused[] = {
		{ "{'data':{'content':'x'},'messages':[]}",
			"message: unknown member 'messages'; put it inside "
			"'data'" },
	};

	every_row_is_accepted(rows, COUNT(rows));
	every_row_is_refused(refused, COUNT(refused));
}
END_TEST

/* In stored form; the member that a type needs is there. */
START_TEST(every_type_has_its_names)
{
	static const struct {
		const char *sent;
		const char *member;
		const char *expected;
	} rows[] = {
		{ "human", "", "human" },
		{ "ai", "", "ai" },
		{ "system", "", "system" },
		{ "tool", ",'tool_call_id':''", "tool" },
		{ "function", ",'name':''", "function" },
		{ "generic", ",'role':''", "generic" },
		{ "chat", ",'role':'r'", "generic(chat)" },
		{ "HumanMessageChunk", "", "human(HumanMessageChunk)" },
		{ "AIMessageChunk", "", "ai(AIMessageChunk)" },
		{ "SystemMessageChunk", "", "system(SystemMessageChunk)" },
		{ "ToolMessageChunk", ",'tool_call_id':'c'",
			"tool(ToolMessageChunk)" },
		{ "FunctionMessageChunk", ",'name':'f'",
			"function(FunctionMessageChunk)" },
		{ "ChatMessageChunk", ",'role':'r'",
			"generic(ChatMessageChunk)" },
		{ "AIMessageChun\\u006b", "", "ai(AIMessageChunk)" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char body[200], expected[200];
		struct row row = { body, expected };

		snprintf(body, sizeof(body),
			"{'type':'%s','data':{'content':''%s}}", rows[i].sent,
			rows[i].member);
		snprintf(expected, sizeof(expected),
			"stored %s {'content':''%s}", rows[i].expected,
			rows[i].member);
		every_row_is_accepted(&row, 1);
	}
}
END_TEST

START_TEST(roles_of_openai_map_to_types)
{
	static const struct {
		const char *role;
		const char *member;
		const char *type;
	} rows[] = {
		{ "user", "", "human" },
		{ "assistant", "", "ai" },
		{ "system", "", "system" },
		{ "developer", "", "system" },
		{ "tool", ",'tool_call_id':'c'", "tool" },
		{ "function", ",'name':'f'", "function" },
		{ "human", "", "generic" },
		{ "", "", "generic" },
		{ "\\ud83d", "", "generic" },
		{ "\\u0075ser", "", "human" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char body[200], expected[220];
		struct row row = { body, expected };

		snprintf(body, sizeof(body), "{'role':'%s','content':''%s}",
			rows[i].role, rows[i].member);
		snprintf(expected, sizeof(expected), "openai %s %s",
			rows[i].type, body);
		every_row_is_accepted(&row, 1);
	}
}
END_TEST

START_TEST(siblings_of_data_are_known_or_refused)
{
#define DATA "'type':'ai','data':{'content':''}"
#define T1   "'2026-01-31T09:30:00Z'"
#define T2   "'2026-02-28t09:30:00.5+05:30'"
	static const struct row rows[] = {
		{ "{" DATA ",'id':'m1'}", "stored ai #m1 {'content':''}" },
		{ "{" DATA ",'id':'\\ud83d\\ude42\\n'}",
			"stored ai #\xf0\x9f\x99\x82\n {'content':''}" },
		{ "{" DATA ",'created_at':" T1 "}",
			"stored ai @" T1 " {'content':''}" },
		{ "{" DATA ",'created_at':" T1 ",'client_created_at':" T2 "}",
			"stored ai @" T2 " {'content':''}" },
		{ "{'client_created_at':" T2 ",'created_at':" T1 "," DATA "}",
			"stored ai @" T2 " {'content':''}" },
		{ "{" DATA ",'seq':null,'updated_at':[]}",
			"stored ai {'content':''}" },
		{ "{" DATA ",'\\u0069d':'x'}", "stored ai #x {'content':''}" },
	};
	static const struct row refused[] = {
		{ "{" DATA ",'ts':1}",
			"message: unknown member 'ts'; put it inside 'data'" },
		{ "['a',{" DATA ",'content':''}]",
			"messages[1]: unknown member 'content'; put it inside "
			"'data'" },
		{ "{" DATA ",'role':'user'}",
			"message: unknown member 'role'; put it inside "
			"'data'" },
		{ "{" DATA ",'created_at':null}",
			"message.created_at must be an RFC 3339 time, as in "
			"'2026-01-31T09:30:00.000Z'" },
		{ "{" DATA ",'client_created_at':" T1 ",'created_at':'now'}",
			"message.created_at must be an RFC 3339 time, as in "
			"'2026-01-31T09:30:00.000Z'" },
		{ "{" DATA ",'client_created_at':1767000000}",
			"message.client_created_at must be an RFC 3339 time, "
			"as in '2026-01-31T09:30:00.000Z'" },
	};

	every_row_is_accepted(rows, COUNT(rows));
	every_row_is_refused(refused, COUNT(refused));
}
END_TEST

START_TEST(an_id_is_a_short_string_that_is_no_number)
{
	static const char *const bad[] = { "''", "'17'", "'0'", "'90'",
		"'a\\u0000b'", "'\\ud83d'", "'a\\udc00'", "17", "null", "['a']",
		"'\\u0031'" };
	char longest[129], body[300];
	struct parsed parsed = { 0 };

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct row row = { body,
			"message.id must be a string of 1 to 128 bytes of "
			"UTF-8, not only digits, without U+0000" };

		snprintf(body, sizeof(body), "{" DATA ",'id':%s}", bad[i]);
		every_row_is_refused(&row, 1);
	}
	memset(longest, 'x', 128);
	longest[128] = '\0';
	snprintf(body, sizeof(body), "{" DATA ",'id':'%s'}", longest);
	ok(parse(&parsed, body));
	is(parsed.list.items[0].id, longest);
	parsed_clear(&parsed);
	snprintf(body, sizeof(body), "{" DATA ",'id':'%sx'}", longest);
	fails(parse(&parsed, body), ERROR_INVALID);
	parsed_clear(&parsed);
	snprintf(
		body, sizeof(body), "{" DATA ",'id':'%.126s\\u00e9'}", longest);
	ok(parse(&parsed, body));
	ck_assert_uint_eq(parsed.list.items[0].id.length, 128);
	parsed_clear(&parsed);
}
END_TEST

START_TEST(an_answer_of_ours_can_be_posted_back)
{
	struct parsed parsed = { 0 };

	ok(parse(&parsed,
		"{'session':'alice','version':2,'first_seq':1,'tokens':9,"
		"'omitted':0,'messages':[{'type':'human','data':{'content':"
		"'Hi!'},'seq':1,'id':'m-1','created_at':" T1 ","
		"'updated_at':" T1 "}],'has_more':false,'metadata':{'a':1}}"));
	ck_assert_uint_eq(parsed.list.count, 1);
	is(parsed.list.items[0].id, "m-1");
	is_quoted(parsed.list.items[0].client_created_at, T1);
	is_quoted(parsed.list.metadata, "{'a':1}");
	parsed_clear(&parsed);
	ok(parse(&parsed, "[]"));
	ck_assert_uint_eq(parsed.list.metadata.length, 0);
	parsed_clear(&parsed);
}
END_TEST

/* `count` times `piece` between `before` and `after`. */
static void repeated(struct text *out, const char *before, const char *piece,
	size_t count, const char *after)
{
	text_string(out, before);
	for (size_t i = 0; i < count; i++)
		text_string(out, piece);
	text_string(out, after);
}

START_TEST(a_request_has_ten_thousand_messages_at_most)
{
	struct parsed parsed = { 0 };
	struct text body = { 0 };

	repeated(&body, "[\"\"", ",\"\"", MESSAGES_PER_REQUEST - 1, "]");
	ok(message_list_parse(&parsed.list, text_view(&body), &error));
	ck_assert_uint_eq(parsed.list.count, MESSAGES_PER_REQUEST);
	parsed_clear(&parsed);
	text_clear(&body);
	repeated(&body, "[\"\"", ",\"\"", MESSAGES_PER_REQUEST, "]");
	fails(message_list_parse(&parsed.list, text_view(&body), &error),
		ERROR_TOO_LARGE);
	says("more than 10000 messages in one request");
	parsed_clear(&parsed);
	text_clear(&body);
}
END_TEST

START_TEST(a_message_has_eight_mebibytes_at_most)
{
	struct parsed parsed = { 0 };
	struct text body = { 0 };

	repeated(&body, "[\"", "x", MESSAGE_MAX_BYTES - 2, "\"]");
	ok(message_list_parse(&parsed.list, text_view(&body), &error));
	parsed_clear(&parsed);
	text_clear(&body);
	repeated(&body, "[\"", "x", MESSAGE_MAX_BYTES - 1, "\"]");
	fails(message_list_parse(&parsed.list, text_view(&body), &error),
		ERROR_TOO_LARGE);
	says("messages[0] is longer than 8388608 bytes");
	parsed_clear(&parsed);
	text_clear(&body);
}
END_TEST

START_TEST(a_saved_message_is_held_to_the_same_rules)
{
	struct message_list list = { 0 };
	struct text body = { 0 };

	ok(message_list_add(
		&list, MESSAGE_AI, SLICE("{\"content\":\"yo\"}"), &error));
	ck_assert_int_eq(list.items[0].form, MESSAGE_STORED);
	ck_assert_int_eq(list.items[0].type, MESSAGE_AI);
	is_quoted(list.items[0].body, "{'content':'yo'}");
	fails(message_list_add(
		      &list, MESSAGE_HUMAN, SLICE("{\"q\":1}"), &error),
		ERROR_INVALID);
	says("message.data.content is missing");
	/* {"type":"ai","data":{"content":"…"}} */
	repeated(&body, "{\"content\":\"", "x", MESSAGE_MAX_BYTES - 35, "\"}");
	ok(message_list_add(&list, MESSAGE_AI, text_view(&body), &error));
	text_clear(&body);
	repeated(&body, "{\"content\":\"", "x", MESSAGE_MAX_BYTES - 34, "\"}");
	fails(message_list_add(&list, MESSAGE_AI, text_view(&body), &error),
		ERROR_TOO_LARGE);
	ck_assert_uint_eq(list.count, 2);
	text_clear(&body);
	message_list_clear(&list);
}
END_TEST

START_TEST(a_list_that_finds_no_memory_says_so)
{
	struct text body = { 0 };

	put_quoted(&body,
		"[{'type':'\\u0061i','data':{'content':''},'id':'\\u0061'},"
		"'b','c','d','e','f','g','h','i','j','k','l','m','n','o','p',"
		"{'type':'ai','data':{'content':''},'id':'\\u0062'}]");
	while (failing_next()) {
		struct message_list list = { 0 };
		struct error why = { 0 };
		int result = message_list_parse(&list, text_view(&body), &why);
		bool failed = failing_stop();

		message_list_clear(&list);
		ck_assert_int_eq(result, failed ? -1 : 0);
		ck_assert_int_eq(
			why.code, failed ? ERROR_UNAVAILABLE : ERROR_NONE);
	}
	text_clear(&body);
}
END_TEST

UNIT("message", a_message_comes_in_five_forms,
	a_message_with_a_role_and_messages_is_no_envelope,
	every_type_has_its_names, roles_of_openai_map_to_types,
	siblings_of_data_are_known_or_refused,
	an_id_is_a_short_string_that_is_no_number,
	an_answer_of_ours_can_be_posted_back,
	a_request_has_ten_thousand_messages_at_most,
	a_message_has_eight_mebibytes_at_most,
	a_saved_message_is_held_to_the_same_rules,
	a_list_that_finds_no_memory_says_so)
