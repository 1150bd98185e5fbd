/* SPDX-License-Identifier: MIT */
/* test_settings.c - the options of a memory, as JSON and in a query. */
#include "schema/memory/settings.h"

#include <string.h>

#include "tests/unit/failing.h"
#include "tests/unit/unit.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define DEFAULTS                                                      \
	"class=buffer k=5 memory_key=history input_key- output_key- " \
	"return_messages=false human_prefix=Human ai_prefix=AI"

static void put_text(
	struct text *out, const char *name, const struct text *value)
{
	text_format(out, " %s=", name);
	text_slice(out, text_view(value));
}

static void put_key(struct text *out, const char *name, bool present,
	const struct text *value)
{
	if (present)
		put_text(out, name, value);
	else
		text_format(out, " %s-", name);
}

/* Everything, in one line. */
static void describe(struct text *out, const struct settings *settings)
{
	text_string(out, "class=");
	text_slice(out, text_view(&settings->class));
	text_string(out, " k=");
	text_number(out, settings->k);
	put_text(out, "memory_key", &settings->memory_key);
	put_key(out, "input_key", settings->has_input_key,
		&settings->input_key);
	put_key(out, "output_key", settings->has_output_key,
		&settings->output_key);
	text_format(out, " return_messages=%s",
		settings->return_messages ? "true" : "false");
	put_text(out, "human_prefix", &settings->human_prefix);
	put_text(out, "ai_prefix", &settings->ai_prefix);
}

static void settings_are(const struct settings *settings, const char *expected)
{
	struct text seen = { 0 };

	describe(&seen, settings);
	is(text_view(&seen), expected);
	text_clear(&seen);
}

START_TEST(the_defaults_are_those_of_langchain)
{
	struct settings settings = { 0 };

	ok(settings_default(&settings, &error));
	settings_are(&settings, DEFAULTS);
	settings_clear(&settings);
	ck_assert_ptr_null(settings.class.data);
}
END_TEST

START_TEST(an_object_sets_what_it_names)
{
	static const struct {
		const char *object;
		const char *expected;
	} rows[] = {
		{ "{}", DEFAULTS },
		{ "{\"class\":\"window\",\"k\":0,\"memory_key\":\"\","
		  "\"input_key\":\"in\",\"output_key\":\"\","
		  "\"return_messages\":true,\"human_prefix\":\"\","
		  "\"ai_prefix\":\"\\u00e9\"}",
			"class=window k=0 memory_key= input_key=in "
			"output_key= return_messages=true human_prefix= "
			"ai_prefix=\xc3\xa9" },
		{ "{\"k\":9223372036854775807}",
			"class=buffer k=9223372036854775807 memory_key=history "
			"input_key- output_key- return_messages=false "
			"human_prefix=Human ai_prefix=AI" },
		{ "{\"return_messages\":false}", DEFAULTS },
		{ "{\"\\u006b\":7,\"ai_prefix\":\"\\ud83d\\ude42\"}",
			"class=buffer k=7 memory_key=history input_key- "
			"output_key- return_messages=false human_prefix=Human "
			"ai_prefix=\xf0\x9f\x99\x82" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct settings settings = { 0 };

		ok(settings_default(&settings, &error));
		ok(settings_from_json(
			&settings, slice_of(rows[i].object), &error));
		settings_are(&settings, rows[i].expected);
		settings_clear(&settings);
	}
}
END_TEST

START_TEST(null_means_the_default)
{
	struct settings settings = { 0 };

	ok(settings_default(&settings, &error));
	ok(settings_from_json(&settings,
		SLICE("{\"class\":\"x\",\"k\":1,\"memory_key\":\"x\","
		      "\"input_key\":\"x\",\"output_key\":\"x\","
		      "\"return_messages\":true,\"human_prefix\":\"x\","
		      "\"ai_prefix\":\"x\"}"),
		&error));
	ok(settings_from_json(&settings,
		SLICE("{\"class\":null,\"k\":null,\"memory_key\":null,"
		      "\"input_key\":null,\"output_key\":null,"
		      "\"return_messages\":null,\"human_prefix\":null,"
		      "\"ai_prefix\":null}"),
		&error));
	settings_are(&settings, DEFAULTS);
	settings_clear(&settings);
}
END_TEST

START_TEST(an_object_with_another_value_is_refused)
{
#define NUMBER " must be a whole number, 0 or more"
#define STRING " must be a string, without half a surrogate pair"
#define STRINGS                                       \
	" must be langchain-js-0.3, langchain-js-1, " \
	"langchain-python or langchain-python-0.3"
	static const struct {
		const char *object;
		const char *expected;
	} rows[] = {
		{ "[]", "memory must be an object" },
		{ "null", "memory must be an object" },
		{ "{\"foo\":1}", "unknown member memory.foo" },
		{ "{\"K\":1}", "unknown member memory.K" },
		{ "{\"k\":-1}", "memory.k" NUMBER },
		{ "{\"k\":1.5}", "memory.k" NUMBER },
		{ "{\"k\":1.0}", "memory.k" NUMBER },
		{ "{\"k\":1e1}", "memory.k" NUMBER },
		{ "{\"k\":9223372036854775808}", "memory.k" NUMBER },
		{ "{\"k\":\"5\"}", "memory.k" NUMBER },
		{ "{\"k\":true}", "memory.k" NUMBER },
		{ "{\"class\":7}", "memory.class" STRING },
		{ "{\"memory_key\":[]}", "memory.memory_key" STRING },
		{ "{\"input_key\":false}", "memory.input_key" STRING },
		{ "{\"output_key\":\"\\ud83d\"}", "memory.output_key" STRING },
		{ "{\"human_prefix\":\"\\ude42\"}",
			"memory.human_prefix" STRING },
		{ "{\"ai_prefix\":{}}", "memory.ai_prefix" STRING },
		{ "{\"string_format\":\"xml\"}",
			"memory.string_format" STRINGS ", not \"xml\"" },
		{ "{\"string_format\":7}",
			"memory.string_format" STRINGS ", not 7" },
		{ "{\"return_messages\":\"true\"}",
			"memory.return_messages must be true or false" },
		{ "{\"return_messages\":1}",
			"memory.return_messages must be true or false" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct settings settings = { 0 };

		ok(settings_default(&settings, &error));
		fails(settings_from_json(
			      &settings, slice_of(rows[i].object), &error),
			ERROR_INVALID);
		says_first(rows[i].expected);
		settings_are(&settings, DEFAULTS);
		settings_clear(&settings);
	}
}
END_TEST

START_TEST(a_query_sets_one_at_a_time)
{
	static const struct {
		const char *name;
		const char *value;
		int result;
		const char *error;
	} rows[] = {
		{ "class", "window", 1, "" },
		{ "k", "0", 1, "" },
		{ "k", "12", 1, "" },
		{ "input_key", "", 1, "" },
		{ "output_key", "a", 1, "" },
		{ "return_messages", "true", 1, "" },
		{ "return_messages", "false", 1, "" },
		{ "human_prefix", "", 1, "" },
		{ "ai_prefix", "Bot", 1, "" },
		{ "string_format", "langchain-python", 1, "" },
		{ "string_format", "", -1,
			"string_format" STRINGS ", not \"\"" },
		{ "limit", "7", 0, "" },
		{ "K", "7", 0, "" },
		{ "", "7", 0, "" },
		{ "return_messages", "1", 1, "" },
		{ "return_messages", "True", 1, "" },
		{ "return_messages", "0", 1, "" },
		{ "k", "", -1, "k" NUMBER ", not \"\"" },
		{ "k", "-1", -1, "k" NUMBER ", not \"-1\"" },
		{ "k", "-0", -1, "k" NUMBER ", not \"-0\"" },
		{ "k", "+1", -1, "k" NUMBER ", not \"+1\"" },
		{ "k", "1x", -1, "k" NUMBER ", not \"1x\"" },
		{ "k", "9223372036854775808", -1,
			"k" NUMBER ", not \"9223372036854775808\"" },
		{ "return_messages", "yes", -1,
			"return_messages must be true or false, not \"yes\"" },
		{ "return_messages", "", -1,
			"return_messages must be true or false, not \"\"" },
	};
	struct settings settings = { 0 };

	ok(settings_default(&settings, &error));
	for (size_t i = 0; i < COUNT(rows); i++) {
		error = (struct error){ 0 };
		ck_assert_int_eq(
			settings_from_query(&settings, slice_of(rows[i].name),
				slice_of(rows[i].value), &error),
			rows[i].result);
		says(rows[i].error);
	}
	settings_are(&settings,
		"class=window k=12 memory_key=history input_key= output_key=a "
		"return_messages=false human_prefix= ai_prefix=Bot");
	settings_clear(&settings);
}
END_TEST

START_TEST(u_0000_is_a_character_like_any_other)
{
	struct settings settings = { 0 };

	ok(settings_from_json(
		&settings, SLICE("{\"ai_prefix\":\"a\\u0000b\"}"), &error));
	ck_assert(slice_equal(text_view(&settings.ai_prefix), SLICE("a\0b")));
	ok(settings_from_query(
		&settings, SLICE("memory_key"), SLICE("\0"), &error));
	ck_assert_uint_eq(settings.memory_key.length, 1);
	settings_clear(&settings);
}
END_TEST

START_TEST(settings_that_find_no_memory_say_so)
{
	while (failing_next()) {
		struct settings settings = { 0 };
		struct error why = { 0 };
		int result = settings_default(&settings, &why);
		bool failed;

		if (result == 0)
			result = settings_from_json(&settings,
				SLICE("{\"input_key\":\"a\",\"ai_prefix\":"
				      "null}"),
				&why);
		if (result == 0)
			result = settings_from_query(&settings,
				SLICE("output_key"), SLICE("a"), &why);
		failed = failing_stop();
		ck_assert_int_eq(result, failed ? -1 : 1);
		ck_assert_int_eq(
			why.code, failed ? ERROR_UNAVAILABLE : ERROR_NONE);
		settings_clear(&settings);
	}
}
END_TEST

UNIT("settings", the_defaults_are_those_of_langchain,
	an_object_sets_what_it_names, null_means_the_default,
	an_object_with_another_value_is_refused, a_query_sets_one_at_a_time,
	u_0000_is_a_character_like_any_other,
	settings_that_find_no_memory_say_so)
