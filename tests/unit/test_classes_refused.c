/* SPDX-License-Identifier: MIT */
/*
 * test_classes_refused.c - what a memory class may not do.
 */
#include "tests/unit/tested_class.h"

/* A class that gives a value without saying of what. */
static int no_variable(struct memory *memory)
{
	return memory->host->json(memory, SLICE(",1"));
}

static const struct memory_class untitled = {
	.interface = MEMORY_INTERFACE,
	.name = "untitled",
	.load_variables = no_variable,
};
static const struct memory_class *const two[] = { &tested, &untitled };

static int no_words(struct memory *memory)
{
	(void)memory;
	return MEMORY_FAILED;
}

static int strange_result(struct memory *memory)
{
	(void)memory;
	return 7;
}

static int again_for_nothing(struct memory *memory)
{
	(void)memory;
	return MEMORY_AGAIN;
}

static int bad_json(struct memory *memory)
{
	return value(memory, "{\"a\":");
}

static int no_value(struct memory *memory)
{
	return memory->host->variable(memory, SLICE("v"));
}

static int bad_utf8(struct memory *memory)
{
	return memory->host->variable(memory, SLICE("v")) ||
	       memory->host->string(memory, SLICE("\xff"));
}

static int a_failure_ignored(struct memory *memory)
{
	(memory->host->fail)(memory, "it is %s", "Monday");
	return value(memory, "1");
}

static int a_refusal(struct memory *memory)
{
	return memory->host->refuse(memory, "no \"%s\" today", "x");
}

static int keep_in_load(struct memory *memory)
{
	const struct memory_state state = { 0 };

	return memory->host->keep(memory, &state);
}

static int add_in_load(struct memory *memory)
{
	return memory->host->add(memory, "human", SLICE("{\"content\":\"a\"}"));
}

static int endless(struct memory *memory)
{
	static int number;
	struct text *text = memory->host->text(memory);
	struct slice answer;

	text_number(text, number++);
	return memory->host->ask(
		memory, MEMORY_COMPLETE, text_view(text), &answer);
}

static int embed(struct memory *memory)
{
	struct slice answer;

	return memory->host->ask(memory, MEMORY_EMBED, SLICE("a"), &answer);
}

static int twice(struct memory *memory)
{
	return value(memory, "1") || value(memory, "2");
}

static int read_again(void *context, const struct memory_message *message)
{
	struct memory *memory = context;
	int64_t after;

	(void)message;
	return memory->host->back(memory, 0, 1, &after);
}

static int nested(struct memory *memory)
{
	return memory->host->each(memory, 0, 0, read_again, memory) ||
	       value(memory, "1");
}

static int many_variables(struct memory *memory)
{
	for (int i = 0; i <= 100; i++) {
		struct text *name = memory->host->text(memory);

		text_number(name, i);
		if (memory->host->variable(memory, text_view(name)) ||
			memory->host->json(memory, SLICE("1")))
			return MEMORY_FAILED;
	}
	return MEMORY_DONE;
}

/* Goes on whatever it is told. */
static int pieces;
static int huge(struct memory *memory)
{
	static char piece[1 << 20];

	memset(piece, '1', sizeof(piece));
	memory->host->variable(memory, SLICE("v"));
	for (int i = 0; i < 100; i++)
		pieces += memory->host->json(memory,
				  (struct slice){ piece, sizeof(piece) }) ==
			  MEMORY_DONE;
	return MEMORY_DONE;
}

static const struct {
	int (*function)(struct memory *memory);
	enum error_code code;
	const char *words;
} failures[] = {
	{ no_words, ERROR_INTERNAL,
		FAILED "it returned -1 without saying why" },
	{ strange_result, ERROR_INTERNAL,
		FAILED "it returned 7 without saying why" },
	{ again_for_nothing, ERROR_INTERNAL,
		FAILED "it returned 1 without saying why" },
	{ bad_json, ERROR_INTERNAL,
		FAILED "the value of a variable is no JSON: " },
	{ no_value, ERROR_INTERNAL,
		FAILED "the value of a variable is no JSON: " },
	{ bad_utf8, ERROR_INTERNAL,
		FAILED "the value of a variable is no JSON: " },
	{ no_variable, ERROR_INTERNAL,
		FAILED "a value came without its variable" },
	{ a_failure_ignored, ERROR_INTERNAL, FAILED "it is Monday" },
	{ a_refusal, ERROR_INVALID, "no \"x\" today" },
	{ keep_in_load, ERROR_INTERNAL,
		FAILED "it may keep in save_context, clear and reflect only" },
	{ add_in_load, ERROR_INTERNAL,
		FAILED "it may add in save_context only" },
	{ endless, ERROR_INTERNAL, FAILED "it asks more than 300 questions" },
	{ embed, ERROR_NOT_CONFIGURED,
		"the memory class \"tested\" needs a language model: give "
		"--llm-url and --llm-embedding-model" },
	{ nested, ERROR_INTERNAL,
		FAILED "it reads or keeps something while it visits" },
	{ twice, ERROR_INVALID,
		"The same variables v are found in multiple memory objects, "
		"which is not allowed by CombinedMemory." },
	{ many_variables, ERROR_INVALID,
		"there are more than 100 memory variables" },
	{ huge, ERROR_TOO_LARGE, "the memory is larger than 32 MiB" },
};
#define FAILURES ((int)(sizeof(failures) / sizeof(*failures)))

START_TEST(what_a_class_does_wrong_is_said)
{
	struct text out = { 0 };

	turn("a", "b");
	for (int i = 0; i < FAILURES; i++) {
		use(failures[i].function);
		fails(load_values(SLICE(""), &out, &error), failures[i].code);
		says_first(failures[i].words);
		ck_assert_uint_eq(out.length, 0);
	}
	ck_assert_int_eq(pieces, 32);
	text_clear(&out);
}
END_TEST

static int show_output(struct memory *memory)
{
	const struct memory_host *host = memory->host;

	return host->variable(memory, SLICE("v")) ||
	       host->string(
		       memory, host->value_text(memory, host->outputs(memory)));
}

START_TEST(what_was_not_given_has_no_text)
{
	use(show_output);
	loads("{\"v\":\"\"}");
}
END_TEST

static int add_more(struct memory *memory)
{
	return memory->host->add(memory, "human",
		SLICE("{\"content\":\"a\"},\"id\":\"of another\""));
}

START_TEST(what_is_added_is_data_and_no_more)
{
	use(add_more);
	tested.save_context = add_more;
	fails(save_values("{}", "{}", &error), ERROR_INVALID);
}
END_TEST

static int one(struct memory *memory)
{
	return value(memory, "1");
}

START_TEST(a_value_does_not_go_to_the_variable_of_another)
{
	struct text out = { 0 };

	memories.plugins = two;
	memories.count = 2;
	act = one;
	set("{\"class\":\"combined\",\"memories\":[{\"class\":\"tested\"},"
	    "{\"class\":\"untitled\"}]}");
	fails(load_values(SLICE(""), &out, &error), ERROR_INTERNAL);
	says("the memory class \"untitled\" failed: a value came without its "
	     "variable");
	text_clear(&out);
}
END_TEST

STORE_UNIT("classes_refused", setup, end_memory,
	what_a_class_does_wrong_is_said, what_was_not_given_has_no_text,
	what_is_added_is_data_and_no_more,
	a_value_does_not_go_to_the_variable_of_another)
