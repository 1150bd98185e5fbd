/* SPDX-License-Identifier: MIT */
/*
 * test_chain.c - the prompts of a ConversationChain, as texts and as messages.
 */
#include "core/chain/chain.h"

#include "tests/unit/parsed.h"

/* The values that are given, with ' for ". */
struct given {
	const char *memory; /* settings; NULL: the defaults */
	const char *body;
	const char *input;
	const char *variables;
	const char *model;
	bool streams;
};

/* The texts that a question borrows from. */
struct chain_asked {
	struct settings settings;
	struct chain_turn turn;
	struct text body, input, variables, memory;
};

static void asked_clear(struct chain_asked *asked)
{
	settings_clear(&asked->settings);
	chain_clear(&asked->turn);
	text_clear(&asked->body);
	text_clear(&asked->input);
	text_clear(&asked->variables);
	text_clear(&asked->memory);
}

static void prepare(struct chain_asked *asked, const struct given *given)
{
	ok(settings_default(&asked->settings, &error));
	put_quoted(&asked->memory, given->memory ? given->memory : "{}");
	ok(settings_from_json(
		&asked->settings, text_view(&asked->memory), &error));
	ok(chain_check(&asked->settings, &error));
	put_quoted(&asked->body, given->body);
	put_quoted(&asked->input, given->input);
	put_quoted(&asked->variables, given->variables);
}

static int ask(const struct given *given, struct text *out, struct error *why)
{
	struct chain_asked asked = { 0 };
	struct chain_question question = {
		.settings = &asked.settings,
		.turn = &asked.turn,
		.model = slice_of(given->model ? given->model : ""),
		.streams = given->streams,
	};
	int result;

	prepare(&asked, given);
	question.input = text_view(&asked.input);
	question.variables = text_view(&asked.variables);
	result = chain_read(&asked.turn, text_view(&asked.body), why);
	if (result == 0)
		result = chain_ask(&question, out, why);
	asked_clear(&asked);
	return result;
}

static void asks(const struct given *given, const char *expected)
{
	struct text out = { 0 };

	ok(ask(given, &out, &error));
	is_quoted(text_view(&out), expected);
	is_body(text_view(&out));
	text_clear(&out);
}

#define OPENING                                                                \
	"The following is a friendly conversation between a human and an AI. " \
	"The AI is talkative and provides lots of specific details from its "  \
	"context. If the AI does not know the answer to a question, it "       \
	"truthfully says it does not know.\\n\\nCurrent conversation:\\n"

START_TEST(the_default_text_is_langchains)
{
	asks(&(struct given){ "{'prompt':'string'}",
		     "{'input':'Hi! I am Jim.'}", "'Hi! I am Jim.'",
		     "{'history':''}", "m", false },
		"{'model':'m','prompt':'" OPENING
		"\\nHuman: Hi! I am Jim.\\nAI:'}");
	asks(&(struct given){ "{'prompt':'string'}", "{'input':'My name?'}",
		     "'My name?'", "{'history':'Human: Hi!\\nAI:  Hi Jim!'}",
		     NULL, true },
		"{'prompt':'" OPENING
		"Human: Hi!\\nAI:  Hi Jim!\\nHuman: My name?\\nAI:','stream':"
		"true}");
}
END_TEST

START_TEST(a_template_of_ones_own_is_filled_once)
{
	struct text out = { 0 };

	asks(&(struct given){ "{'prompt_template':'{{}} {history}|{input}|"
			      "{lang}','input_key':'input'}",
		     "{'input':'{history}','lang':[1],'history':'x'}",
		     "'{history}'", "{'history':'{input}\\ud83d\\u00e9'}", NULL,
		     false },
		"{'prompt':'{} {input}\xef\xbf\xbd\xc3\xa9|{history}|[1]'}");
	fails(ask(&(struct given){ "{'prompt':'string','memory_key':'talk'}",
			  "{'input':'a'}", "'a'", "{'talk':''}", NULL, false },
		      &out, &error),
		ERROR_INVALID);
	text_clear(&out);
	says_first("(f-string) Missing value for input history; ");
	text_clear(&out);
}
END_TEST

START_TEST(messages_are_system_history_and_input)
{
	asks(&(struct given){ NULL, "{'input':'Hi'}", "'Hi'", "{'history':[]}",
		     "m", false },
		"{'model':'m','messages':[{'role':'user','content':'Hi'}]}");
	asks(&(struct given){ "{'system':'Be kind.'}", "{'input':'c'}", "'c'",
		     "{'history':[{'type':'human','data':{'content':"
		     "'\\u0061\\/\\u00e9\\u0001\\n','additional_kwargs':{}}},{'type':'ai','data':{'content':"
		     "'\\ud83d!','tool_calls':[]}}],'facts':'x','none':''}",
		     NULL, true },
		"{'messages':[{'role':'system','content':'Be kind.'},"
		"{'role':'user','content':'a/\xc3\xa9\\u0001\\n'},"
		"{'role':'assistant','content':'\xef\xbf\xbd!'},{'role':'system','content':'x'},"
		"{'role':'user','content':'c'}],'stream':true}");
}
END_TEST

#define CALL_OF(more)                                         \
	"{'id':'c','type':'function','function':{'name':'w'," \
	"'arguments':'{}'}" more "}"

/* A history, and the messages that a model is told of it. */
static const struct row told[] = {
	/* What SDKs write for nothing, and what only answers have. */
	{ "{'role':'assistant','content':'a','refusal':null,'audio':null,"
	  "'function_call':null,'tool_calls':[],'annotations':[],'parsed':null,"
	  "'name':''}",
		"{'role':'assistant','content':'a'}" },
	{ "{'role':'assistant','content':'a','annotations':[{'type':'x'}],"
	  "'reasoning_content':'Hm.','x':{'y':1}}",
		"{'role':'assistant','content':'a'}" },
	{ "{'role':'user','content':'a','id':'m1','timestamp':5,'name':'bob'}",
		"{'role':'user','content':'a','name':'bob'}" },
	{ "{'type':'ai','data':{'content':'a','tool_calls':[],"
	  "'additional_kwargs':{'refusal':null,'tool_calls':[],'n':1}}}",
		"{'role':'assistant','content':'a'}" },
	/* Parts. */
	{ "{'role':'assistant','content':[{'index':0,'type':'text','text':'a',"
	  "'annotations':[]}]}",
		"{'role':'assistant','content':[{'type':'text','text':'a'}]}" },
	{ "{'role':'user','content':[{'type':'image_url','image_url':{'url':"
	  "'u','detail':null}},{'type':'text','text':'a','cache_control':{"
	  "'type':'e'}}]}",
		"{'role':'user','content':[{'type':'image_url','image_url':{"
		"'url':'u'}},{'type':'text','text':'a','cache_control':{"
		"'type':'e'}}]}" },
	{ "{'role':'user','content':'a','images':['iVBORw','/9j/4A']}",
		"{'role':'user','content':[{'type':'text','text':'a'},{"
		"'type':'image_url','image_url':{'url':"
		"'data:image/png;base64,iVBORw'}},{'type':'image_url',"
		"'image_url':{'url':'data:image/jpeg;base64,/9j/4A'}}]}" },
	{ "{'role':'user','content':[{'type':'image','source':{'type':"
	  "'base64','media_type':'image/gif','data':'AA'}},{'type':'image',"
	  "'source':{'type':'url','url':'u'}},{'type':'document','source':{"
	  "'type':'text','media_type':'text/plain','data':'a'}}]}",
		"{'role':'user','content':[{'type':'image_url','image_url':{"
		"'url':'data:image/gif;base64,AA'}},{'type':'image_url',"
		"'image_url':{'url':'u'}},{'type':'text','text':'a'}]}" },
	{ "{'role':'assistant','content':[{'type':'image','url':'u'},'b']}",
		"{'role':'assistant','content':[{'type':'text','text':"
		"'[image]'},{'type':'text','text':'b'}]}" },
	{ "{'role':'tool','tool_call_id':'c','content':[{'type':'image_url',"
	  "'image_url':{'url':'u'}}]}",
		"{'role':'tool','tool_call_id':'c','content':[{'type':"
		"'image_url','image_url':{'url':'u'}}]}" },
	/* LangChain 1. */
	{ "{'type':'human','data':{'content_blocks':[{'type':'text','text':"
	  "'a'},{'type':'image','mimeType':'image/png','data':'AA'},{'type':"
	  "'audio','mimeType':'audio/wav','data':'AA'},{'type':'file',"
	  "'fileId':'f'},{'type':'text-plain','text':'b'},{'type':'video',"
	  "'url':'u'}]}}",
		"{'role':'user','content':[{'type':'text','text':'a'},{'type':"
		"'image_url','image_url':{'url':'data:image/png;base64,AA'}},{"
		"'type':'input_audio','input_audio':{'data':'AA','format':"
		"'wav'}},{'type':'file','file':{'file_id':'f'}},{'type':'text',"
		"'text':'b'},{'type':'text','text':'[file]'}]}" },
	{ "{'type':'ai','data':{'content_blocks':[{'type':'reasoning',"
	  "'reasoning':'Hm.'},{'type':'tool_call','id':'c','name':'w',"
	  "'args':{}}],'tool_calls':[{'type':'tool_call','id':'c','name':'w',"
	  "'args':{}}]}}",
		"{'role':'assistant','content':'','tool_calls':[" CALL_OF(
			"") "]}" },
	{ "{'role':'assistant','content':[{'type':'tool_call','id':'c','name':"
	  "'w','args':{}}]}",
		"{'role':'assistant','content':null,'tool_calls':[" CALL_OF(
			"") "]}" },
/* Thoughts alone, before, between and behind what is told. */
#define THOUGHT "{'type':'reasoning','summary':[]}"
#define ITEM_CALLS \
	"{'type':'function_call','call_id':'c','name':'w','arguments':'{}'}"
	{ THOUGHT ",{'role':'user','content':'a'}," THOUGHT "," THOUGHT,
		"{'role':'user','content':'a'}" },
	{ ITEM_CALLS
		",{'type':'message','role':'assistant','content':'a'}," THOUGHT
		",{'type':'function_call_output','call_id':'c','output':"
		"'1'}," THOUGHT,
		"{'role':'assistant','content':'a','tool_calls':[" CALL_OF(
			"") "]},{'role':'tool','content':'1','tool_call_id':'c'}" },
	{ "{'role':'user','content':'a'}," THOUGHT "," ITEM_CALLS,
		"{'role':'user','content':'a'},{'role':'assistant','content':"
		"'','tool_calls':[" CALL_OF("") "]}" },
	/* Nothing to say. */
	{ "{'role':'assistant','content':null,'tool_calls':null}",
		"{'role':'assistant','content':''}" },
	{ "{'role':'assistant','tool_calls':[],'refusal':''}",
		"{'role':'assistant','content':''}" },
	{ "{'role':'assistant','content':[]}",
		"{'role':'assistant','content':''}" },
	{ "{'role':'user','content':[]}", "{'role':'user','content':''}" },
	{ "{'role':'assistant','content':null,'refusal':'No.'}",
		"{'role':'assistant','content':null,'refusal':'No.'}" },
	/* A voice: what it said, or its id alone. */
	{ "{'role':'assistant','content':null,'audio':{'id':'v','data':'AA==',"
	  "'expires_at':1,'transcript':'Hi.'}}",
		"{'role':'assistant','content':'Hi.'}" },
	{ "{'role':'assistant','audio':{'id':'v','transcript':'Hi.'}}",
		"{'role':'assistant','content':'Hi.'}" },
	{ "{'role':'assistant','audio':{'id':'v','data':'AA=='}}",
		"{'role':'assistant','audio':{'id':'v'}}" },
	/* Calls; until the next question all that the model gave. */
	{ "{'role':'assistant','content':null,'refusal':null,'tool_calls':[" CALL_OF(
		  ",'index':0,'x':null,'extra_content':{'g':1}") "],"
								 "'reasoning_content':'','reasoning_details':[1],'annotations':[2]},"
								 "{'role':'tool','tool_call_id':'c','content':'1','status':'ok'},"
								 "{'role':'assistant','content':'a','reasoning_content':'Hm.'},"
								 "{'role':'user','content':'b'},"
								 "{'role':'assistant','content':'d','reasoning_content':'Hm.'}",
		"{'role':'assistant','content':null,'tool_calls':[" CALL_OF(
			",'extra_content':{'g':1}") "],"
						    "'reasoning_content':'','reasoning_details':[1]},"
						    "{'role':'tool','tool_call_id':'c','content':'1'},"
						    "{'role':'assistant','content':'a','reasoning_content':'Hm.'},"
						    "{'role':'user','content':'b'},"
						    "{'role':'assistant','content':'d'}" },
	{ "{'role':'assistant','content':'','tool_calls':[{'id':'c',"
	  "'function':{'name':'w','arguments':'{}'}}]}",
		"{'role':'assistant','content':'','tool_calls':[" CALL_OF(
			"") "]}" },
	{ "{'role':'assistant','content':null,'function_call':{'name':'w',"
	  "'arguments':{'a':1}}}",
		"{'role':'assistant','content':null,'function_call':{'name':"
		"'w','arguments':'{\\'a\\':1}'}}" },
	/* An empty list of calls is none beside Anthropic's. */
	{ "{'role':'assistant','tool_calls':[],'content':[{'type':'tool_use',"
	  "'id':'c','name':'w','input':{}}]}",
		"{'role':'assistant','content':null,'tool_calls':[" CALL_OF(
			"") "]}" },
};

START_TEST(a_model_is_told_what_it_takes)
{
	for (size_t i = 0; i < COUNT(told); i++) {
		struct text variables = { 0 }, messages = { 0 };

		text_format(&variables, "{'history':[%s]}%c", told[i].body, 0);
		text_format(&messages,
			"{'messages':[%s,{'role':'user','content':'q'}]}%c",
			told[i].expected, 0);
		asks(&(struct given){ NULL, "{'input':'q'}", "'q'",
			     variables.data, NULL, false },
			messages.data);
		text_clear(&variables);
		text_clear(&messages);
	}
}
END_TEST

START_TEST(options_are_for_the_model_alone)
{
	const struct given given = { NULL,
		"{'stop':['X'],'question':'Hi','temperature':1.10,'model':'n'}",
		"'Hi'", "{'history':[]}", "m", false };
	struct chain_turn turn = { 0 };
	struct text body = { 0 };

	asks(&given, "{'messages':[{'role':'user','content':'Hi'}],"
		     "'stop':['X'],'temperature':1.10,'model':'n'}");
	put_quoted(&body, given.body);
	ok(chain_read(&turn, text_view(&body), &error));
	is_quoted(text_view(&turn.inputs), "{'question':'Hi'}");
	chain_clear(&turn);
	fails(chain_read(&turn, SLICE("[]"), &error), ERROR_INVALID);
	says("the body must be an object with an input, not []");
	text_clear(&body);
}
END_TEST

static void refused(const char *memory, const char *words)
{
	struct settings settings = { 0 };
	struct text json = { 0 };

	put_quoted(&json, memory);
	ok(settings_default(&settings, &error));
	ok(settings_from_json(&settings, text_view(&json), &error));
	fails(chain_check(&settings, &error), ERROR_INVALID);
	says_first(words);
	settings_clear(&settings);
	text_clear(&json);
}

START_TEST(a_template_that_cannot_work_is_refused)
{
	refused("{'prompt':'song'}",
		"prompt must be chat or string, not \"song\"");
	refused("{'prompt_template':'{history'}", "Unclosed '{' in template;");
	refused("{'prompt_template':'{ {input}'}",
		"prompt_template: \" {input\" is no name of a variable; a "
		"brace that stands for itself is written {{ or }}");
	refused("{'prompt_template':'[{}] {history} {input}'}",
		"prompt_template: \"\" is no name of a variable; a brace");
	refused("{'prompt_template':'{input}'}",
		"Got unexpected prompt input variables. The prompt expects "
		"['input'], but got ['history'] as inputs from memory, and "
		"input as the normal input key.");
	refused("{'prompt_template':'{a} {b}','input_key':'q'}",
		"Got unexpected prompt input variables. The prompt expects "
		"['a', 'b'], but got ['history'] as inputs from memory, and q "
		"as the normal input key.");
}
END_TEST

START_TEST(a_template_makes_it_a_text)
{
	struct settings settings = { 0 };

	ok(settings_default(&settings, &error));
	ck_assert(!chain_is_text(&settings));
	ok(settings_from_query(&settings, SLICE("prompt_template"),
		SLICE("{history}{input}"), &error));
	ck_assert(chain_is_text(&settings));
	ok(settings_from_query(
		&settings, SLICE("prompt"), SLICE("chat"), &error));
	ck_assert(!chain_is_text(&settings));
	settings_clear(&settings);
}
END_TEST

UNIT("chain", the_default_text_is_langchains,
	a_template_of_ones_own_is_filled_once,
	messages_are_system_history_and_input, a_model_is_told_what_it_takes,
	options_are_for_the_model_alone, a_template_that_cannot_work_is_refused,
	a_template_makes_it_a_text)
