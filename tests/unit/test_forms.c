/* SPDX-License-Identifier: MIT */
/* test_forms.c - the buffer string, and what holds for every form. */
#include "schema/forms/form.h"
#include "schema/forms/parse.h"

#include "tests/unit/failing.h"
#include "tests/unit/formatted.h"

START_TEST(a_line_names_its_speaker)
{
	static const struct row rows[] = {
		{ "'Hi!'", "Human: Hi!" },
		{ "[['assistant','']]", "AI: " },
		{ "{'role':'developer','content':'x'}", "System: x" },
		{ STORED("human", "'content':'l1\\nl2','name':'bob'"),
			"Human: bob, l1\nl2" },
		{ STORED("human", "'content':'x','name':''"), "Human: x" },
		{ STORED("human", "'content':'x','name':null"), "Human: x" },
		{ STORED("tool", "'content':'4','tool_call_id':'c'"),
			"Tool: 4" },
		{ STORED("function", "'content':'4','name':'calc'"),
			"Function: calc, 4" },
		{ STORED("generic", "'content':'x','role':'cr\\u00eftic','name'"
				    ":'bob'"),
			"cr\xc3\xaftic: bob, x" },
		{ "{'role':'','content':'x'}", ": x" },
		{ "{'type':'chat','role':'r','content':'x'}", "r: x" },
	};

	every_row_becomes(PLAIN, rows, COUNT(rows));
}
END_TEST

START_TEST(a_line_shows_content_as_langchain_does)
{
#define SILENT "'tool_calls':[{}]"
	static const struct row rows[] = {
		{ STORED("ai", "'content':[]"), "AI: []" },
		{ STORED("ai", "'content':['a',{'t':'\\u00e9','1':1.0}]"),
			"AI: [\n  'a',\n  {\n    '1': 1,\n    't': "
			"'\xc3\xa9'\n  }\n]" },
		{ STORED("ai", "'content':null," SILENT), "AI: null" },
		{ STORED("ai", SILENT), "AI: undefined" },
		{ "{'type':'ai'," SILENT "}", "AI: undefined" },
		{ "{'role':'assistant','content':null," SILENT "}", "AI: " },
		{ "{'role':'assistant'," SILENT "}", "AI: " },
		{ "[['ai',['\\ud83d']]]", "AI: [\n  '\\ud83d'\n]" },
		{ "'\\ud83d|\\ud83d\\ude42|\\u00e9\\/'",
			"Human: \xef\xbf\xbd|\xf0\x9f\x99\x82|\xc3\xa9/" },
	};

	every_row_becomes(PLAIN, rows, COUNT(rows));
}
END_TEST

START_TEST(inside_of_json_escapes_stay_as_they_were)
{
	static const struct row rows[] = {
		{ "'\\ud83d|\\u00e9\\/\\u0000\\n\\'\xc3\xa9'",
			"Human: \\ud83d|\\u00e9\\/\\u0000\\n\\'\xc3\xa9" },
		{ "{'role':'\\ud83d','name':'\\ude42\\'','content':''}",
			"\\ud83d: \\ude42\\', " },
		{ "[['ai',['\\ud83d\\n']]]",
			"AI: [\\n  \\'\\\\ud83d\\\\n\\'\\n]" },
	};

	every_row_becomes(JSON, rows, COUNT(rows));
}
END_TEST

START_TEST(u_0000_is_a_character_like_any_other)
{
	struct parsed parsed = { 0 };
	struct text seen = { 0 };

	ok(parse(&parsed, "'a\\u0000b'"));
	put(&seen, parsed.list.items, PLAIN);
	ck_assert(slice_equal(text_view(&seen), SLICE("Human: a\0b")));
	text_clear(&seen);
	parsed_clear(&parsed);
}
END_TEST

START_TEST(prefixes_are_text_of_any_kind)
{
	static const struct format_prefixes own = {
		.human = { "\"H\n\0", 4 },
		.ai = { "\xc3\xa9", 2 },
	};
	struct parsed parsed = { 0 };
	struct text seen = { 0 };

	ok(parse(&parsed, "['a',['ai','b']]"));
	format_text(&seen, &parsed.list.items[0], &own, FORMAT_JSON);
	format_text(&seen, &parsed.list.items[1], &own, FORMAT_JSON);
	is(text_view(&seen), "\\\"H\\n\\u0000: a\xc3\xa9: b");
	seen.length = 0;
	format_text(&seen, &parsed.list.items[0], &own, FORMAT_PLAIN);
	ck_assert(slice_equal(text_view(&seen), SLICE("\"H\n\0: a")));
	text_clear(&seen);
	parsed_clear(&parsed);
}
END_TEST

/* The line of a prompt. */
static void names(const char *message, const char *line)
{
	static const struct format_prefixes own = {
		.human = { "H", 1 },
		.ai = { "A", 1 },
		.names_media = true,
	};
	struct parsed parsed = { 0 };
	struct text seen = { 0 };

	ok(parse(&parsed, message));
	format_text(&seen, &parsed.list.items[0], &own, FORMAT_PLAIN);
	is(text_view(&seen), line);
	text_clear(&seen);
	parsed_clear(&parsed);
}

#define URL "{'url':'data:image/png;base64,AAAA'}"

START_TEST(a_prompt_names_media_in_every_form)
{
	names("[{'role':'user','content':[{'type':'text','text':'See \\u00e9'},"
	      "{'type':'image_url','image_url':" URL "}]}]",
		"H: See \xc3\xa9\n[image]");
	names("[['ai',['Here',{'type':'input_audio','input_audio':{}}]]]",
		"A: Here\n[audio]");
	names("[{'role':'user','content':[{'inline_data':{'mime_type':"
	      "'audio/wav','data':'AA'}},{'type':'document','source':{}},"
	      "{'type':'file','mime_type':'image/gif'}]}]",
		"H: [audio]\n[file]\n[image]");
	/* Also inside of a result; the rest is JSON. */
	names("[{'role':'user','content':[{'type':'tool_result','content':"
	      "[{'type':'image','source':{}}],'seen':'data:x'}]}]",
		"H: {\"type\":\"tool_result\",\"content\":[\"[image]\"],"
		"\"seen\":\"[file]\"}");
	/* Without media it is as LangChain has it. */
	names("[{'role':'user','content':[{'type':'text','text':'a'}]}]",
		"H: [\n  {\n    \"type\": \"text\",\n    \"text\": \"a\"\n  }\n]");
	names("['data:image/png;base64,AAAA']",
		"H: data:image/png;base64,AAAA");
}
END_TEST

/* Messages of every form and of many shapes. */
static const char *const samples[] = {
	"'Hi!'",
	"[['user',['a',{'b':1}]]]",
	"{'type':'human','data':" STRANGE "}",
	"{'type':'chat','content':'','role':'','x':{'a':[]}}",
	"{'role':'developer','content':'x','z':1.10}",
	"{'role':'critic','content':[],'name':'n'}",
	"{'role':'tool','content':'4','tool_call_id':'c'}",
	CALLING(CALL("'{\\'x\\':[1.10]}'") "," CALL("'{'")),
	CALLING("{'type':'custom','custom':{}}"),
	"{'role':'assistant','function_call':{'name':'f'}}",
	"{'type':'function_call','call_id':'c1','name':'f','arguments':'{}'}",
	"{'id':'m1','role':'assistant','parts':[{'type':'text','text':'x'},"
	"{'type':'tool-w','toolCallId':'c1','state':'output-available',"
	"'input':{},'output':1}]}",
	"{'lc':1,'type':'constructor','id':['AIMessageChunk'],'kwargs':{"
	"'content':'x','tool_calls':[" VALID("{}") "]}}",
};

/* Writes a message, reads that and writes it again: nothing changes. */
static void survives(const char *sample, enum style style)
{
	struct parsed first = { 0 }, second = { 0 };
	struct text once = { 0 }, twice = { 0 };

	ok(parse(&first, sample));
	put(&once, first.list.items, style);
	is_body(text_view(&once));
	ok(message_list_parse(&second.list, text_view(&once), &error));
	put(&twice, second.list.items, style);
	ck_assert_msg(slice_equal(text_view(&once), text_view(&twice)),
		"%.*s\n%.*s", (int)once.length, once.data, (int)twice.length,
		twice.data);
	twice.length = 0;
	put(&twice, second.list.items, JSON);
	text_append(&twice, "", 1);
	/* OpenAI has no parts that are bare strings, and one message of several
	 * has not all of them. */
	if (style != OPENAI && form_of(first.list.items->form)->parts == NULL)
		becomes(JSON, sample, twice.data);
	text_clear(&once);
	text_clear(&twice);
	parsed_clear(&first);
	parsed_clear(&second);
}

START_TEST(what_is_written_can_be_read_and_is_the_same)
{
	for (size_t i = 0; i < COUNT(samples); i++) {
		survives(samples[i], LANGCHAIN);
		survives(samples[i], PYTHON);
		survives(samples[i], OPENAI);
	}
}
END_TEST

START_TEST(a_text_that_finds_no_memory_has_failed)
{
	for (size_t i = 0; i < COUNT(samples) * STYLES; i++) {
		struct parsed parsed = { 0 };

		ok(parse(&parsed, samples[i / STYLES]));
		while (failing_next()) {
			struct text seen = { 0 };

			put(&seen, parsed.list.items, (enum style)(i % STYLES));
			ck_assert_int_eq(failing_stop(), seen.failed);
			text_clear(&seen);
		}
		parsed_clear(&parsed);
	}
}
END_TEST

UNIT("format", a_line_names_its_speaker, a_line_shows_content_as_langchain_does,
	inside_of_json_escapes_stay_as_they_were,
	u_0000_is_a_character_like_any_other, prefixes_are_text_of_any_kind,
	a_prompt_names_media_in_every_form,
	what_is_written_can_be_read_and_is_the_same,
	a_text_that_finds_no_memory_has_failed)
