/* SPDX-License-Identifier: MIT */
/*
 * test_classes.c - what every memory class may do, and what it may not.
 */
#include "tests/memory_unit.h"

/* --- a class of our own -------------------------------------------------- */

static int (*act)(struct memory *memory);
static int act_once(struct memory *memory)
{
	return act(memory);
}

static struct memory_class tested = {
	.interface = MEMORY_INTERFACE,
	.name = "tested",
	.load_variables = act_once,
};
static const struct memory_class *const plugins[] = { &tested };

static void setup(void)
{
	begin_memory();
	tested.reflect = act_once;
	tested.save_context = tested.clear = tested.check = NULL;
	memories.plugins = plugins;
	memories.count = 1;
}

static void use(int (*function)(struct memory *memory))
{
	act = function;
	set("{\"class\":\"tested\"}");
}

static int value(struct memory *memory, const char *json)
{
	return memory->host->variable(memory, SLICE("v")) ||
	       memory->host->json(memory, slice_of(json));
}

/* --- failures ------------------------------------------------------------ */

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

static int no_variable(struct memory *memory)
{
	return memory->host->json(memory, SLICE("1"));
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

#define FAILED "the memory class \"tested\" failed: "

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
	{ endless, ERROR_INTERNAL, FAILED "it asks more than 100 questions" },
	{ embed, ERROR_NOT_CONFIGURED,
		"the memory class \"tested\" needs a language model: give "
		"--llm-url and --llm-embedding-model" },
	{ nested, ERROR_INTERNAL,
		FAILED "it reads or keeps something while it visits" },
	{ twice, ERROR_INVALID,
		"The same variables v are found in multiple memory objects, "
		"which is not allowed by CombinedMemory." },
};
#define FAILURES ((int)(sizeof(failures) / sizeof(*failures)))

START_TEST(what_a_class_does_wrong_is_said)
{
	struct text out = { 0 };

	turn("a", "b");
	for (int i = 0; i < FAILURES; i++) {
		use(failures[i].function);
		fails(load_values(SLICE(""), &out, &error), failures[i].code);
		begins_with(failures[i].words);
		ck_assert_uint_eq(out.length, 0);
	}
	text_clear(&out);
}
END_TEST

/* --- asking and keeping ------------------------------------------------- */

/* Asks about every message, and keeps the answers. */
static int visit_line(void *context, const struct memory_message *message)
{
	text_format(context, "%s%lld", message->type, (long long)message->seq);
	return 0;
}

static int ask_and_keep(struct memory *memory)
{
	const struct memory_host *host = memory->host;
	struct text *text = host->text(memory);
	struct memory_state state;
	int result;

	if (host->state(memory, &state) ||
		host->each(memory, state.seq, 0, visit_line, text))
		return MEMORY_FAILED;
	if (state.seq == host->last_seq(memory))
		return MEMORY_DONE;
	result = host->ask(
		memory, MEMORY_COMPLETE, text_view(text), &state.bytes);
	if (result != MEMORY_DONE)
		return result;
	state.seq = host->last_seq(memory);
	return host->keep(memory, &state);
}

static int show_state(struct memory *memory)
{
	const struct memory_host *host = memory->host;
	struct memory_state state;

	if (host->variable(memory, SLICE("v")) || host->state(memory, &state))
		return MEMORY_FAILED;
	return host->string(memory, state.bytes);
}

START_TEST(background_work_asks_keeps_and_ends)
{
	use(ask_and_keep);
	turn("a", "b");
	reflect();
	was_asked("human1ai2\n");
	turn("c", "d");
	reflect();
	was_asked("human3ai4\n");
	reflect();
	was_asked("");
	use(show_state);
	loads("{\"v\":\"S2\"}");
}
END_TEST

static int keep_always(struct memory *memory)
{
	const struct memory_state state = { .seq = 1, .bytes = SLICE("x") };

	return memory->host->keep(memory, &state);
}

START_TEST(background_work_that_gets_nowhere_ends)
{
	use(keep_always);
	turn("a", "b");
	ck_assert(reflect_once());
	ck_assert(!reflect_once());
}
END_TEST

/* Somebody else writes while the question is answered. */
static void append_meanwhile(const struct memory_ask *ask, struct text *out)
{
	if (questions == 1)
		turn("c", "d");
	count_up(ask, out);
}

START_TEST(what_comes_during_an_answer_is_asked_about_next)
{
	use(ask_and_keep);
	answerer = append_meanwhile;
	turn("a", "b");
	reflect();
	was_asked("human1ai2\nhuman3ai4\n");
	use(show_state);
	loads("{\"v\":\"S2\"}");
}
END_TEST

static void edit_meanwhile(const struct memory_ask *ask, struct text *out)
{
	struct session session = find(store, "s");
	int64_t removed;

	if (questions == 1)
		ok(store_message_remove(
			store, &session, 2, 2, 2000, &removed, &error));
	count_up(ask, out);
}

START_TEST(an_answer_about_what_was_changed_meanwhile_does_not_count)
{
	use(ask_and_keep);
	answerer = edit_meanwhile;
	turn("a", "b");
	reflect();
	was_asked("human1ai2\nhuman1\n");
	use(show_state);
	loads("{\"v\":\"S2\"}");
}
END_TEST

/* The session is another one when the answer comes. */
static void erase_meanwhile(const struct memory_ask *ask, struct text *out)
{
	struct session session = find(store, "s");

	if (questions == 1) {
		ok(store_session_erase(store, &session, 2000, &error));
		turn("x", "y");
		turn("z", "");
	}
	count_up(ask, out);
}

START_TEST(an_answer_does_not_go_to_a_session_made_anew)
{
	use(ask_and_keep);
	answerer = erase_meanwhile;
	turn("a", "b");
	reflect();
	was_asked("human1ai2\nhuman1ai2human3ai4\n");
}
END_TEST

STORE_UNIT("classes", setup, end_memory, what_a_class_does_wrong_is_said,
	background_work_asks_keeps_and_ends,
	background_work_that_gets_nowhere_ends,
	what_comes_during_an_answer_is_asked_about_next,
	an_answer_about_what_was_changed_meanwhile_does_not_count,
	an_answer_does_not_go_to_a_session_made_anew)
