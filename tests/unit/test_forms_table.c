/* SPDX-License-Identifier: MIT */
/* test_forms_table.c - every form has what the table promises. */
#include "schema/forms/form.h"

#include "tests/unit/parsed.h"

static const struct {
	const char *body; /* with ' for " */
	enum message_form form;
} came[] = {
	{ "{'type':'human','data':{'content':'Hi!'}}", MESSAGE_STORED },
	{ "{'type':'human','content':'Hi!'}", MESSAGE_FLAT },
	{ "{'role':'user','content':'Hi!'}", MESSAGE_OPENAI },
	{ "['user','Hi!']", MESSAGE_TUPLE },
	{ "'Hi!'", MESSAGE_TEXT },
	{ "{'lc':1,'type':'constructor','id':['langchain_core','messages',"
	  "'HumanMessage'],'kwargs':{'content':'Hi!'}}",
		MESSAGE_SERIALISED },
};

static struct parsed parsed_one(size_t i)
{
	struct parsed parsed = { 0 };
	struct text several = { 0 };

	/* An array would be a list of messages, not a tuple. */
	text_format(&several, "[%s]", came[i].body);
	text_append(&several, "", 1);
	ok(parse(&parsed, several.data));
	text_clear(&several);
	return parsed;
}

START_TEST(each_form_recognises_its_own)
{
	for (size_t i = 0; i < COUNT(came); i++) {
		struct parsed parsed = parsed_one(i);

		ck_assert_int_eq(parsed.list.items[0].form, came[i].form);
		ck_assert_ptr_eq(form_of(came[i].form),
			form_of(parsed.list.items[0].form));
		parsed_clear(&parsed);
	}
}
END_TEST

START_TEST(each_form_goes_out_as_it_came)
{
	for (size_t i = 0; i < COUNT(came); i++) {
		struct parsed parsed = parsed_one(i);
		struct text out = { 0 };

		form_of(came[i].form)->sent(&out, parsed.list.items);
		is_quoted(text_view(&out), came[i].body);
		text_clear(&out);
		parsed_clear(&parsed);
	}
}
END_TEST

START_TEST(each_form_has_the_data_of_langchain)
{
	for (size_t i = 0; i < COUNT(came); i++) {
		struct parsed parsed = parsed_one(i);
		struct text out = { 0 };

		form_of(came[i].form)->data(&out, parsed.list.items);
		is_quoted(text_view(&out), "{'content':'Hi!'}");
		text_clear(&out);
		parsed_clear(&parsed);
	}
}
END_TEST

START_TEST(each_name_is_a_form_that_is_written)
{
	struct text names = { 0 };

	form_names(&names);
	is(text_view(&names),
		"langchain, langchain-python, openai-items, ai-sdk, openai or text");
	text_clear(&names);
	ck_assert_ptr_eq(form_named(SLICE("langchain")), form_default());
	ck_assert_ptr_nonnull(form_named(SLICE("langchain-python"))->write);
	ck_assert_ptr_nonnull(form_named(SLICE("openai"))->write);
	ck_assert_int_eq(form_named(SLICE("text"))->shape, FORM_LINE);
	ck_assert_ptr_null(form_named(SLICE("")));
	ck_assert_ptr_null(form_named(SLICE("flat")));
}
END_TEST

/* A file that an earlier version wrote has them. */
START_TEST(the_numbers_of_forms_stay_what_they_were)
{
	ck_assert_int_eq(MESSAGE_STORED, 1);
	ck_assert_int_eq(MESSAGE_FLAT, 2);
	ck_assert_int_eq(MESSAGE_OPENAI, 3);
	ck_assert_int_eq(MESSAGE_TUPLE, 4);
	ck_assert_int_eq(MESSAGE_TEXT, 5);
	ck_assert_int_eq(MESSAGE_SERIALISED, 6);
	ck_assert_int_eq(MESSAGE_OLLAMA, 7);
	ck_assert_int_eq(MESSAGE_UI, 8);
	ck_assert_int_eq(MESSAGE_ITEM, 9);
}
END_TEST

/* A later version may have kept a message in another one. */
START_TEST(a_number_of_no_form_is_read_as_a_text)
{
	for (int number = 10; number < 200; number++) {
		const enum message_form form = (enum message_form)number;

		ck_assert_ptr_eq(form_of(form), form_named(SLICE("text")));
		ck_assert_int_eq(message_form_body(form), 0);
		ck_assert_str_eq(message_form_place(form), "");
	}
}
END_TEST

UNIT("forms_table", each_form_recognises_its_own, each_form_goes_out_as_it_came,
	each_form_has_the_data_of_langchain,
	each_name_is_a_form_that_is_written,
	the_numbers_of_forms_stay_what_they_were,
	a_number_of_no_form_is_read_as_a_text)
