/* SPDX-License-Identifier: MIT */
/*
 * test_combined.c - several memories at once, and those that show the end of
 * a history.
 */
#include "tests/unit/memory_unit.h"

START_TEST(a_token_buffer_shows_what_has_room)
{
	set("{\"class\":\"token_buffer\"}");
	turn("first", "one");
	turn("second", "two");
	loads("{\"history\":\"Human: first\\nAI: one\\nHuman: second\\n"
	      "AI: two\"}");
	set("{\"max_token_limit\":9}");
	loads("{\"history\":\"Human: second\\nAI: two\"}");
	set("{\"max_token_limit\":3}");
	loads("{\"history\":\"\"}");
}
END_TEST

START_TEST(a_token_buffer_prunes_what_is_shown_and_nothing_that_is_kept)
{
	struct session session;

	set("{\"class\":\"token_buffer\",\"max_token_limit\":9}");
	for (int i = 0; i < 20; i++)
		turn("second", "two");
	loads("{\"history\":\"Human: second\\nAI: two\"}");
	session = find(store, "s");
	ck_assert_int_eq(session_message_count(&session), 40);
}
END_TEST

START_TEST(a_token_buffer_has_no_result_without_its_call)
{
	struct session session = make(store, "s");
	const struct message rows[] = {
		{ .form = MESSAGE_STORED,
			.type = MESSAGE_AI,
			.body = SLICE("{\"content\":\"\",\"tool_calls\":[{"
				      "\"name\":\"f\",\"args\":{},\"id\":\"c\"}"
				      "]}") },
		{ .form = MESSAGE_STORED,
			.type = MESSAGE_TOOL,
			.body = SLICE("{\"content\":\"4\","
				      "\"tool_call_id\":\"c\"}") },
		{ .form = MESSAGE_STORED,
			.type = MESSAGE_AI,
			.body = SLICE("{\"content\":\"four\"}") },
	};

	for (size_t i = 0; i < 3; i++)
		ok(store_message_append(
			store, &session, &rows[i], 1000, &error));
	set("{\"class\":\"token_buffer\",\"max_token_limit\":9}");
	loads("{\"history\":\"AI: four\"}");
}
END_TEST

START_TEST(combined_memories_show_their_variables_side_by_side)
{
	set("{\"class\":\"combined\",\"memories\":["
	    "{\"class\":\"buffer\",\"memory_key\":\"all\"},"
	    "{\"class\":\"window\",\"k\":1,\"memory_key\":\"newest\","
	    "\"return_messages\":false,\"human_prefix\":\"User\"}]}");
	turn("a", "b");
	turn("c", "d");
	loads("{\"all\":\"Human: a\\nAI: b\\nHuman: c\\nAI: d\","
	      "\"newest\":\"User: c\\nAI: d\"}");
}
END_TEST

START_TEST(combined_memories_save_a_turn_once)
{
	struct session session;

	set("{\"class\":\"combined\",\"memories\":["
	    "{\"class\":\"buffer\",\"memory_key\":\"all\"},"
	    "{\"memory_key\":\"b\",\"input_key\":\"q\",\"output_key\":\"a\"}]}");
	ok(save_values("{\"q\":\"1\",\"x\":\"2\"}", "{\"a\":\"3\",\"x\":\"4\"}",
		&error));
	session = find(store, "s");
	ck_assert_int_eq(session_message_count(&session), 2);
	loads("{\"all\":\"Human: 1\\nAI: 3\",\"b\":\"Human: 1\\nAI: 3\"}");
}
END_TEST

static const struct {
	const char *settings;
	enum error_code code;
	const char *words;
} refusals[] = {
	{ "{\"class\":\"combined\"}", ERROR_INVALID,
		"class \"combined\" needs memories" },
	{ "{\"class\":\"combined\",\"memories\":[{},{\"class\":\"window\"}]}",
		ERROR_INVALID,
		"The same variables history are found in multiple memory "
		"objects, which is not allowed by CombinedMemory." },
	{ "{\"class\":\"combined\",\"memories\":[{\"class\":\"x\"}]}",
		ERROR_INVALID, "class \"x\" is unknown; there are " },
	{ "{\"class\":\"combined\",\"memories\":[7]}", ERROR_INVALID,
		"memory must be an object" },
};
#define REFUSALS ((int)(sizeof(refusals) / sizeof(*refusals)))

START_TEST(settings_are_refused_when_they_are_chosen)
{
	for (int i = 0; i < REFUSALS; i++) {
		set(refusals[i].settings);
		fails(memory_check(&memories, &settings, &error),
			refusals[i].code);
		says_first(refusals[i].words);
	}
}
END_TEST

START_TEST(good_settings_are_taken)
{
	ok(memory_check(&memories, &settings, &error));
	set("{\"class\":\"combined\",\"memories\":[{},{\"class\":\"window\","
	    "\"memory_key\":\"w\"}]}");
	ok(memory_check(&memories, &settings, &error));
}
END_TEST

STORE_UNIT("combined", begin_memory, end_memory,
	a_token_buffer_shows_what_has_room,
	a_token_buffer_prunes_what_is_shown_and_nothing_that_is_kept,
	a_token_buffer_has_no_result_without_its_call,
	combined_memories_show_their_variables_side_by_side,
	combined_memories_save_a_turn_once,
	settings_are_refused_when_they_are_chosen, good_settings_are_taken)
