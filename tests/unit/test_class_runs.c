/* SPDX-License-Identifier: MIT */
/*
 * test_class_runs.c - what every memory class may do: ask and keep.
 */
#include "tests/unit/tested_class.h"

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

static int keep_much(struct memory *memory)
{
	static const char bytes[(16 << 20) + 1];
	const struct memory_state state = { 1, { bytes, sizeof(bytes) } };

	return memory->host->keep(memory, &state);
}

START_TEST(what_is_kept_has_a_bound)
{
	struct llm_replay replay = { 0 };
	struct memory_scope here = scope();
	struct session session;

	use(keep_much);
	turn("a", "b");
	here.replay = &replay;
	here.writes = true;
	session = find(store, "s");
	fails(memory_reflect(&here, &session, &error), ERROR_INTERNAL);
	says(FAILED "it keeps more than 16 MiB");
	llm_replay_clear(&replay);
}
END_TEST

/* Somebody else writes while the question is answered. */
static void append_meanwhile(const struct llm_question *ask, struct text *out)
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

static void edit_meanwhile(const struct llm_question *ask, struct text *out)
{
	struct session session = find(store, "s");
	struct message_removal removal = { .seqs = { 2, 2 }, .now = 2000 };

	if (questions == 1)
		ok(store_message_remove(store, &session, &removal, &error));
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
static void erase_meanwhile(const struct llm_question *ask, struct text *out)
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

STORE_UNIT("classes", setup, end_memory, background_work_asks_keeps_and_ends,
	background_work_that_gets_nowhere_ends, what_is_kept_has_a_bound,
	what_comes_during_an_answer_is_asked_about_next,
	an_answer_about_what_was_changed_meanwhile_does_not_count,
	an_answer_does_not_go_to_a_session_made_anew)
