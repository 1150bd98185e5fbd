/* SPDX-License-Identifier: MIT */
/*
 * test_json_python.c - JSON values as Python prints them.
 */
#include "schema/json/python.h"

#include "tests/unit/failing.h"
#include "tests/unit/unit.h"

static void prints(const char *json, const char *wanted)
{
	struct text out = { 0 };

	json_python_repr(&out, slice_of(json));
	is(text_view(&out), wanted);
	text_clear(&out);
}

/* What Python 3.11 says. */
START_TEST(values_are_spelled_as_python_spells_them)
{
	prints("null", "None");
	prints("[true,false,[],{}]", "[True, False, [], {}]");
	prints("{\"b\":1,\"a\":{\"\":[null]}}", "{'b': 1, 'a': {'': [None]}}");
}
END_TEST

START_TEST(whole_numbers_have_any_length_and_others_are_doubles)
{
	prints("123456789012345678901234567890",
		"123456789012345678901234567890");
	prints("[-0,-0.0,0.0,1e400,-1e400]", "[0, -0.0, 0.0, inf, -inf]");
	prints("[1.0,1.10,1e5,1E-4,1e-5]",
		"[1.0, 1.1, 100000.0, 0.0001, 1e-05]");
	prints("[1e15,1e16,1e17,1e100]",
		"[1000000000000000.0, 1e+16, 1e+17, 1e+100]");
	prints("[12345678901234567.0,9999999999999998.0]",
		"[1.2345678901234568e+16, 9999999999999998.0]");
	prints("[5e-324,1.5e-7,123456.789]", "[5e-324, 1.5e-07, 123456.789]");
}
END_TEST

START_TEST(strings_have_the_quotes_and_escapes_of_repr)
{
	prints("\"it's\"", "\"it's\"");
	prints("\"it's \\\"x\\\"\"", "'it\\'s \"x\"'");
	prints("\"\\u0000\\t\\n\\r\\u001b\\u007f\\\\\\/\"",
		"'\\x00\\t\\n\\r\\x1b\\x7f\\\\/'");
	prints("\"\xc3\xa9\\u00e9 \xe6\x97\xa5\xf0\x9f\x98\x80\"",
		"'\xc3\xa9\xc3\xa9 \xe6\x97\xa5\xf0\x9f\x98\x80'");
	prints("\"\\u0085\\u00a0\\u00ad\\u200b\\u3000\\ue000\\udb40\\udc01\"",
		"'\\x85\\xa0\\xad\\u200b\\u3000\\ue000\\U000e0001'");
	prints("\"a\xc3\xa9\xc2\xa0\xc3\xa9\\ud83d'\"",
		"\"a\xc3\xa9\\xa0\xc3\xa9\\ud83d'\"");
}
END_TEST

START_TEST(want_of_memory_is_noticed)
{
	while (failing_next()) {
		struct text out = { 0 };
		bool failed;

		json_python_repr(&out, SLICE("{\"a\":[\"\xc3\xa9\",1.5]}"));
		failed = failing_stop();
		ck_assert(out.failed == failed);
		text_clear(&out);
	}
}
END_TEST

UNIT("python", values_are_spelled_as_python_spells_them,
	whole_numbers_have_any_length_and_others_are_doubles,
	strings_have_the_quotes_and_escapes_of_repr, want_of_memory_is_noticed)
