/* SPDX-License-Identifier: MIT */
/*
 * test_template.c - templates fall into pieces as LangChain's do.
 */
#include "schema/llm/template.h"

#include "tests/unit/unit.h"

/* Variables are written <so>. */
static int pieces(const char *template, struct text *out, struct error *why)
{
	struct slice rest = slice_of(template);
	struct template_piece piece;
	int more;

	out->length = 0;
	while ((more = template_next(&rest, &piece, why)) > 0) {
		text_string(out, piece.variable ? "<" : "");
		text_slice(out, piece.text);
		text_string(out, piece.variable ? ">" : "");
	}
	return more;
}

static void falls_into(const char *template, const char *expected)
{
	struct text out = { 0 };

	ok(pieces(template, &out, &error));
	is(text_view(&out), expected);
	text_clear(&out);
}

static void is_refused(const char *template, const char *words)
{
	struct text out = { 0 };

	fails(pieces(template, &out, &error), ERROR_INVALID);
	says_first(words);
	ck_assert_str_eq(error.message + strlen(words),
		" a brace that stands for itself is written {{ or }}");
	text_clear(&out);
}

START_TEST(names_stand_between_braces)
{
	falls_into("", "");
	falls_into("plain", "plain");
	falls_into("{a}", "<a>");
	falls_into("a{b}c{d}", "a<b>c<d>");
	falls_into("{}{ a }{a b}", "<>< a ><a b>");
	falls_into("{a{b}", "<a{b>");
	falls_into("{a\n}\xc3\xa9", "<a\n>\xc3\xa9");
}
END_TEST

START_TEST(two_braces_are_one)
{
	falls_into("{{a}}", "{a}");
	falls_into("{{{a}}}", "{<a>}");
	falls_into("}}{{", "}{");
	falls_into("{{}}{{}}", "{}{}");
}
END_TEST

START_TEST(a_brace_alone_is_refused)
{
	is_refused("}", "Single '}' in template;");
	is_refused("{a}}", "Single '}' in template;");
	is_refused("a } b", "Single '}' in template;");
	is_refused("{", "Unclosed '{' in template;");
	is_refused("{{{a", "Unclosed '{' in template;");
}
END_TEST

UNIT("template", names_stand_between_braces, two_braces_are_one,
	a_brace_alone_is_refused)
