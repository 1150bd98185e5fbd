/* SPDX-License-Identifier: MIT */
/*
 * test_memory_short.c - memory runs out at every place of every class.
 *
 * Each run of a load and of the background work is noted with what it was
 * carried and answered, and then run again with the first allocation failing,
 * with the second, and so on: either that makes no difference, or the run
 * fails for want of memory and nothing else.
 */
#include "tests/unit/failing.h"
#include "tests/unit/memory_unit.h"

static const char *const classes[] = {
	"{\"class\":\"buffer\"}",
	"{\"class\":\"window\",\"k\":1}",
	"{\"class\":\"token_buffer\",\"return_messages\":true}",
	"{\"class\":\"summary\"}",
	"{\"class\":\"summary_buffer\",\"max_token_limit\":10}",
	"{\"class\":\"entity\",\"entity_extraction_prompt\":\"X{input}\"}",
	"{\"class\":\"vector\",\"return_docs\":true,\"metadata\":{\"a\":1}}",
	"{\"class\":\"combined\",\"memories\":[{\"input_key\":\"input\"},"
	"{\"class\":\"summary\",\"memory_key\":\"s\"}]}",
};
#define CLASSES ((int)(sizeof(classes) / sizeof(*classes)))

static void say_something(const struct llm_question *ask, struct text *out)
{
	if (ask->kind == MEMORY_EMBED)
		text_string(out, "[0.5,-1e-3]");
	else
		text_string(out, "\"Ann, Bob\"");
}

/* A run: what it is given, and what comes of it. */
struct run {
	struct text continuation;
	struct text said;
	bool writes;
	int result;
};

static int run_once(const struct run *run, bool load, struct text *out,
	struct llm_replay *replay, struct error *why)
{
	struct memory_scope here = scope();
	struct session session = find(store, "s");

	here.inputs = SLICE("{\"input\":\"x\"}");
	here.writes = run->writes;
	here.replay = replay;
	replay->continuation = text_view(&run->continuation);
	replay->answer = text_view(&run->said);
	return load ? memory_load(&here, &session, out, why)
		    : memory_reflect(&here, &session, why);
}

/* The same with every allocation failing, one after the other. */
static void starve(const struct run *run, bool load)
{
	while (failing_next()) {
		struct llm_replay replay = { 0 };
		struct text out = { 0 };
		struct error why = { 0 };
		int result;
		bool failed;

		failing.left = 0;
		ok(store_enter(store, &error));
		failing.left = failing.round;
		result = run_once(run, load, &out, &replay, &why);
		failed = failing_stop();
		ok(store_leave(store, false, &error));
		if (result != run->result) {
			ck_assert_msg(failed && result == -1 &&
					      why.code == ERROR_UNAVAILABLE,
				"allocation %zu: %d: %s", failing.round, result,
				why.message);
			ck_assert_uint_eq(out.length, 0);
		}
		llm_replay_clear(&replay);
		text_clear(&out);
	}
}

/* The next run is given these. */
static void follow(struct run *run, struct llm_replay *replay)
{
	run->writes = replay->ask.kind == 0;
	answer(replay, &run->continuation, &run->said);
}

static void run_all(bool load)
{
	struct run run = { 0 };

	do {
		struct llm_replay replay = { 0 };
		struct text out = { 0 };

		ok(store_enter(store, &error));
		ok(run.result = run_once(&run, load, &out, &replay, &error));
		ok(store_leave(store, false, &error));
		llm_replay_clear(&replay);
		text_clear(&out);
		starve(&run, load);
		ok(run_once(&run, load, &out, &replay, &error));
		if (run.result == MEMORY_AGAIN)
			follow(&run, &replay);
		llm_replay_clear(&replay);
		text_clear(&out);
	} while (run.result == MEMORY_AGAIN);
	text_clear(&run.continuation);
	text_clear(&run.said);
}

static void save_starving(void)
{
	while (failing_next()) {
		struct error why = { 0 };
		int result;
		bool failed;

		ok(store_enter(store, &error));
		failing.left = failing.round;
		result = save_values("{\"input\":{\"content\":\"c\",\"x\":1}}",
			"{\"output\":\"d\"}", &why);
		failed = failing_stop();
		ok(store_leave(store, false, &error));
		ck_assert_msg(result == 0 ||
				      (failed && why.code == ERROR_UNAVAILABLE),
			"%s", why.message);
	}
}

START_TEST(want_of_memory_is_told_and_nothing_else)
{
	for (int i = 0; i < CLASSES; i++) {
		begin_memory();
		memories.embedding_model = "e";
		answerer = say_something;
		set(classes[i]);
		turn("a", "b");
		turn("c", "d");
		run_all(false);
		turn("e", "f");
		run_all(true);
		save_starving();
		end_memory();
	}
}
END_TEST

UNIT("memory_short", want_of_memory_is_told_and_nothing_else)
