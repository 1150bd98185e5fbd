/* SPDX-License-Identifier: MIT */
/*
 * test_completion.c - a model's answer is one message, whole or in deltas,
 * however its bytes come.
 */
#include "schema/llm/completion.h"

#include "tests/unit/failing.h"
#include "tests/unit/parsed.h"

static int look(
	void *context, const struct completion_event *event, struct error *why)
{
	(void)why;
	if (event->delta.length > 0)
		text_slice(context, json_inner(event->delta));
	return 0;
}

static int whole(enum completion_kind kind, const char *answer,
	struct text *message, struct error *why)
{
	struct text json = { 0 };
	int result;

	put_quoted(&json, answer);
	result = completion_read(kind, text_view(&json), message, why);
	text_clear(&json);
	return result;
}

/* Reads a stream in pieces of so many bytes. */
static int feed(enum completion_kind kind, struct slice stream, size_t piece,
	struct text *message, struct text *deltas, struct error *why)
{
	struct completion completion = {
		.kind = kind, .visit = look, .context = deltas
	};
	int result = 0;

	while (result == 0 && stream.length > 0) {
		const struct slice part = { stream.data,
			stream.length < piece ? stream.length : piece };

		result = completion_stream(&completion, part, why);
		stream.data += part.length;
		stream.length -= part.length;
	}
	if (result == 0)
		result = completion_message(&completion, message, why);
	completion_clear(&completion);
	return result;
}

static int streamed(enum completion_kind kind, const char *stream, size_t piece,
	struct text *message, struct text *deltas, struct error *why)
{
	struct text json = { 0 };
	int result;

	put_quoted(&json, stream);
	result = feed(kind, text_view(&json), piece, message, deltas, why);
	text_clear(&json);
	return result;
}

#define answers(kind, answer, expected)                     \
	do {                                                \
		struct text message_ = { 0 };               \
		ok(whole(kind, answer, &message_, &error)); \
		is_quoted(text_view(&message_), expected);  \
		text_clear(&message_);                      \
	} while (0)

static void streams(enum completion_kind kind, const char *stream,
	const char *expected, const char *content)
{
	for (size_t piece = 1; piece < 300; piece++) {
		struct text message = { 0 }, deltas = { 0 };

		ok(streamed(kind, stream, piece, &message, &deltas, &error));
		is_quoted(text_view(&message), expected);
		is_quoted(text_view(&deltas), content);
		is_body(text_view(&message));
		text_clear(&message);
		text_clear(&deltas);
	}
}

#define CHUNK(delta) "data: {'choices':[{'index':0,'delta':{" delta "}}]}\n\n"
#define STOP                                                                \
	"data: {'choices':[{'index':0,'delta':{},'finish_reason':'stop'}]}" \
	"\n\n"
#define DONE "data: [DONE]\n\n"

START_TEST(the_message_of_the_first_choice_keeps_its_bytes)
{
	answers(COMPLETION_CHAT,
		"{'id':'x', 'choices': [ {'index':0, 'message': "
		"{'role': 'assistant', 'content': '\\u00e9\\ud83d', "
		"'refusal':null, 'x':1.10}}], 'usage':{}}\n",
		"{'role':'assistant','content':'\\u00e9\\ud83d',"
		"'refusal':null,'x':1.10}");
	answers(COMPLETION_CHAT,
		"{'choices':[{'index':1,'message':{}},{'index':0,'message':"
		"{'role':'assistant','content':'b'}}]}",
		"{'role':'assistant','content':'b'}");
	answers(COMPLETION_TEXT, "{'choices':[{'text':' Hi\\n'}]}",
		"{'role':'assistant','content':' Hi\\n'}");
}
END_TEST

START_TEST(a_silent_answer_stays_as_it_came)
{
	answers(COMPLETION_CHAT,
		"{'choices':[{'message':{'role':'assistant','content':null,"
		"'refusal':'no'}}]}",
		"{'role':'assistant','content':null,'refusal':'no'}");
	answers(COMPLETION_CHAT,
		"{'choices':[{'message':{'role':'assistant','content':null,"
		"'refusal':null}}]}",
		"{'role':'assistant','content':null,'refusal':null}");
	answers(COMPLETION_CHAT,
		"{'choices':[{'message':{'role':'assistant'}}]}",
		"{'role':'assistant'}");
	answers(COMPLETION_CHAT,
		"{'choices':[{'message':{'role':'assistant','content':null,"
		"'tool_calls':[{'id':'a'}]}}]}",
		"{'role':'assistant','content':null,'tool_calls':[{'id':'a'}]}");
}
END_TEST

START_TEST(rubbish_is_refused_and_quoted)
{
	static const char *const rows[] = { "", "no", "[]", "7", "{}",
		"{'choices':{}}", "{'choices':[]}", "{'choices':[7]}",
		"{'choices':[{}]}", "{'choices':[{'message':7}]}",
		"{'choices':[{'message':{'content':'a'}}]}",
		"{'choices':[{'message':{'role':'user','content':'a'}}]}",
		"{'choices':[{'index':1,'message':{'role':'assistant'}}]}",
		"{'choices':[{'message':{'role':'assistant'}}]}{}" };
	struct text message = { 0 };

	for (size_t i = 0; i < COUNT(rows); i++)
		fails(whole(COMPLETION_CHAT, rows[i], &message, &error),
			ERROR_UPSTREAM);
	fails(whole(COMPLETION_TEXT, "{'choices':[{'text':null}]}", &message,
		      &error),
		ERROR_UPSTREAM);
	is_quoted(slice_of(error.message),
		"the upstream answered what is no completion: "
		"{'choices':[{'text':null}]}");
	ck_assert_uint_eq(message.length, 0);
}
END_TEST

START_TEST(any_split_of_a_stream_gives_the_same_message)
{
	streams(COMPLETION_CHAT,
		": wait\r\n\r\n" CHUNK("'role':'assistant','content':''") CHUNK(
			"'content':'Hel'") CHUNK("'content':'lo\\ud83d'")
			CHUNK("'role':'assistant','content':'\\ude00'") STOP
		"data: {'choices':[],'usage':{'total_tokens':3}}\n\n" DONE,
		"{'role':'assistant','content':'Hello\\ud83d\\ude00'}",
		"Hello\\ud83d\\ude00");
	streams(COMPLETION_TEXT,
		"data: {'choices':[{'text':' Hi','index':0}]}\n\n"
		"data: {'choices':[{'text':' Jim','index':0,'finish_reason':"
		"'stop'}]}\n\n",
		"{'role':'assistant','content':' Hi Jim'}", " Hi Jim");
}
END_TEST

/* The deltas of a chat, then the end. */
#define chats(expected, content, ...)                                      \
	do {                                                               \
		static const char *const deltas_[] = { __VA_ARGS__ };      \
		struct text stream_ = { 0 };                               \
		for (size_t i_ = 0; i_ < COUNT(deltas_); i_++)             \
			text_format(&stream_,                              \
				"data: {'choices':[{'index':0,'delta':"    \
				"{%s}}]}\n\n",                             \
				deltas_[i_]);                              \
		text_append(&stream_, STOP, sizeof(STOP));                 \
		streams(COMPLETION_CHAT, stream_.data, expected, content); \
		text_clear(&stream_);                                      \
	} while (0)

START_TEST(tool_calls_come_together_by_their_index)
{
	chats("{'role':'assistant','content':null,'tool_calls':["
	      "{'id':'a','type':'function','function':{'name':'f',"
	      "'arguments':'{}'}},{'id':'b','type':'function','function':"
	      "{'name':'g','arguments':'{}'}}]}",
		"",
		"'content':null,'tool_calls':[{'index':0,'id':'a',"
		"'type':'function','function':{'name':'f','arguments':''}}]",
		"'tool_calls':[{'index':1,'id':'b','type':'function',"
		"'function':{'name':'g','arguments':'{'}},"
		"{'index':0,'function':{'arguments':'{}'}}]",
		"'tool_calls':[{'index':1,'id':'','function':"
		"{'name':'g','arguments':'}'}}]");
}
END_TEST

START_TEST(what_nobody_knew_of_arrives_as_well)
{
	chats("{'role':'assistant','reasoning_content':'Let me','x':{'n':2,"
	      "'s':'ab'},'content':'','l':[1,2],'refusal':'No',"
	      "'function_call':{'name':'f','arguments':'{}'}}",
		"No", "'reasoning_content':'Let ','x':{'n':1},'content':''",
		"'reasoning_content':'me','x':{'n':2,'s':'a'},'l':[1]",
		"'refusal':'N','l':[2],'x':{'s':'b'}",
		"'refusal':'o','function_call':{'name':'f','arguments':'{'}",
		"'function_call':{'arguments':'}'}");
}
END_TEST

/* Adds n chunks, each with a member or an element of its own. */
static void add_many(struct json_delta *sum, const char *before,
	const char *after, int count)
{
	struct text chunk = { 0 };

	for (int i = 0; i < count; i++) {
		chunk.length = 0;
		text_format(&chunk, "%s%d%s", before, i, after);
		ck_assert_int_eq(json_delta_add(sum, text_view(&chunk)), 0);
	}
	text_clear(&chunk);
}

START_TEST(what_is_looked_for_is_looked_for_among_few)
{
	struct json_delta sum = { 0 };
	const struct json_delta *list;

	add_many(&sum, "{\"l\":[{\"index\":", "}]}", 20000);
	add_many(&sum, "{\"l\":[", "]}", 500);
	add_many(&sum, "{\"m", "\":1}", 20000);
	list = json_delta_member(&sum, SLICE("l"));
	ck_assert_uint_eq(list->count, 256 + 500);
	ck_assert_uint_eq(sum.count, 256);
	ck_assert_ptr_nonnull(json_delta_element(list, SLICE("255")));
	ck_assert_ptr_nonnull(json_delta_member(&sum, SLICE("m254")));
	json_delta_clear(&sum);
}
END_TEST

START_TEST(only_the_first_choice_is_the_answer)
{
	streams(COMPLETION_CHAT,
		"data: {'choices':[{'index':1,'delta':{'content':'x'},"
		"'finish_reason':'stop'},{'index':0,'delta':{'content':'a'}}]}"
		"\n\n" DONE,
		"{'role':'assistant','content':'a'}", "a");
}
END_TEST

START_TEST(a_choice_without_an_index_is_the_first)
{
	streams(COMPLETION_CHAT,
		"data: {'choices':[{'delta':{'role':'assistant','content':'a'}}"
		"]}\n\n"
		"data: {'choices':[{}]}\n\n"
		"data: {'choices':[ {'delta': {'content':'b'}}]}\n\n"
		"data: {'choices':[{'delta':{},'finish_reason':'stop'}]}\n\n",
		"{'role':'assistant','content':'ab'}", "ab");
	streams(COMPLETION_TEXT,
		"data: {'choices':[{'text':'a'}]}\n\n"
		"data: {'choices':[{'text':'b','finish_reason':'stop'}]}\n\n",
		"{'role':'assistant','content':'ab'}", "ab");
}
END_TEST

START_TEST(what_follows_done_is_not_read)
{
	streams(COMPLETION_CHAT,
		CHUNK("'role':'assistant','content':'a'")
			DONE CHUNK("'content':'EVIL'") "data: rubbish\n\n" DONE,
		"{'role':'assistant','content':'a'}", "a");
}
END_TEST

START_TEST(a_stream_that_was_cut_is_refused)
{
	static const char *const rows[] = { "", CHUNK("'content':'a'"),
		CHUNK("'content':'a'") "data: {'choi",
		CHUNK("'content':'a'") "data: {'error':{'message':'busy'}}\n\n",
		"data: no\n\n" DONE, "data: []\n\n" DONE, DONE, "<html>\n",
		"data: {'choices':[{'index':1,'delta':{},"
		"'finish_reason':'stop'}]}\n\n" };
	struct text message = { 0 }, deltas = { 0 };

	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t piece = 1; piece < 60; piece += 7)
			fails(streamed(COMPLETION_CHAT, rows[i], piece,
				      &message, &deltas, &error),
				ERROR_UPSTREAM);
	fails(streamed(COMPLETION_CHAT, rows[3], 9, &message, &deltas, &error),
		ERROR_UPSTREAM);
	says("the upstream broke off: busy");
	fails(streamed(COMPLETION_CHAT, rows[1], 9, &message, &deltas, &error),
		ERROR_UPSTREAM);
	says("the upstream's stream was cut off");
	ck_assert_uint_eq(message.length, 0);
	text_clear(&deltas);
}
END_TEST

START_TEST(a_stream_is_one_chunk_for_who_comes_later)
{
	struct text out = { 0 }, again = { 0 }, deltas = { 0 }, json = { 0 };
	struct completion completion = { .visit = look, .context = &deltas };

	put_quoted(&json,
		"data: {'id':'a','object':'c','n':1.0,'choices':[{'index':0,"
		"'delta':{'role':'assistant','content':'x'},'finish_reason':"
		"null}],'usage':null}\n\n"
		"data: {'id':'a','object':'c','n':1.5,'choices':[{'index':0,"
		"'delta':{'tool_calls':[{'index':0,'id':'t'}]},"
		"'finish_reason':'stop'}]}\n\n"
		"data: {'id':'a','object':'c','choices':[],'usage':{'t':3}}"
		"\n\n" DONE);
	ok(completion_stream(&completion, text_view(&json), &error));
	completion_write_chunk(&out, &completion);
	is_quoted(text_view(&out),
		"{'id':'a','object':'c','n':1.5,'choices':[{'index':0,"
		"'delta':{'role':'assistant','content':'x','tool_calls':["
		"{'index':0,'id':'t'}]},'finish_reason':'stop'}],"
		"'usage':{'t':3}}");
	text_append(&out, "\n\n", 3);
	json.length = 0;
	text_format(&json, "data: %s", out.data);
	completion_clear(&completion);
	ok(feed(COMPLETION_CHAT, text_view(&json), 7, &again, &deltas, &error));
	is_quoted(text_view(&again),
		"{'role':'assistant','content':'x','tool_calls':[{'id':'t'}]}");
	text_clear(&out);
	text_clear(&again);
	text_clear(&deltas);
	text_clear(&json);
}
END_TEST

START_TEST(memory_that_runs_out_is_not_taken_for_rubbish)
{
	struct text json = { 0 };

	put_quoted(
		&json, CHUNK("'content':'a','x':[{'index':0,'y':'z'}]") DONE);
	while (failing_next()) {
		struct text message = { 0 }, deltas = { 0 };
		int result = feed(COMPLETION_CHAT, text_view(&json), 20,
			&message, &deltas, &error);

		if (!failing_stop())
			ck_assert_int_eq(result, 0);
		else if (result == -1)
			ck_assert_int_eq(error.code, ERROR_UNAVAILABLE);
		text_clear(&message);
		text_clear(&deltas);
	}
	text_clear(&json);
}
END_TEST

UNIT("completion", the_message_of_the_first_choice_keeps_its_bytes,
	a_silent_answer_stays_as_it_came, rubbish_is_refused_and_quoted,
	any_split_of_a_stream_gives_the_same_message,
	tool_calls_come_together_by_their_index,
	what_nobody_knew_of_arrives_as_well,
	what_is_looked_for_is_looked_for_among_few,
	only_the_first_choice_is_the_answer,
	a_choice_without_an_index_is_the_first, what_follows_done_is_not_read,
	a_stream_that_was_cut_is_refused,
	a_stream_is_one_chunk_for_who_comes_later,
	memory_that_runs_out_is_not_taken_for_rubbish)
