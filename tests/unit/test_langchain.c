/* SPDX-License-Identifier: MIT */
/* test_langchain.c - messages in LangChain's stored form. */
#include "schema/forms/form.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/formatted.h"

START_TEST(data_stays_as_it_came)
{
	static const struct row rows[] = {
		{ "{'data':" STRANGE ",'type':'human'}",
			"{'type':'human','data':" STRANGE "}" },
		{ STORED("chat", "'role':'r','content':''"),
			STORED("generic", "'role':'r','content':''") },
		{ STORED("AIMessageChunk", "'content':''"),
			STORED("ai", "'content':''") },
		{ "{'z':1.10,'type':'human','content':'x','id':7}",
			STORED("human", "'z':1.10,'content':'x','id':7") },
		{ "{'content':'x','t\\u0079pe':'human'}",
			STORED("human", "'content':'x'") },
		{ "[['assistant',['a',{'b':1.0}]]]",
			STORED("ai", "'content':['a',{'b':1.0}]") },
		{ "'\\ud83d'", STORED("human", "'content':'\\ud83d'") },
	};

	every_row_becomes(LANGCHAIN, rows, COUNT(rows));
}
END_TEST

START_TEST(python_has_its_own_names_of_types)
{
	static const struct row rows[] = {
		{ "{'role':'critic','content':'x'}",
			STORED("chat", "'content':'x','role':'critic'") },
		{ STORED("HumanMessageChunk",
			  "'content':'','type':'HumanMessageChunk'"),
			STORED("HumanMessageChunk",
				"'content':'','type':'HumanMessageChunk'") },
		{ STORED("AIMessageChunk", "'content':'','type':'ai'"),
			STORED("AIMessageChunk",
				"'content':'','type':'AIMessageChunk'") },
		{ STORED("generic", "'content':'','role':'r','type':'generic'"),
			STORED("chat",
				"'content':'','role':'r','type':'chat'") },
		{ "[['user','x']]", STORED("human", "'content':'x'") },
	};

	every_row_becomes(PYTHON, rows, COUNT(rows));
}
END_TEST

START_TEST(python_gets_no_member_that_it_would_refuse)
{
#define ID   "'id':'c1','type':'tool_call'"
#define USED "'input_tokens':1,'output_tokens':2,'total_tokens':3"
	static const struct row rows[] = {
		{ STORED("ai", "'tool_calls':[{" ID ",'name':'f','args':{}}]"),
			STORED("ai", "'content':'','tool_calls':[{" ID
				     ",'name':'f','args':{}}]") },
		{ STORED("ai", "'content':null,'refusal':'n','name':null,"
			       "'additional_kwargs':null,'id':null,"
			       "'response_metadata':[],'example':0"),
			STORED("ai", "'content':'','refusal':'n','name':null,"
				     "'id':null") },
		{ STORED("tool", "'content':'','tool_call_id':'c','status':"
				 "null,'artifact':null"),
			STORED("tool", "'content':'','tool_call_id':'c',"
				       "'artifact':null") },
		{ STORED("ai", "'content':'','usage_metadata':{'n':1}"),
			STORED("ai", "'content':''") },
		{ STORED("ai", "'content':'','usage_metadata':{" USED
			       ",'input_token_details':{'audio':1}}"),
			STORED("ai", "'content':'','usage_metadata':{" USED
				     ",'input_token_details':{'audio':1}}") },
		{ STORED("ai", "'content':'','usage_metadata':{" USED
			       ",'input_token_details':{'audio':null}}"),
			STORED("ai", "'content':''") },
		{ STORED("AIMessageChunk", "'content':'','tool_call_chunks':["
					   "{'name':'f','index':0}]"),
			STORED("AIMessageChunk",
				"'content':'','tool_call_chunks':[{'name':'f',"
				"'index':0}]") },
		{ STORED("AIMessageChunk",
			  "'content':'','tool_call_chunks':[{'index':'a'}]"),
			STORED("AIMessageChunk", "'content':''") },
	};

	every_row_becomes(PYTHON, rows, COUNT(rows));
}
END_TEST

START_TEST(python_gets_calls_as_it_has_them)
{
	static const struct row rows[] = {
		{ STORED("ai", "'content':'','tool_calls':[{'name':'f','args':"
			       "{},'extras':{}}]"),
			STORED("ai", "'content':'','tool_calls':[{'name':'f',"
				     "'args':{},'id':null,'type':'tool_call'}],"
				     "'invalid_tool_calls':[]") },
		{ STORED("ai",
			  "'tool_calls':[" CALL(
				  "'{\\'a\\':1}'") ",{"
						   "'args':'{'}],'content':'','invalid_tool_calls'"
						   ":[{'name':'g','args':{},'id':5}]"),
			STORED("ai",
				"'content':'','tool_calls':[" VALID(
					"{'a':1}") "],"
						   "'invalid_tool_calls':[{'name':'g','args':"
						   "'{}','id':'5','error':null},{'name':'',"
						   "'args':'{','id':null,'error':"
						   "'Malformed args.'}]") },
		{ STORED("ai", "'content':'','tool_calls':null"),
			STORED("ai", "'content':'','tool_calls':[],"
				     "'invalid_tool_calls':[]") },
		{ "{'role':'assistant','content':'','tool_calls':[{'function':"
		  "{'name':'w','arguments':{'city':'Oslo'}}}]}",
			STORED("ai", "'content':'','tool_calls':[{'name':'w',"
				     "'args':{'city':'Oslo'},'id':null,'type':"
				     "'tool_call'}]") },
	};

	every_row_becomes(PYTHON, rows, COUNT(rows));
}
END_TEST

START_TEST(a_role_becomes_a_type)
{
	static const struct row rows[] = {
		{ "{'content':'Hi!','role':'user'}",
			STORED("human", "'content':'Hi!'") },
		{ "{'role':'developer','content':'x'}",
			STORED("system", "'content':'x','additional_kwargs':{"
					 "'__openai_role__':'developer'}") },
		{ "{'role':'developer','content':'x','__openai_role__':'user',"
		  "'y':2}",
			STORED("system",
				"'content':'x','additional_kwargs':{"
				"'__openai_role__':'developer','y':2}") },
		{ "{'role':'cr\\u0069tic','content':'x'}",
			STORED("generic",
				"'content':'x','role':'cr\\u0069tic'") },
	};

	every_row_becomes(LANGCHAIN, rows, COUNT(rows));
}
END_TEST

START_TEST(what_langchain_has_no_place_for_is_kept_aside)
{
	static const struct row rows[] = {
		{ "{'role':'user','name':'bob','content':[{'type':'text',"
		  "'text':'a'}],'x':1.10,'additional_kwargs':{}}",
			STORED("human",
				"'content':[{'type':'text','text':'a'}],'name':"
				"'bob','additional_kwargs':{'x':1.10,"
				"'additional_kwargs':{}}") },
		{ "{'role':'tool','tool_call_id':'c1','content':'4'}",
			STORED("tool", "'content':'4','tool_call_id':'c1'") },
		{ "{'role':'function','name':'f','content':'4'}",
			STORED("function", "'content':'4','name':'f'") },
		{ "{'role':'assistant','content':null,'function_call':{'name':"
		  "'f','arguments':'{}'},'refusal':null}",
			STORED("ai", "'content':'','additional_kwargs':{"
				     "'function_call':{'name':'f','arguments':"
				     "'{}'}}") },
		{ "{'role':'assistant','content':'','tool_calls':null,"
		  "'function_call':null,'audio':null,'name':null,"
		  "'annotations':[]}",
			STORED("ai", "'content':'','additional_kwargs':{"
				     "'annotations':[]}") },
		{ CALLING(CALL("'{}'") ",7"),
			STORED("ai", "'content':'','additional_kwargs':{"
				     "'tool_calls':[" CALL("'{}'") ",7]}") },
		{ CALLING("{'type':'custom','custom':{}}"),
			STORED("ai", "'content':'','additional_kwargs':{"
				     "'tool_calls':[{'type':'custom',"
				     "'custom':{}}]}") },
		{ CALLING("{'function':7}"),
			STORED("ai", "'content':'','additional_kwargs':{"
				     "'tool_calls':[{'function':7}]}") },
	};

	every_row_becomes(LANGCHAIN, rows, COUNT(rows));
}
END_TEST

START_TEST(arguments_become_the_object_that_they_spell)
{
	static const struct {
		const char *arguments;
		const char *args; /* NULL: they spell none */
	} rows[] = {
		{ "'{\\'x\\':1.10}'", "{'x':1.10}" },
		{ "' { \\'\\\\u00e9 \\' : [ ] }\\n'", "{'\\u00e9 ':[]}" },
		{ "'{\\'x\\':\\'\\\\ud83d\\'}'", "{'x':'\\ud83d'}" },
		{ "{'x':1}", "{'x':1}" },
		{ "''", NULL },
		{ "'{'", NULL },
		{ "'[]'", NULL },
		{ "'null'", NULL },
		{ "'{}{}'", NULL },
		{ "'{\\'x\\':\\'\\ud83d\\'}'", NULL },
		{ "'{\\'x\\':\\'\\u0000\\'}'", NULL },
		{ "'{\\'a\\':1,\\'\\\\u0061\\':2}'", NULL },
	};
	char message[200], expected[300];

	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(message, sizeof(message), CALLING(CALL("%s")),
			rows[i].arguments);
		snprintf(expected, sizeof(expected),
			rows[i].args
				? STORED("ai",
					  "'content':'','tool_calls':[" VALID(
						  "%s") "]")
				: STORED("ai", "'content':'','tool_calls':[],"
					       "'invalid_tool_calls':[" INVALID(
						       "%s") "]"),
			rows[i].args ? rows[i].args : rows[i].arguments);
		becomes(LANGCHAIN, message, expected);
	}
}
END_TEST

START_TEST(calls_are_sorted_into_valid_and_invalid)
{
	static const struct row rows[] = {
		{ CALLING(""), STORED("ai", "'content':'','tool_calls':[]") },
		{ CALLING("{'function':{}}"),
			STORED("ai", "'content':'','tool_calls':[],"
				     "'invalid_tool_calls':[{'name':'','args':"
				     "'','id':null,'error':"
				     "'Malformed args.'}]") },
		{ CALLING(CALL("null") "," CALL("7")),
			STORED("ai",
				"'content':'','tool_calls':[],"
				"'invalid_tool_calls':[" INVALID(
					"'null'") "," INVALID("'7'") "]") },
		{ CALLING("{'function':{'name':'a','arguments':'{}'}},"
			  "{'function':{'name':'b','arguments':'{'}},"
			  "{'function':{'name':'c','arguments':'{}'}},"
			  "{'function':{'name':'d','arguments':'}'}}"),
			STORED("ai",
				"'content':'','tool_calls':["
				"{'name':'a','args':{},'id':null,'type':"
				"'tool_call'},{'name':'c','args':{},'id':null,"
				"'type':'tool_call'}],'invalid_tool_calls':["
				"{'name':'b','args':'{','id':null,'error':"
				"'Malformed args.'},{'name':'d','args':'}',"
				"'id':null,'error':'Malformed args.'}]") },
	};

	every_row_becomes(LANGCHAIN, rows, COUNT(rows));
}
END_TEST

/* An object of `depth` levels, as arguments. */
static void nested(struct text *out, size_t depth)
{
	text_string(out, "{'role':'assistant','tool_calls':[{'function':{"
			 "'arguments':'{\\'a\\':");
	for (size_t i = 1; i < depth; i++)
		text_string(out, "[");
	for (size_t i = 1; i < depth; i++)
		text_string(out, "]");
	text_append(out, "}'}}]}", sizeof("}'}}]}"));
}

START_TEST(arguments_are_never_too_deep_to_be_sent_back)
{
	for (size_t depth = 50; depth < 70; depth++) {
		struct parsed parsed = { 0 };
		struct text message = { 0 }, seen = { 0 };

		nested(&message, depth);
		ok(parse(&parsed, message.data));
		text_string(&seen, "{\"messages\":[{");
		format_langchain(&seen, parsed.list.items);
		text_string(&seen, "}]}");
		is_body(text_view(&seen));
		text_append(&seen, "", 1);
		ck_assert(!strstr(seen.data, "Malformed") == (depth <= 58));
		text_clear(&message);
		text_clear(&seen);
		parsed_clear(&parsed);
	}
}
END_TEST

UNIT("format_langchain", data_stays_as_it_came,
	python_has_its_own_names_of_types,
	python_gets_no_member_that_it_would_refuse,
	python_gets_calls_as_it_has_them, a_role_becomes_a_type,
	what_langchain_has_no_place_for_is_kept_aside,
	arguments_become_the_object_that_they_spell,
	calls_are_sorted_into_valid_and_invalid,
	arguments_are_never_too_deep_to_be_sent_back)
