/* SPDX-License-Identifier: MIT */
/* test_items.c - items of the Responses API, both ways. */
#include "schema/forms/items.h"

#include "schema/forms/join.h"
#include "schema/json/write.h"
#include "tests/unit/formatted.h"

#define SAYS(role, content) \
	"{'type':'message','role':'" role "','content':" content "}"
#define ASKS(arguments)                                                  \
	"{'type':'function_call','id':'fc_1','call_id':'c1','name':'f'," \
	"'arguments':" arguments "}"
#define GIVES(output) \
	"{'type':'function_call_output','call_id':'c1','output':" output "}"
#define THINKS                                                \
	"{'type':'reasoning','id':'rs_1','summary':[{'type':" \
	"'summary_text','text':'Hm.'},{'text':'Ah.'}]}"

START_TEST(an_item_is_a_message_of_a_chat)
{
	static const struct row rows[] = {
		{ SAYS("user", "'a'"), "{'role':'user','content':'a'}" },
		{ SAYS("user", "[{'type':'input_text','text':'a'}]"),
			"{'role':'user','content':'a'}" },
		{ SAYS("user", "[{'type':'input_text','text':'a'},{'type':"
			       "'input_image','image_url':'u','detail':'low'},"
			       "{'type':'input_file','file_id':'f'}]"),
			"{'role':'user','content':[{'type':'text','text':'a'},"
			"{'type':'image_url','image_url':{'url':'u'}},"
			"{'type':'file','file':{'file_id':'f'}}]}" },
		{ SAYS("assistant", "[{'type':'refusal','refusal':'no'}]"),
			"{'role':'assistant','content':[{'type':'text','text':"
			"'no'}]}" },
		{ SAYS("developer", "'a'"),
			"{'role':'developer','content':'a'}" },
		{ ASKS("'{\\'x\\':1.10}'"), CALLING(CALL("'{\\'x\\':1.10}'")) },
		{ GIVES("'11'"), "{'role':'tool','content':'11',"
				 "'tool_call_id':'c1'}" },
		{ GIVES("[{'type':'input_image','image_url':'u'}]"),
			"{'role':'tool','content':[{'type':'text','text':"
			"'[image]'}],'tool_call_id':'c1'}" },
		{ THINKS, "{'role':'assistant','content':'',"
			  "'reasoning_content':'Hm.\\nAh.'}" },
		{ "{'type':'custom_tool_call','call_id':'c1','name':'f',"
		  "'input':'x'}",
			CALLING(CALL("'{\\'input\\':\\'x\\'}'")) },
		{ "{'type':'local_shell_call','call_id':'c1','action':{}}",
			CALLING("{'id':'c1','type':'function','function':{"
				"'name':'local_shell','arguments':'{\\'action"
				"\\':{}}'}}") },
		{ "{'type':'web_search_call','id':'ws_1'}",
			"{'role':'assistant','content':''}" },
	};

	every_row_becomes(OPENAI, rows, COUNT(rows));
}
END_TEST

static void items_are(const char *messages, const char *expected)
{
	list_becomes("openai-items", messages, expected);
}

START_TEST(a_message_of_a_chat_is_its_items)
{
	items_are("['a',['ai','b']]",
		"[" SAYS("user", "'a'") "," SAYS("assistant", "'b'") "]");
	items_are("[{'role':'assistant','content':'b','tool_calls':[" CALL(
			  "'{}'") "]}]",
		"[" SAYS("assistant",
			"'b'") ",{'type':'function_call',"
			       "'call_id':'c1','name':'f','arguments':'{}'}]");
	items_are("[{'role':'assistant','content':null,'function_call':{"
		  "'name':'f','arguments':'{}'}},{'role':'function','name':"
		  "'f','content':'1'}]",
		"[{'type':'function_call','call_id':'XnrPh4KpL','name':'f',"
		"'arguments':'{}'},{'type':'function_call_output','call_id':"
		"'XnrPh4KpL','output':'1'}]");
	items_are("[{'role':'user','content':[{'type':'image_url','image_url'"
		  ":{'url':'u'}},{'type':'file','file':{'file_data':'d'}},"
		  "{'x':1.10}]}]",
		"[" SAYS("user",
			"[{'type':'input_image','detail':'auto','image_url':"
			"'u'},{'type':'input_file','file_data':'d'},{'type':"
			"'input_text','text':'{\\'x\\':1.10}'}]") "]");
	items_are("[{'role':'developer','content':'x'},{'role':'critic',"
		  "'content':'y'},{'role':'assistant','content':''}]",
		"[{'role':'developer','content':'x'}," SAYS(
			"user", "'y'") ",{'role':'assistant','content':''}]");
}
END_TEST

START_TEST(an_item_goes_out_as_it_came)
{
	static const char *const rows[] = {
		SAYS("user", "[{'type':'input_text','text':'\\ud83d'}]"),
		ASKS("'{'"),
		GIVES("''"),
		THINKS,
		"{'z':1.10,'type':'new_kind_of_call'}",
		"{'type':'item_reference','id':'msg_1'}",
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct parsed parsed = { 0 };
		struct text sent = { 0 };

		ok(parse(&parsed, rows[i]));
		ck_assert_int_eq(parsed.list.items->form, MESSAGE_ITEM);
		format_sent(&sent, parsed.list.items);
		is_quoted(text_view(&sent), rows[i]);
		text_clear(&sent);
		parsed_clear(&parsed);
	}
}
END_TEST

START_TEST(an_answer_ends_where_another_begins)
{
	static const struct {
		char first, next;
		bool continues;
	} rows[] = {
		{ ITEM_THOUGHT, ITEM_TEXT, true },
		{ ITEM_THOUGHT, ITEM_CALL, true },
		{ ITEM_TEXT, ITEM_CALL, true },
		{ ITEM_CALL, ITEM_CALL, true },
		{ ITEM_CALL, ITEM_TEXT, true },
		{ ITEM_TEXT, ITEM_TEXT, false },
		{ ITEM_TEXT, ITEM_THOUGHT, false },
		{ ITEM_NONE, ITEM_CALL, false },
		{ ITEM_CALL, ITEM_NONE, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		ck_assert_int_eq(
			items_kinds_continue(rows[i].first, rows[i].next),
			rows[i].continues);
}
END_TEST

START_TEST(messages_are_joined_in_order)
{
	const struct slice parts[] = {
		SLICE("{\"content\":\"\",\"tool_calls\":[1],\"seq\":1}"),
		SLICE("{\"content\":\"a\",\"seq\":2}"),
		SLICE("{\"content\":\"b\",\"tool_calls\":[2,3],\"seq\":3,"
		      "\"data\":{\"content\":[4]}}"),
		SLICE("{\"content\":null,\"seq\":4,\"data\":{\"content\":"
		      "\"c\",\"x\":5}}"),
	};
	struct text seen = { 0 };

	join_elements(&seen, parts, COUNT(parts));
	is(text_view(&seen),
		"{\"content\":\"a\\nb\",\"tool_calls\":[1,2,3],\"seq\":4,"
		"\"data\":{\"content\":[4,{\"type\":\"text\",\"text\":\"c\"}],"
		"\"x\":5}}");
	text_clear(&seen);
}
END_TEST

START_TEST(a_message_says_by_its_parts_that_it_is_an_item)
{
	static const struct row rows[] = {
		{ "{'role':'user','content':[{'type':'input_text','text':'a'},"
		  "{'type':'input_image','image_url':'u'}]}",
			"{'role':'user','content':[{'type':'text','text':'a'},"
			"{'type':'image_url','image_url':{'url':'u'}}]}" },
		{ "{'role':'assistant','content':[{'type':'output_text',"
		  "'text':'a'}]}",
			"{'role':'assistant','content':'a'}" },
		/* These are a chat's. */
		{ "{'role':'user','content':[{'type':'input_audio'}]}",
			"{'role':'user','content':[{'type':'input_audio'}]}" },
		{ "{'role':'tool','tool_call_id':'c','content':[{'type':"
		  "'input_text','text':'a'}]}",
			"{'role':'tool','tool_call_id':'c','content':[{'type':"
			"'input_text','text':'a'}]}" },
	};

	every_row_becomes(OPENAI, rows, COUNT(rows));
}
END_TEST

START_TEST(a_text_of_a_chat_is_an_item_as_it_is)
{
	items_are("[{'content':'a','role':'developer'}]",
		"[{'content':'a','role':'developer'}]");
	items_are("[{'content':[],'role':'user'}]",
		"[{'content':[],'role':'user'}]");
	items_are("[{'role':'user','content':'a','name':'bob'}]",
		"[" SAYS("user", "'a'") "]");
	items_are("[{'role':'user','content':[{'type':'text','text':'a'}]}]",
		"[" SAYS("user", "[{'type':'input_text','text':'a'}]") "]");
}
END_TEST

START_TEST(an_item_that_cannot_be_met_is_refused)
{
	static const struct row rows[] = {
		{ "{'type':'function_call','name':'f','arguments':'{}'}",
			"message.call_id must be a string" },
		{ "[{'type':'function_call_output','call_id':7}]",
			"messages[0].call_id must be a string" },
		{ "{'type':'message','role':7,'content':''}",
			"message.role must be a string" },
		{ "{'type':'input_text','text':'x'}",
			"message: Got unexpected type: input_text; it is a "
			"part of a content" },
	};

	every_row_is_refused(rows, COUNT(rows));
}
END_TEST

UNIT("items", an_item_is_a_message_of_a_chat, a_message_of_a_chat_is_its_items,
	an_item_goes_out_as_it_came, an_answer_ends_where_another_begins,
	messages_are_joined_in_order,
	a_message_says_by_its_parts_that_it_is_an_item,
	a_text_of_a_chat_is_an_item_as_it_is,
	an_item_that_cannot_be_met_is_refused)
