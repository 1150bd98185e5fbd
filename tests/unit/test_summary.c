/* SPDX-License-Identifier: MIT */
/*
 * test_summary.c - memories that ask a model, beyond what LangChain's do.
 */
#include "tests/unit/memory_unit.h"

#define SHORT "\"summary_prompt\":\"{summary}|{new_lines}\""

static void say_message(enum message_type type, const char *body)
{
	struct session session = make(store, "s");
	const struct message message = {
		.form = MESSAGE_STORED,
		.type = type,
		.body = slice_of(body),
	};

	ok(store_message_append(store, &session, &message, 1000, &error));
}

/* --- summary ------------------------------------------------------------- */

START_TEST(a_summary_that_is_behind_is_shown_with_what_it_lacks)
{
	set("{\"class\":\"summary\"," SHORT "}");
	turn("a", "b");
	loads("{\"history\":\"Human: a\\nAI: b\"}");
	reflect();
	loads("{\"history\":\"S1\"}");
	turn("c", "d");
	loads("{\"history\":\"S1\\nHuman: c\\nAI: d\"}");
	set("{\"return_messages\":true}");
	loads("{\"history\":[{\"type\":\"system\",\"data\":{\"content\":\"S1\","
	      "\"additional_kwargs\":{},\"response_metadata\":{}}},"
	      "{\"type\":\"human\",\"data\":{\"content\":\"c\","
	      "\"additional_kwargs\":{},\"response_metadata\":{}}},"
	      "{\"type\":\"ai\",\"data\":{\"content\":\"d\",\"tool_calls\":[],"
	      "\"invalid_tool_calls\":[],\"additional_kwargs\":{},"
	      "\"response_metadata\":{}}}]}");
}
END_TEST

static void say_nothing(const struct llm_question *ask, struct text *out)
{
	(void)ask;
	text_string(out, "\"\"");
}

START_TEST(an_empty_summary_is_none)
{
	struct llm_replay replay = { 0 };
	struct memory_scope here = scope();
	struct text continuation = { 0 }, said = { 0 };
	struct session session;

	set("{\"class\":\"summary\"," SHORT "}");
	turn("a", "b");
	session = find(store, "s");
	answerer = say_nothing;
	here.replay = &replay;
	ck_assert_int_eq(memory_reflect(&here, &session, &error), MEMORY_AGAIN);
	answer(&replay, &continuation, &said);
	fails(memory_reflect(&here, &session, &error), ERROR_INTERNAL);
	says("the memory class \"summary\" failed: the summary is empty");
	llm_replay_clear(&replay);
	text_clear(&continuation);
	text_clear(&said);
	loads("{\"history\":\"Human: a\\nAI: b\"}");
}
END_TEST

START_TEST(turns_that_came_together_are_summarised_together)
{
	set("{\"class\":\"summary\"," SHORT "}");
	turn("a", "b");
	turn("c", "d");
	reflect();
	was_asked("|Human: a\nAI: b\nHuman: c\nAI: d\n");
}
END_TEST

START_TEST(a_long_history_is_summarised_piece_by_piece)
{
	set("{\"class\":\"summary\",\"max_token_limit\":8," SHORT "}");
	turn("a", "b");
	turn("c", "d");
	turn("e", "a message that is too long for any piece of this size");
	reflect();
	was_asked("|Human: a\nAI: b\nS1|Human: c\nAI: d\nS2|Human: e\n"
		  "S3|AI: a message that is too long for any piece of this "
		  "size\n");
}
END_TEST

START_TEST(a_question_waits_for_its_answer)
{
	set("{\"class\":\"summary\"," SHORT "}");
	turn("a", "b");
	say_message(MESSAGE_HUMAN, "{\"content\":\"c\"}");
	reflect();
	was_asked("|Human: a\nAI: b\n");
	loads("{\"history\":\"S1\\nHuman: c\"}");
	say_message(MESSAGE_AI, "{\"content\":\"d\"}");
	reflect();
	was_asked("S1|Human: c\nAI: d\n");
}
END_TEST

START_TEST(nothing_is_not_summarised)
{
	struct session session;
	struct message_removal removal = { .seqs = { 3, 4 }, .now = 2000 };

	set("{\"class\":\"summary\"," SHORT "}");
	turn("a", "b");
	reflect();
	turn("c", "d");
	say_message(MESSAGE_HUMAN, "{\"content\":\"e\"}");
	session = find(store, "s");
	ok(store_message_remove(store, &session, &removal, &error));
	asked.length = 0;
	reflect();
	was_asked("");
	loads("{\"history\":\"S1\\nHuman: e\"}");
}
END_TEST

START_TEST(an_edit_of_what_is_summarised_begins_it_anew)
{
	const struct message message = text_message("{\"content\":\"x\"}");
	struct session session;

	set("{\"class\":\"summary\"," SHORT "}");
	turn("a", "b");
	reflect();
	asked.length = 0;
	session = find(store, "s");
	ok(store_message_replace(store, &session,
		&(struct message_replacement){ 1, &message, 2000 }, &error));
	loads("{\"history\":\"Human: x\\nAI: b\"}");
	reflect();
	was_asked("|Human: x\nAI: b\n");
}
END_TEST

START_TEST(the_past_has_no_summary)
{
	struct memory_scope here = scope();
	struct session session;
	struct text out = { 0 };

	set("{\"class\":\"summary\"," SHORT "}");
	turn("a", "b");
	turn("c", "d");
	session = find(store, "s");
	ok(store_session_as_of(store, &session, 2, &error));
	fails(memory_load(&here, &session, &out, &error), ERROR_INVALID);
	says("the class \"summary\" shows what is, not what was as of a "
	     "version");
	text_clear(&out);
}
END_TEST

/* --- summary_buffer ------------------------------------------------------ */

/* LangChain summarises S1 and the first turn again here. */
START_TEST(a_second_prune_summarises_what_is_new_only)
{
	set("{\"class\":\"summary_buffer\",\"max_token_limit\":8," SHORT "}");
	for (int i = 0; i < 3; i++) {
		turn("a", "b");
		reflect();
	}
	was_asked("|Human: a\nAI: b\nS1|Human: a\nAI: b\n");
	loads("{\"history\":\"System: S2\\nHuman: a\\nAI: b\"}");
}
END_TEST

START_TEST(a_result_is_pruned_with_its_call)
{
	set("{\"class\":\"summary_buffer\",\"max_token_limit\":9," SHORT "}");
	say_message(MESSAGE_HUMAN, "{\"content\":\"a\"}");
	say_message(MESSAGE_AI, "{\"content\":\"\",\"tool_calls\":["
				"{\"name\":\"f\",\"args\":{},\"id\":\"c\"}]}");
	say_message(MESSAGE_TOOL, "{\"content\":\"4\",\"tool_call_id\":\"c\"}");
	say_message(MESSAGE_AI, "{\"content\":\"four\"}");
	reflect();
	loads("{\"history\":\"System: S1\\nAI: four\"}");
}
END_TEST

START_TEST(pruning_goes_on_until_the_rest_has_room)
{
	set("{\"class\":\"summary_buffer\",\"max_token_limit\":8," SHORT "}");
	for (int i = 0; i < 6; i++)
		turn("a", "b");
	reflect();
	was_asked("|Human: a\nAI: b\nHuman: a\n"
		  "S1|AI: b\nHuman: a\nAI: b\n"
		  "S2|Human: a\nAI: b\nHuman: a\nS3|AI: b\n");
	loads("{\"history\":\"System: S4\\nHuman: a\\nAI: b\"}");
}
END_TEST

START_TEST(pruning_removes_nothing)
{
	struct session session;

	set("{\"class\":\"summary_buffer\",\"max_token_limit\":0," SHORT "}");
	turn("a", "b");
	turn("c", "d");
	reflect();
	loads("{\"history\":\"System: S4\"}");
	session = find(store, "s");
	ck_assert_int_eq(session_message_count(&session), 4);
}
END_TEST

/* --- entity --------------------------------------------------------------- */

/* Extracts what it is asked about, and knows everything of it. */
static void know(const struct llm_question *ask, struct text *out)
{
	if (ask->text.data[0] == 'X')
		text_string(out, "\"Ann,, Bob \"");
	else
		text_format(out, "\" K%d\\n\"", questions);
}

#define ENTITY                                                             \
	"\"class\":\"entity\",\"entity_extraction_prompt\":\"X {history}|" \
	"{input}\",\"entity_summarization_prompt\":\"{entity}: {summary}|" \
	"{input}\""

/* LangChain updates the names that its last load has found. */
START_TEST(a_turn_is_learnt_from_without_a_load_before_it)
{
	answerer = know;
	set("{" ENTITY "}");
	turn("who?", "them");
	reflect();
	was_asked("X |who?\nAnn: No current information known.|who?\n"
		  "Bob: No current information known.|who?\n");
	loads_for("{\"input\":\"and?\",\"stop\":\"x\"}",
		"{\"history\":\"Human: who?\\nAI: them\","
		"\"entities\":{\"Ann\":\"K2\",\"Bob\":\"K3\"}}");
}
END_TEST

START_TEST(each_turn_is_learnt_from_once)
{
	answerer = know;
	set("{" ENTITY "}");
	turn("a", "b");
	turn("c", "d");
	reflect();
	was_asked("X |a\nAnn: No current information known.|a\n"
		  "Bob: No current information known.|a\n"
		  "X Human: a\nAI: b|c\nAnn: K2|c\nBob: K3|c\n");
	reflect();
	was_asked("");
}
END_TEST

/* Extracts far too much. */
static void babble(const struct llm_question *ask, struct text *out)
{
	if (ask->text.data[0] != 'X') {
		text_string(out, "\"UNCHANGED\"");
		return;
	}
	text_string(out, "\"N0");
	for (int i = 1; i < 500; i++)
		text_format(out, ",N%d", i);
	text_string(out, "\"");
}

START_TEST(too_many_names_do_not_stop_an_entity_memory)
{
	struct text out = { 0 };

	answerer = babble;
	set("{" ENTITY "}");
	turn("a", "b");
	reflect();
	ck_assert_int_eq(questions, 51);
	reflect();
	ck_assert_int_eq(questions, 51);
	ok(load_values(SLICE("{\"input\":\"a\"}"), &out, &error));
	ck_assert_uint_lt(out.length, 3000);
	text_clear(&out);
}
END_TEST

/* Names, but nothing of them. */
static void know_less(const struct llm_question *ask, struct text *out)
{
	text_string(out, ask->text.data[0] == 'X' ? "\"Ann,Bob\"" : "\" \"");
}

START_TEST(an_empty_answer_does_not_take_the_place_of_what_is_known)
{
	answerer = know;
	set("{" ENTITY "}");
	turn("a", "b");
	reflect();
	turn("c", "d");
	answerer = know_less;
	reflect();
	asked.length = 0;
	loads_for("{\"input\":\"e\"}",
		"{\"history\":\"Human: a\\nAI: b\\nHuman: c\\nAI: d\","
		"\"entities\":{\"Ann\":\"K2\",\"Bob\":\"K3\"}}");
}
END_TEST

START_TEST(an_entity_memory_wants_one_input)
{
	struct text out = { 0 };

	set("{" ENTITY "}");
	fails(load_values(SLICE(""), &out, &error), ERROR_INVALID);
	says_first("One input key expected, but got 0; POST");
	fails(load_values(SLICE("{\"a\":\"1\",\"b\":\"2\"}"), &out, &error),
		ERROR_INVALID);
	says("One input key expected, but got 2; there are: a, b; say which as "
	     "input_key in the query or in the session's memory");
	text_clear(&out);
}
END_TEST

/* --- what they need ------------------------------------------------------- */

START_TEST(without_a_model_they_cannot_be_chosen)
{
	static const char *const classes[] = { "{\"class\":\"summary\"}",
		"{\"class\":\"summary_buffer\"}", "{\"class\":\"entity\"}",
		"{\"class\":\"combined\",\"memories\":[{\"class\":"
		"\"summary\"}]}" };

	memories.model = NULL;
	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++) {
		set(classes[i]);
		fails(memory_check(&memories, &settings, &error),
			ERROR_NOT_CONFIGURED);
	}
	says("the memory class \"summary\" needs a language model: give "
	     "--llm-url and --llm-model");
}
END_TEST

START_TEST(a_template_is_checked_when_it_is_chosen)
{
	set("{\"class\":\"summary\",\"summary_prompt\":\"{sumary}\"}");
	fails(memory_check(&memories, &settings, &error), ERROR_INVALID);
	says_first("(f-string) Missing value for input sumary; ");
	set("{\"class\":\"entity\",\"entity_summarization_prompt\":\"{x}\"}");
	fails(memory_check(&memories, &settings, &error), ERROR_INVALID);
	says_first("(f-string) Missing value for input x; ");
}
END_TEST

STORE_UNIT("summary", begin_memory, end_memory,
	a_summary_that_is_behind_is_shown_with_what_it_lacks,
	an_empty_summary_is_none,
	turns_that_came_together_are_summarised_together,
	a_long_history_is_summarised_piece_by_piece,
	a_question_waits_for_its_answer, nothing_is_not_summarised,
	an_edit_of_what_is_summarised_begins_it_anew, the_past_has_no_summary,
	a_second_prune_summarises_what_is_new_only,
	a_result_is_pruned_with_its_call,
	pruning_goes_on_until_the_rest_has_room, pruning_removes_nothing,
	a_turn_is_learnt_from_without_a_load_before_it,
	an_empty_answer_does_not_take_the_place_of_what_is_known,
	each_turn_is_learnt_from_once,
	too_many_names_do_not_stop_an_entity_memory,
	an_entity_memory_wants_one_input, without_a_model_they_cannot_be_chosen,
	a_template_is_checked_when_it_is_chosen)
