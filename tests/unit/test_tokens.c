/* SPDX-License-Identifier: MIT */
/* test_tokens.c - what of a message counts. */
#include "schema/tokens/approx.h"
#include "schema/tokens/counts.h"
#include "schema/tokens/tokenizer.h"
#include "schema/tokens/tokens.h"

#include <stdio.h>

#include "schema/forms/parse.h"
#include "tests/unit/unit.h"

static int64_t tokens_of(const char *body)
{
	struct message_list list = { 0 };
	struct tokenizer *approx;
	int64_t tokens;

	ok(message_list_parse(&list, slice_of(body), &error));
	ck_assert_uint_eq(list.count, 1);
	tokens = tokens_count(&list.items[0], NULL);
	/* The first time it is counted, then it is remembered. */
	ok(tokenizer_new_approx(&approx, &error));
	ck_assert_int_eq(tokens_count(&list.items[0], approx), tokens);
	ck_assert_int_eq(tokens_count(&list.items[0], approx), tokens);
	tokenizer_free(approx);
	message_list_clear(&list);
	return tokens;
}

static int64_t hundredths(const char *text)
{
	return approx_hundredths(slice_of(text));
}

/* A message whose texts take so many hundredths. */
#define takes(body, hundredths) \
	ck_assert_int_eq(tokens_of(body), ((hundredths) + 99) / 100 + 3)
#define counts(body, text) takes(body, hundredths(text))

#define CALLS                                                                \
	"[{\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":\"f\"," \
	"\"arguments\":\"{\\\"a\\\":1}\"}}]"
#define LANGCHAIN_CALLS \
	"[{\"name\":\"f\",\"args\":{\"a\":1},\"id\":\"c\",\"type\":\"tool_call\"}]"
#define FUNCTION    "{\"name\":\"f\",\"arguments\":\"{}\"}"
#define AI(members) "{\"type\":\"ai\",\"data\":{\"content\":\"\"" members "}}"
#define USER(parts) "{\"role\":\"user\",\"content\":[" parts "]}"
#define TEXT(text)  "{\"type\":\"text\",\"text\":\"" text "\"}"
#define BASE64	    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"

START_TEST(a_message_is_three_tokens_and_what_it_says)
{
	ck_assert_int_eq(tokens_of("\"\""), 3);
	counts("\"Hello world\"", "Hello world");
	counts("{\"role\":\"assistant\",\"content\":\"\"}", "");
}
END_TEST

START_TEST(a_message_that_was_counted_is_not_counted_again)
{
	const struct message message = {
		.form = MESSAGE_OPENAI,
		.type = MESSAGE_HUMAN,
		.body = SLICE("{\"role\":\"user\",\"content\":\"Hello\"}"),
	};
	struct tokenizer *approx;
	struct counts *kept;
	struct counts_key key;

	ok(tokenizer_new_approx(&approx, &error));
	ck_assert_int_eq(tokens_count(&message, approx), 5);
	kept = tokenizer_counts(approx);
	key = counts_key_of(kept, message.body,
		(unsigned)message.form << 8 | (unsigned)message.type);
	ck_assert_int_eq(counts_find(kept, &key), 5);
	tokenizer_free(approx);
}
END_TEST

START_TEST(a_text_counts_as_it_says_not_as_it_is_spelled)
{
	counts("\"caf\\u00e9 \\ud83d\\ude00\\n\\\"yes\\\"\"",
		"caf\xc3\xa9 \xf0\x9f\x98\x80\n\"yes\"");
	counts("\"\\ud83d half\"", "\xef\xbf\xbd half");
}
END_TEST

START_TEST(names_ids_refusals_and_reasoning_count)
{
	takes("{\"type\":\"human\",\"content\":\"Hi\",\"name\":\"bobby\"}",
		hundredths("Hi") + hundredths("bobby"));
	takes("{\"role\":\"tool\",\"content\":\"4\",\"tool_call_id\":\"abcd\"}",
		hundredths("4") + hundredths("abcd"));
	takes("{\"role\":\"assistant\",\"content\":null,\"refusal\":\"No.\","
	      "\"reasoning_content\":\"Hm\"}",
		hundredths("No.") + hundredths("Hm"));
	counts("{\"type\":\"human\",\"data\":{\"content\":\"Hi\","
	       "\"name\":null}}",
		"Hi");
}
END_TEST

START_TEST(calls_count_as_the_json_of_the_openai_form)
{
	counts("{\"role\":\"assistant\",\"content\":null,\"tool_calls\":" CALLS
	       "}",
		CALLS);
	counts(AI(",\"tool_calls\":" LANGCHAIN_CALLS),
		"[{\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":"
		"\"f\",\"arguments\":\"{\\\"a\\\":1}\"}}]");
	counts(AI(",\"additional_kwargs\":{\"tool_calls\":" CALLS "}"), CALLS);
	counts(AI(",\"tool_calls\":" LANGCHAIN_CALLS
		  ",\"additional_kwargs\":{\"tool_calls\":[{\"id\":\"other\"}]}"),
		CALLS);
	counts(AI(",\"additional_kwargs\":{\"function_call\":" FUNCTION "}"),
		FUNCTION);
	counts("{\"role\":\"assistant\",\"content\":null,"
	       "\"function_call\":" FUNCTION "}",
		FUNCTION);
}
END_TEST

START_TEST(no_calls_count_nothing)
{
	counts(AI(",\"tool_calls\":[],\"invalid_tool_calls\":[],"
		  "\"additional_kwargs\":{},\"response_metadata\":{\"a\":1}"),
		"");
	counts("{\"role\":\"assistant\",\"content\":\"x\",\"tool_calls\":null}",
		"x");
}
END_TEST

START_TEST(the_form_makes_no_difference)
{
	counts("{\"type\":\"human\",\"data\":{\"content\":\"Hello\"}}",
		"Hello");
	counts("{\"type\":\"human\",\"content\":\"Hello\"}", "Hello");
	counts("[[\"human\",\"Hello\"]]", "Hello");
	counts("{\"role\":\"user\",\"content\":\"Hello\"}", "Hello");
	counts("\"Hello\"", "Hello");
}
END_TEST

START_TEST(of_text_parts_only_the_text_counts)
{
	takes(USER(TEXT("Hello there") "," TEXT("again") ",\"bare\""),
		hundredths("Hello there") + hundredths("again") +
			hundredths("bare"));
	counts(USER("{\"type\":\"input_text\",\"text\":\"x\",\"y\":[1,2]}"),
		"x");
	counts("[[\"human\",[" TEXT("Hello") "]]]", "Hello");
}
END_TEST

static const char *const media[] = {
	"{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64," BASE64
	"\"}}",
	"{\"type\":\"image_url\",\"image_url\":\"https://example.org/a.png\"}",
	"{\"type\":\"input_image\",\"image_url\":\"https://example.org/a.png\"}",
	"{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":"
	"\"image/png\",\"data\":\"" BASE64 "\"}}",
	"{\"type\":\"document\",\"source\":{\"type\":\"url\",\"url\":\"u\"}}",
	"{\"type\":\"image\",\"source_type\":\"base64\",\"data\":\"" BASE64
	"\"}",
	"{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"" BASE64
	"\",\"format\":\"wav\"}}",
	"{\"type\":\"file\",\"file\":{\"file_data\":\"" BASE64 "\"}}",
	"{\"type\":\"file\",\"mediaType\":\"application/pdf\",\"url\":\"u\"}",
	"{\"inline_data\":{\"mime_type\":\"image/png\",\"data\":\"" BASE64
	"\"}}",
	"{\"type\":\"v\\u0069deo\",\"url\":\"https://example.org/v\"}",
};

START_TEST(media_cost_the_same_in_every_form)
{
	char body[1000];

	for (size_t i = 0; i < sizeof(media) / sizeof(*media); i++) {
		snprintf(
			body, sizeof(body), USER(TEXT("Look") ",%s"), media[i]);
		takes(body, hundredths("Look") + 100 * TOKENS_MEDIA);
	}
	counts(USER(TEXT("data:image/png;base64," BASE64)),
		"data:image/png;base64," BASE64);
}
END_TEST

START_TEST(media_inside_a_result_cost_the_same)
{
	takes(USER("{\"type\":\"tool_result\",\"tool_use_id\":\"t\","
		   "\"content\":["
		   "{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"data\":\"" BASE64
		   "\"}}]}"),
		100 * TOKENS_MEDIA +
			hundredths("{\"type\":\"tool_result\",\"tool_use_id\":"
				   "\"t\",\"content\":[null]}"));
	takes(USER("{\"type\":\"x\",\"a\":[1,{},[]],"
		   "\"url\":\"data:a/b;base64," BASE64 "\"}"),
		100 * TOKENS_MEDIA +
			hundredths(
				"{\"type\":\"x\",\"a\":[1,{},[]],\"url\":null}"));
}
END_TEST

START_TEST(a_document_of_text_counts_as_text)
{
	counts(USER("{\"type\":\"document\",\"source\":{\"type\":\"text\","
		    "\"media_type\":\"text/plain\",\"data\":\"Once upon\"}}"),
		"Once upon");
	counts(USER("{\"type\":\"document\",\"source\":{\"type\":\"content\","
		    "\"content\":[" TEXT("Once upon") "]}}"),
		"Once upon");
	counts(USER("{\"type\":\"file\",\"source_type\":\"text\","
		    "\"text\":\"a\"}"),
		"a");
}
END_TEST

START_TEST(media_beside_the_content_count)
{
	takes("{\"role\":\"user\",\"content\":\"x\",\"images\":[\"" BASE64
	      "\",\"" BASE64 "\"]}",
		hundredths("x") + 200 * TOKENS_MEDIA);
	takes("{\"role\":\"assistant\",\"content\":null,"
	      "\"audio\":{\"id\":\"a\","
	      "\"data\":\"" BASE64 "\"}}",
		100 * TOKENS_MEDIA);
	counts("{\"role\":\"assistant\",\"content\":\"x\",\"audio\":null}",
		"x");
}
END_TEST

UNIT("tokens", a_message_is_three_tokens_and_what_it_says,
	a_message_that_was_counted_is_not_counted_again,
	a_text_counts_as_it_says_not_as_it_is_spelled,
	names_ids_refusals_and_reasoning_count,
	calls_count_as_the_json_of_the_openai_form, no_calls_count_nothing,
	the_form_makes_no_difference, of_text_parts_only_the_text_counts,
	media_cost_the_same_in_every_form, media_inside_a_result_cost_the_same,
	a_document_of_text_counts_as_text, media_beside_the_content_count)
