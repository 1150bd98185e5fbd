/* SPDX-License-Identifier: MIT */
/* test_format.c - one message in every form that it can be read back in. */
#include "schema/format.h"

#include <string.h>

#include "failing.h"
#include "schema/json_scan.h"
#include "schema/json_value.h"
#include "unit.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const struct format_prefixes prefixes = { { "Human", 5 }, { "AI", 2 } };

/* A list and the text that it borrows from. */
struct parsed {
	struct message_list list;
	struct text body;
};

static void parsed_clear(struct parsed *parsed)
{
	message_list_clear(&parsed->list);
	text_clear(&parsed->body);
}

/* Reads a list of one message; what it is made of is checked whole. */
static const struct message *parse(struct parsed *parsed, struct slice message)
{
	const struct json_limits limits = { 64, 1000000 };
	struct json_scratch scratch = { 0 };
	bool spaced;

	text_string(&parsed->body, "[");
	text_slice(&parsed->body, message);
	text_string(&parsed->body, "]");
	ok(json_scan(
		text_view(&parsed->body), &limits, &scratch, &spaced, &error));
	ck_assert(!spaced);
	json_scratch_clear(&scratch);
	ok(message_list_parse(&parsed->list, text_view(&parsed->body), &error));
	return parsed->list.items;
}

enum style { LANGCHAIN, PYTHON, OPENAI, JSON, PLAIN };

static void put(
	struct text *out, const struct message *message, enum style style)
{
	switch (style) {
	case LANGCHAIN:
	case PYTHON:
		text_string(out, "{");
		format_langchain(out, message, style == PYTHON);
		text_string(out, "}");
		break;
	case OPENAI:
		format_openai(out, message);
		break;
	case JSON:
		format_text(out, message, &prefixes, FORMAT_JSON);
		break;
	case PLAIN:
		format_text(out, message, &prefixes, FORMAT_PLAIN);
		break;
	}
}

struct row {
	const char *message;
	const char *expected;
};

static void every_row_is(enum style style, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct parsed parsed = { 0 };
		struct text seen = { 0 };

		put(&seen, parse(&parsed, slice_of(rows[i].message)), style);
		ck_assert(!seen.failed);
		is(text_view(&seen), rows[i].expected);
		text_clear(&seen);
		parsed_clear(&parsed);
	}
}

/* Exact bytes that no parser of ours may touch. */
#define STRANGE                                                             \
	"{\"z\":1.10,\"content\":\"\\/\\u00e9\\u0000\\ud83d\",\"a\":1e400," \
	"\"n\":12345678901234567890,\"\\u0061b\":-0,\"additional_kwargs\":" \
	"null}"

START_TEST(langchain_form_keeps_data_as_it_came)
{
	static const struct row rows[] = {
		{ "{\"data\":" STRANGE ",\"type\":\"human\"}",
			"{\"type\":\"human\",\"data\":" STRANGE "}" },
		{ "{\"type\":\"chat\",\"data\":{\"role\":\"r\",\"content\":"
		  "\"\"}}",
			"{\"type\":\"generic\",\"data\":{\"role\":\"r\","
			"\"content\":\"\"}}" },
		{ "{\"type\":\"AIMessageChunk\",\"data\":{\"content\":\"\"}}",
			"{\"type\":\"ai\",\"data\":{\"content\":\"\"}}" },
		{ "{\"z\":1.10,\"type\":\"human\",\"content\":\"x\",\"id\":7}",
			"{\"type\":\"human\",\"data\":{\"z\":1.10,\"content\":"
			"\"x\",\"id\":7}}" },
		{ "{\"content\":\"x\",\"t\\u0079pe\":\"human\"}",
			"{\"type\":\"human\",\"data\":{\"content\":\"x\"}}" },
		{ "[\"assistant\",[\"a\",{\"b\":1.0}]]",
			"{\"type\":\"ai\",\"data\":{\"content\":[\"a\",{\"b\":"
			"1.0}]}}" },
		{ "\"\\ud83d\"", "{\"type\":\"human\",\"data\":{\"content\":"
				 "\"\\ud83d\"}}" },
	};

	every_row_is(LANGCHAIN, rows, COUNT(rows));
}
END_TEST

START_TEST(python_calls_a_generic_message_chat)
{
	static const struct row rows[] = {
		{ "{\"role\":\"critic\",\"content\":\"x\"}",
			"{\"type\":\"chat\",\"data\":{\"content\":\"x\","
			"\"role\":\"critic\"}}" },
		{ "{\"type\":\"HumanMessageChunk\",\"data\":{\"content\":\"\"}"
		  "}",
			"{\"type\":\"human\",\"data\":{\"content\":\"\"}}" },
	};

	every_row_is(PYTHON, rows, COUNT(rows));
}
END_TEST

#define CALL(arguments)                                                      \
	"{\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"f\"," \
	"\"arguments\":" arguments "}}"
#define VALID(args)                                                 \
	"{\"name\":\"f\",\"args\":" args ",\"id\":\"c1\",\"type\":" \
	"\"tool_call\"}"
#define INVALID(args)                                                \
	"{\"name\":\"f\",\"args\":" args ",\"id\":\"c1\",\"error\":" \
	"\"Malformed args.\"}"
#define CALLING(calls) \
	"{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[" calls "]}"
#define CALLED(valid, invalid)                                               \
	"{\"type\":\"ai\",\"data\":{\"content\":\"\",\"tool_calls\":[" valid \
	"]" invalid "}}"
#define REFUSED(args)                                                          \
	{                                                                      \
		CALLING(CALL(args)),                                           \
			CALLED("",                                             \
				",\"invalid_tool_calls\":[" INVALID(args) "]") \
	}

START_TEST(openai_form_becomes_langchain_form)
{
	static const struct row rows[] = {
		{ "{\"content\":\"Hi!\",\"role\":\"user\"}",
			"{\"type\":\"human\",\"data\":{\"content\":\"Hi!\"}}" },
		{ "{\"role\":\"user\",\"name\":\"bob\",\"content\":[{\"type\":"
		  "\"text\",\"text\":\"a\"}],\"x\":1.10,\"additional_kwargs\":"
		  "{}}",
			"{\"type\":\"human\",\"data\":{\"content\":[{\"type\":"
			"\"text\",\"text\":\"a\"}],\"name\":\"bob\","
			"\"additional_kwargs\":{\"x\":1.10,"
			"\"additional_kwargs\":{}}}}" },
		{ "{\"role\":\"developer\",\"content\":\"x\"}",
			"{\"type\":\"system\",\"data\":{\"content\":\"x\","
			"\"additional_kwargs\":{\"__openai_role__\":"
			"\"developer\"}}}" },
		{ "{\"role\":\"developer\",\"content\":\"x\","
		  "\"__openai_role__\":\"user\",\"y\":2}",
			"{\"type\":\"system\",\"data\":{\"content\":\"x\","
			"\"additional_kwargs\":{\"__openai_role__\":"
			"\"developer\",\"y\":2}}}" },
		{ "{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":"
		  "\"4\"}",
			"{\"type\":\"tool\",\"data\":{\"content\":\"4\","
			"\"tool_call_id\":\"c1\"}}" },
		{ "{\"role\":\"function\",\"name\":\"f\",\"content\":\"4\"}",
			"{\"type\":\"function\",\"data\":{\"content\":\"4\","
			"\"name\":\"f\"}}" },
		{ "{\"role\":\"cr\\u0069tic\",\"content\":\"x\"}",
			"{\"type\":\"generic\",\"data\":{\"content\":\"x\","
			"\"role\":\"cr\\u0069tic\"}}" },
		{ "{\"role\":\"assistant\",\"content\":null,\"function_call\":"
		  "{\"name\":\"f\",\"arguments\":\"{}\"},\"refusal\":null}",
			"{\"type\":\"ai\",\"data\":{\"content\":\"\","
			"\"additional_kwargs\":{\"function_call\":{\"name\":"
			"\"f\",\"arguments\":\"{}\"},\"refusal\":null}}}" },
		{ CALLING(CALL("\"{\\\"x\\\":1.10}\"")),
			CALLED(VALID("{\"x\":1.10}"), "") },
		{ CALLING(CALL("\" { \\\"\\\\u00e9 \\\" : [ ] }\\n\"")),
			CALLED(VALID("{\"\\u00e9 \":[]}"), "") },
		{ CALLING(CALL("\"{\\\"x\\\":\\\"\\\\ud83d\\\"}\"")),
			CALLED(VALID("{\"x\":\"\\ud83d\"}"), "") },
		{ CALLING(CALL("{\"x\":1}")), CALLED(VALID("{\"x\":1}"), "") },
		{ CALLING(CALL("\"{}\"") "," CALL("\"{\"") "," CALL(
			  "\"{}\"") "," CALL("\"\"")),
			CALLED(VALID("{}") "," VALID("{}"),
				",\"invalid_tool_calls\":[" INVALID(
					"\"{\"") "," INVALID("\"\"") "]") },
		REFUSED("\"[]\""),
		REFUSED("\"null\""),
		REFUSED("\"{}{}\""),
		REFUSED("\"{\\\"x\\\":\\\"\\ud83d\\\"}\""),
		REFUSED("\"{\\\"x\\\":\\\"\\u0000\\\"}\""),
		REFUSED("\"{\\\"a\\\":1,\\\"\\\\u0061\\\":2}\""),
		REFUSED("null"),
		REFUSED("7"),
		{ CALLING("{\"function\":{}}"),
			CALLED("", ",\"invalid_tool_calls\":[{\"name\":\"\","
				   "\"args\":\"\",\"error\":"
				   "\"Malformed args.\"}]") },
		{ "{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[]}",
			CALLED("", "") },
		{ CALLING(CALL(
			  "\"{}\"") ",{\"type\":\"custom\",\"custom\":{}}"),
			"{\"type\":\"ai\",\"data\":{\"content\":\"\","
			"\"additional_kwargs\":{\"tool_calls\":[" CALL(
				"\"{}\"") ",{\"type\":\"custom\","
					  "\"custom\":{}}]}}}" },
		{ "{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":"
		  "null}",
			"{\"type\":\"ai\",\"data\":{\"content\":\"\","
			"\"additional_kwargs\":{\"tool_calls\":null}}}" },
	};

	every_row_is(LANGCHAIN, rows, COUNT(rows));
}
END_TEST

START_TEST(langchain_form_becomes_openai_form)
{
#define STORED(type, data) "{\"type\":\"" type "\",\"data\":{" data "}}"
	static const struct row rows[] = {
		{ "\"Hi!\"", "{\"role\":\"user\",\"content\":\"Hi!\"}" },
		{ "[\"ai\",[\"a\"]]",
			"{\"role\":\"assistant\",\"content\":[{\"type\":"
			"\"text\",\"text\":\"a\"}]}" },
		{ "{\"x\":1.0,\"role\":\"user\",\"content\":[\"a\"]}",
			"{\"x\":1.0,\"role\":\"user\",\"content\":[\"a\"]}" },
		{ STORED("human", "\"content\":\"\\ud83d\",\"id\":\"x\","
				  "\"example\":false,\"name\":null"),
			"{\"role\":\"user\",\"content\":\"\\ud83d\"}" },
		{ STORED("human", "\"content\":[]"),
			"{\"role\":\"user\",\"content\":[]}" },
		{ STORED("human",
			  "\"content\":[{\"type\":\"text\",\"text\":\"a\"},"
			  "\"b\"],\"name\":\"bob\""),
			"{\"role\":\"user\",\"content\":[{\"type\":\"text\","
			"\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\"}],"
			"\"name\":\"bob\"}" },
		{ STORED("system", "\"content\":\"x\",\"additional_kwargs\":{"
				   "\"__openai_role__\":\"developer\"}"),
			"{\"role\":\"developer\",\"content\":\"x\"}" },
		{ STORED("system", "\"content\":\"x\",\"additional_kwargs\":{"
				   "\"__openai_role__\":7}"),
			"{\"role\":\"system\",\"content\":\"x\"}" },
		{ STORED("generic", "\"content\":\"x\",\"role\":\"critic\""),
			"{\"role\":\"critic\",\"content\":\"x\"}" },
		{ "{\"type\":\"chat\",\"role\":\"r\",\"content\":\"x\"}",
			"{\"role\":\"r\",\"content\":\"x\"}" },
		{ STORED("tool",
			  "\"content\":\"4\",\"tool_call_id\":\"c1\","
			  "\"status\":\"success\",\"artifact\":{\"a\":1},"
			  "\"response_metadata\":{},\"name\":\"f\""),
			"{\"role\":\"tool\",\"content\":\"4\",\"name\":\"f\","
			"\"tool_call_id\":\"c1\"}" },
		{ STORED("function", "\"content\":\"4\",\"name\":\"f\""),
			"{\"role\":\"function\",\"content\":\"4\",\"name\":"
			"\"f\"}" },
		{ STORED("ai",
			  "\"content\":\"x\",\"additional_kwargs\":{"
			  "\"refusal\":null,\"content\":1,\"role\":2,\"name\":"
			  "3,\"tool_call_id\":4,\"y\":1.10}"),
			"{\"role\":\"assistant\",\"content\":\"x\",\"refusal\":"
			"null,\"y\":1.10}" },
		{ STORED("ai", "\"content\":\"x\",\"additional_kwargs\":[7]"),
			"{\"role\":\"assistant\",\"content\":\"x\"}" },
		{ STORED("ai", "\"tool_calls\":[" VALID("{\"x\":1.10}") "]"),
			"{\"role\":\"assistant\",\"content\":null,"
			"\"tool_calls\":[" CALL("\"{\\\"x\\\":1.10}\"") "]}" },
		{ STORED("ai",
			  "\"content\":\"\",\"tool_calls\":[" VALID(
				  "{\"x\":\"\\ud83d\"}") "],"
							 "\"invalid_tool_"
							 "calls\":[" INVALID(
								 "\"{\\/"
								 "\"") "]"),
			"{\"role\":\"assistant\",\"content\":\"\","
			"\"tool_calls\":[" CALL("\"{\\\"x\\\":\\\"\\\\ud83d\\\"}\"") "," CALL(
				"\"{\\/\"") "]}" },
		{ STORED("ai", "\"content\":\"\",\"tool_calls\":[]"),
			"{\"role\":\"assistant\",\"content\":\"\"}" },
		{ STORED("ai", "\"content\":\"\",\"tool_calls\":[7,{}]"),
			"{\"role\":\"assistant\",\"content\":\"\","
			"\"tool_calls\":[{\"type\":\"function\",\"function\":{"
			"\"name\":\"\",\"arguments\":\"\"}}]}" },
		{ "{\"type\":\"ai\",\"content\":\"\",\"tool_calls\":[" CALL(
			  "\"{}\"") "]}",
			"{\"role\":\"assistant\",\"content\":\"\","
			"\"tool_calls\":[" CALL("\"{}\"") "]}" },
#define RAW ",\"additional_kwargs\":{\"tool_calls\":[" CALL("\"{}\"") "]}"
		{ STORED("ai", "\"content\":\"\",\"tool_calls\":[]" RAW),
			"{\"role\":\"assistant\",\"content\":\"\","
			"\"tool_calls\":[" CALL("\"{}\"") "]}" },
		{ STORED("ai", "\"content\":\"\",\"tool_calls\":[" VALID(
				       "{\"x\":1}") "]" RAW),
			"{\"role\":\"assistant\",\"content\":\"\","
			"\"tool_calls\":[" CALL("\"{\\\"x\\\":1}\"") "]}" },
	};

	every_row_is(OPENAI, rows, COUNT(rows));
}
END_TEST

START_TEST(a_line_names_its_speaker)
{
	static const struct row rows[] = {
		{ "\"Hi!\"", "Human: Hi!" },
		{ "[\"assistant\",\"\"]", "AI: " },
		{ "{\"role\":\"developer\",\"content\":\"x\"}", "System: x" },
		{ STORED("human", "\"content\":\"l1\\nl2\",\"name\":\"bob\""),
			"Human: bob, l1\nl2" },
		{ STORED("human", "\"content\":\"x\",\"name\":\"\""),
			"Human: x" },
		{ STORED("human", "\"content\":\"x\",\"name\":null"),
			"Human: x" },
		{ STORED("tool", "\"content\":\"4\",\"tool_call_id\":\"c\""),
			"Tool: 4" },
		{ STORED("function", "\"content\":\"4\",\"name\":\"calc\""),
			"Function: calc, 4" },
		{ STORED("generic", "\"content\":\"x\",\"role\":\"cr\\u00eftic"
				    "\",\"name\":\"bob\""),
			"cr\xc3\xaftic: bob, x" },
		{ "{\"role\":\"\",\"content\":\"x\"}", ": x" },
		{ "{\"type\":\"chat\",\"role\":\"r\",\"content\":\"x\"}",
			"r: x" },
	};

	every_row_is(PLAIN, rows, COUNT(rows));
}
END_TEST

START_TEST(a_line_shows_content_as_langchain_does)
{
#define SILENT "\"tool_calls\":[{}]"
	static const struct row rows[] = {
		{ STORED("ai", "\"content\":[]"), "AI: []" },
		{ STORED("ai", "\"content\":[\"a\",{\"t\":\"\\u00e9\",\"1\":"
			       "1.0}]"),
			"AI: [\n  \"a\",\n  {\n    \"1\": 1,\n    \"t\": "
			"\"\xc3\xa9\"\n  }\n]" },
		{ STORED("ai", "\"content\":null," SILENT), "AI: null" },
		{ STORED("ai", SILENT), "AI: undefined" },
		{ "{\"type\":\"ai\"," SILENT "}", "AI: undefined" },
		{ "{\"role\":\"assistant\",\"content\":null," SILENT "}",
			"AI: " },
		{ "{\"role\":\"assistant\"," SILENT "}", "AI: " },
		{ "[\"ai\",[\"\\ud83d\"]]", "AI: [\n  \"\\ud83d\"\n]" },
		{ "\"\\ud83d|\\ud83d\\ude42|\\u00e9\\/\"",
			"Human: \xef\xbf\xbd|\xf0\x9f\x99\x82|\xc3\xa9/" },
	};

	every_row_is(PLAIN, rows, COUNT(rows));
}
END_TEST

START_TEST(inside_of_json_escapes_stay_as_they_were)
{
	static const struct row rows[] = {
		{ "\"\\ud83d|\\u00e9\\/\\u0000\\n\\\"\xc3\xa9\"",
			"Human: \\ud83d|\\u00e9\\/\\u0000\\n\\\"\xc3\xa9" },
		{ "{\"role\":\"\\ud83d\",\"name\":\"\\ude42\\\"\",\"content\":"
		  "\"\"}",
			"\\ud83d: \\ude42\\\", " },
		{ "[\"ai\",[\"\\ud83d\\n\"]]",
			"AI: [\\n  \\\"\\\\ud83d\\\\n\\\"\\n]" },
	};

	every_row_is(JSON, rows, COUNT(rows));
}
END_TEST

START_TEST(u_0000_is_a_character_like_any_other)
{
	struct parsed parsed = { 0 };
	struct text seen = { 0 };

	put(&seen, parse(&parsed, SLICE("\"a\\u0000b\"")), PLAIN);
	ck_assert(slice_equal(text_view(&seen), SLICE("Human: a\0b")));
	text_clear(&seen);
	parsed_clear(&parsed);
}
END_TEST

START_TEST(prefixes_are_text_of_any_kind)
{
	static const struct format_prefixes own = { { "\"H\n\0", 4 },
		{ "\xc3\xa9", 2 } };
	struct parsed parsed = { 0 };
	struct text seen = { 0 };
	const struct message *messages = parse(&parsed, SLICE("\"a\",[\"ai\","
							      "\"b\"]"));

	format_text(&seen, &messages[0], &own, FORMAT_JSON);
	format_text(&seen, &messages[1], &own, FORMAT_JSON);
	is(text_view(&seen), "\\\"H\\n\\u0000: a\xc3\xa9: b");
	seen.length = 0;
	format_text(&seen, &messages[0], &own, FORMAT_PLAIN);
	ck_assert(slice_equal(text_view(&seen), SLICE("\"H\n\0: a")));
	text_clear(&seen);
	parsed_clear(&parsed);
}
END_TEST

/* Messages of every form and of many shapes. */
static const char *const samples[] = {
	"\"Hi!\"",
	"[\"user\",[\"a\",{\"b\":1}]]",
	"{\"type\":\"human\",\"data\":" STRANGE "}",
	"{\"type\":\"chat\",\"content\":\"\",\"role\":\"\",\"x\":{\"a\":[]}}",
	"{\"role\":\"developer\",\"content\":\"x\",\"z\":1.10}",
	"{\"role\":\"critic\",\"content\":[],\"name\":\"n\"}",
	"{\"role\":\"tool\",\"content\":\"4\",\"tool_call_id\":\"c\"}",
	CALLING(CALL("\"{\\\"x\\\":[1.10]}\"") "," CALL("\"{\"")),
	CALLING("{\"type\":\"custom\",\"custom\":{}}"),
	"{\"role\":\"assistant\",\"function_call\":{\"name\":\"f\"}}",
};

/* Writes a message, reads that and writes it again: nothing changes. */
static void survives(const char *sample, enum style style)
{
	struct parsed first = { 0 }, second = { 0 };
	struct text once = { 0 }, twice = { 0 }, line = { 0 };
	const struct message *message = parse(&first, slice_of(sample));

	put(&once, message, style);
	put(&twice, parse(&second, text_view(&once)), style);
	ck_assert_msg(slice_equal(text_view(&once), text_view(&twice)),
		"%.*s\n%.*s", (int)once.length, once.data, (int)twice.length,
		twice.data);
	once.length = 0;
	put(&once, message, JSON);
	put(&line, second.list.items, JSON);
	ck_assert(slice_equal(text_view(&once), text_view(&line)));
	text_clear(&once);
	text_clear(&twice);
	text_clear(&line);
	parsed_clear(&first);
	parsed_clear(&second);
}

START_TEST(what_is_written_can_be_read_and_is_the_same)
{
	for (size_t i = 0; i < COUNT(samples); i++) {
		survives(samples[i], LANGCHAIN);
		survives(samples[i], PYTHON);
	}
}
END_TEST

START_TEST(openai_form_survives_the_way_through_langchain)
{
	static const char *const rows[] = {
		"{\"role\":\"developer\",\"content\":\"x\",\"z\":1.10}",
		"{\"role\":\"critic\",\"content\":\"x\",\"name\":\"n\"}",
		"{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[" CALL(
			"\"{\\\"x\\\":\\\"\\\\ud83d\\\"}\"") "," CALL("\"{\"") "],\"refusal\":null}",
		"{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[{"
		"\"type\":\"custom\",\"custom\":{}}]}",
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct parsed first = { 0 }, second = { 0 };
		struct text langchain = { 0 }, back = { 0 };

		put(&langchain, parse(&first, slice_of(rows[i])), LANGCHAIN);
		put(&back, parse(&second, text_view(&langchain)), OPENAI);
		is(text_view(&back), rows[i]);
		text_clear(&langchain);
		text_clear(&back);
		parsed_clear(&first);
		parsed_clear(&second);
	}
}
END_TEST

/* Arguments of `depth` levels, in the place where they are deepest. */
static void nested(struct text *out, size_t depth)
{
	text_string(out, "{\"role\":\"assistant\",\"tool_calls\":[{"
			 "\"function\":{\"arguments\":\"{\\\"a\\\":");
	for (size_t i = 1; i < depth; i++)
		text_string(out, "[");
	for (size_t i = 1; i < depth; i++)
		text_string(out, "]");
	text_string(out, "}\"}}]}");
}

START_TEST(arguments_are_never_too_deep_to_be_sent_back)
{
	for (size_t depth = 50; depth < 70; depth++) {
		const struct json_limits limits = { 64, 1000000 };
		struct json_scratch scratch = { 0 };
		struct parsed parsed = { 0 };
		struct text message = { 0 }, seen = { 0 };
		bool spaced;

		nested(&message, depth);
		text_string(&seen, "{\"messages\":[{");
		format_langchain(
			&seen, parse(&parsed, text_view(&message)), false);
		text_string(&seen, "}]}");
		ok(json_scan(
			text_view(&seen), &limits, &scratch, &spaced, &error));
		text_append(&seen, "", 1);
		ck_assert(!strstr(seen.data, "Malformed") == (depth <= 58));
		json_scratch_clear(&scratch);
		text_clear(&message);
		text_clear(&seen);
		parsed_clear(&parsed);
	}
}
END_TEST

START_TEST(a_text_that_finds_no_memory_has_failed)
{
	for (size_t i = 0; i < COUNT(samples) * 5; i++) {
		struct parsed parsed = { 0 };
		const struct message *message =
			parse(&parsed, slice_of(samples[i / 5]));

		while (failing_next()) {
			struct text seen = { 0 };

			put(&seen, message, (enum style)(i % 5));
			ck_assert_int_eq(failing_stop(), seen.failed);
			text_clear(&seen);
		}
		parsed_clear(&parsed);
	}
}
END_TEST

UNIT("format", langchain_form_keeps_data_as_it_came,
	python_calls_a_generic_message_chat, openai_form_becomes_langchain_form,
	langchain_form_becomes_openai_form, a_line_names_its_speaker,
	a_line_shows_content_as_langchain_does,
	inside_of_json_escapes_stay_as_they_were,
	u_0000_is_a_character_like_any_other, prefixes_are_text_of_any_kind,
	what_is_written_can_be_read_and_is_the_same,
	openai_form_survives_the_way_through_langchain,
	arguments_are_never_too_deep_to_be_sent_back,
	a_text_that_finds_no_memory_has_failed)
