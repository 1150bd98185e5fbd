/* SPDX-License-Identifier: MIT */
/*
 * memory_unit.h - what the tests of memory classes share: a session with
 * settings, and a language model that answers as a test says.
 */
#ifndef TESTS_UNIT_MEMORY_UNIT_H
#define TESTS_UNIT_MEMORY_UNIT_H

#include "core/memory/run.h"
#include "tests/contract/store_unit.h"

static struct store *store;
static struct settings settings;
static struct memories memories;

/* The questions so far, each with a line feed behind it. */
static struct text asked;
static int questions;
/* Appends the answer, JSON, to a question. */
static void (*answerer)(const struct llm_question *ask, struct text *answer);

/* The model says S1, S2, … and embeds nothing. */
static inline void count_up(const struct llm_question *ask, struct text *answer)
{
	(void)ask;
	text_format(answer, "\"S%d\"", questions);
}

static inline void begin_memory(void)
{
	scratch();
	store = open_store(STORE_WRITE);
	ok(store_begin(store, &error));
	ok(settings_default(&settings, &error));
	memories = (struct memories){ .model = "m" };
	answerer = count_up;
	questions = 0;
}

static inline void end_memory(void)
{
	settings_clear(&settings);
	text_clear(&asked);
	store_rollback(store);
	store_close(store);
	scratch_end();
}

static inline struct memory_scope scope(void)
{
	return (struct memory_scope){
		.store = store,
		.memories = &memories,
		.ref = { SLICE(""), SLICE("s") },
		.settings = &settings,
		.window = WINDOW_NONE,
		.max_bytes = MEMORY_LOAD_MAX,
		.now = 1000,
	};
}

static inline void set(const char *json)
{
	ok(settings_from_json(&settings, slice_of(json), &error));
}

static inline int save_values(
	const char *inputs, const char *outputs, struct error *why)
{
	struct memory_scope here = scope();
	struct session session = find(store, "s");
	struct memory_added added;

	here.inputs = slice_of(inputs);
	here.outputs = slice_of(outputs);
	here.writes = true;
	return memory_save(&here, &session, &added, why);
}

static inline void turn(const char *input, const char *output)
{
	struct text inputs = { 0 }, outputs = { 0 };

	text_string(&inputs, "{\"input\":");
	text_json(&inputs, slice_of(input));
	text_string(&inputs, "}");
	text_string(&outputs, "{\"output\":");
	text_json(&outputs, slice_of(output));
	text_string(&outputs, "}");
	text_append(&inputs, "", 1);
	text_append(&outputs, "", 1);
	ok(save_values(inputs.data, outputs.data, &error));
	text_clear(&inputs);
	text_clear(&outputs);
}

/* Answers what a run has asked, so that the replay is ready for the next. */
static inline void answer(
	struct llm_replay *replay, struct text *continuation, struct text *said)
{
	continuation->length = said->length = 0;
	text_slice(continuation, text_view(&replay->next));
	if (replay->ask.kind != 0) {
		questions++;
		text_slice(&asked, replay->ask.text);
		text_append(&asked, "\n", 1);
		answerer(&replay->ask, said);
	}
	llm_replay_clear(replay);
	replay->continuation = text_view(continuation);
	replay->answer = text_view(said);
}

static inline int load_values(
	struct slice inputs, struct text *out, struct error *why)
{
	struct llm_replay replay = { 0 };
	struct memory_scope here = scope();
	struct text continuation = { 0 }, said = { 0 };
	struct session session = find(store, "s");
	int result;

	here.inputs = inputs;
	here.replay = &replay;
	while ((result = memory_load(&here, &session, out, why)) ==
		MEMORY_AGAIN)
		answer(&replay, &continuation, &said);
	llm_replay_clear(&replay);
	text_clear(&continuation);
	text_clear(&said);
	return result;
}

#define loads_for(inputs, expected)                               \
	do {                                                      \
		struct text out_ = { 0 };                         \
		ok(load_values(slice_of(inputs), &out_, &error)); \
		is(text_view(&out_), (expected));                 \
		text_clear(&out_);                                \
	} while (0)
#define loads(expected) loads_for("", (expected))

/* A step of the background work: true if something was kept. */
static inline bool reflect_once(void)
{
	struct llm_replay replay = { 0 };
	struct memory_scope here = scope();
	struct text continuation = { 0 }, said = { 0 };
	int result;
	bool kept;

	here.replay = &replay;
	for (;;) {
		struct session session = find(store, "s");

		ok(result = memory_reflect(&here, &session, &error));
		if (result != MEMORY_AGAIN)
			break;
		here.writes = replay.ask.kind == 0;
		answer(&replay, &continuation, &said);
	}
	kept = replay.kept;
	llm_replay_clear(&replay);
	text_clear(&continuation);
	text_clear(&said);
	return kept;
}

/* Until there is nothing to do. */
static inline void reflect(void)
{
	int steps = 0;

	while (reflect_once())
		ck_assert_int_lt(++steps, 1000);
}

#define was_asked(expected)                        \
	do {                                       \
		is(text_view(&asked), (expected)); \
		asked.length = 0;                  \
	} while (0)

#endif
