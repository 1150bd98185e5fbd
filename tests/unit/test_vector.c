/* SPDX-License-Identifier: MIT */
/*
 * test_vector.c - the turns that have most to do with what is said.
 */
#include "tests/unit/memory_unit.h"

/* Where a text points to: as many of each letter. */
static void letters(const struct llm_question *ask, struct text *out)
{
	int counts[26] = { 0 };

	ck_assert_int_eq(ask->kind, MEMORY_EMBED);
	for (size_t i = 0; i < ask->text.length; i++)
		if (ask->text.data[i] >= 'a' && ask->text.data[i] <= 'z')
			counts[ask->text.data[i] - 'a']++;
	for (int i = 0; i < 26; i++)
		text_format(out, "%s%d", i > 0 ? "," : "[", counts[i]);
	text_string(out, "]");
}

static void setup(void)
{
	const struct store_options options = { .search = true };

	begin_memory();
	store_rollback(store);
	store_close(store);
	store = open_with(options, STORE_WRITE);
	ok(store_begin(store, &error));
	memories.embedding_model = "e";
	answerer = letters;
	set("{\"class\":\"vector\",\"k\":1}");
}

static void fill(void)
{
	turn("My favorite food is pizza", "good to know");
	turn("My favorite sport is soccer", "...");
	turn("zzz zz", "zzzz");
}

START_TEST(the_nearest_turn_is_shown)
{
	fill();
	reflect();
	loads_for("{\"input\":\"zz?\"}",
		"{\"memory\":\"input: zzz zz\\noutput: zzzz\"}");
	set("{\"input_key\":\"q\",\"output_key\":\"a\","
	    "\"memory_key\":\"near\"}");
	/* Nothing is kept under this key yet. */
	loads_for("{\"q\":\"zz?\",\"x\":\"\"}",
		"{\"near\":\"q: zzz zz\\na: zzzz\"}");
	reflect();
	loads_for("{\"q\":\"zz?\",\"x\":\"\"}",
		"{\"near\":\"q: zzz zz\\na: zzzz\"}");
}
END_TEST

START_TEST(a_turn_is_embedded_once)
{
	fill();
	reflect();
	ck_assert_int_eq(questions, 3);
	turn("a", "b");
	reflect();
	ck_assert_int_eq(questions, 4);
	reflect();
	ck_assert_int_eq(questions, 4);
}
END_TEST

START_TEST(many_turns_are_embedded_in_batches)
{
	for (int i = 0; i < 40; i++)
		turn("a", "b");
	ck_assert(reflect_once());
	ck_assert_int_eq(questions, 16);
	reflect();
	ck_assert_int_eq(questions, 40);
}
END_TEST

START_TEST(an_edit_embeds_nothing_that_comes_before_it)
{
	const struct message message = text_message("{\"content\":\"zz\"}");
	struct session session;

	fill();
	reflect();
	session = find(store, "s");
	ok(store_message_replace(store, &session,
		&(struct message_replacement){ 5, &message, 2000 }, &error));
	reflect();
	ck_assert_int_eq(questions, 4);
	loads_for("{\"input\":\"soccer\"}",
		"{\"memory\":\"input: My favorite sport is soccer\\n"
		"output: ...\"}");
	loads_for("{\"input\":\"zz\"}",
		"{\"memory\":\"input: zz\\noutput: zzzz\"}");
}
END_TEST

START_TEST(an_edit_embeds_anew)
{
	const struct message message = text_message("{\"content\":\"zz\"}");
	struct session session;

	fill();
	reflect();
	session = find(store, "s");
	ok(store_message_replace(store, &session,
		&(struct message_replacement){ 1, &message, 2000 }, &error));
	loads_for("{\"input\":\"zz?\"}",
		"{\"memory\":\"input: zzz zz\\noutput: zzzz\"}");
	reflect();
	loads_for("{\"input\":\"good zz?\"}",
		"{\"memory\":\"input: zz\\noutput: good to know\"}");
}
END_TEST

START_TEST(an_input_is_needed)
{
	struct text out = { 0 };

	fails(load_values(SLICE(""), &out, &error), ERROR_INVALID);
	says_first("the input values are missing; POST them");
	text_clear(&out);
}
END_TEST

/* --- by words ------------------------------------------------------------- */

/* The index is made behind the commit. */
static void index_now(void)
{
	ok(store_commit(store, &error));
	maintain(store, 100000, 1000);
	ok(store_begin(store, &error));
}

static void index_words(void)
{
	memories.embedding_model = NULL;
	fill();
	turn("My favorite book", "which one?");
	index_now();
}

START_TEST(without_embeddings_the_words_count)
{
	index_words();
	loads_for("{\"input\":\"What sport should I watch?\"}",
		"{\"memory\":\"input: My favorite sport is soccer\\n"
		"output: ...\"}");
	loads_for("{\"input\":\"know?\"}",
		"{\"memory\":\"input: My favorite food is pizza\\n"
		"output: good to know\"}");
	loads_for("{\"input\":\"nothing of this\"}", "{\"memory\":\"\"}");
	loads_for("{\"input\":\"?!\"}", "{\"memory\":\"\"}");
}
END_TEST

START_TEST(a_rare_word_counts_more)
{
	index_words();
	set("{\"k\":2}");
	loads_for("{\"input\":\"my favorite pizza\"}",
		"{\"memory\":\"input: My favorite food is pizza\\n"
		"output: good to know\\n\\ninput: My favorite book\\n"
		"output: which one?\"}");
}
END_TEST

START_TEST(words_are_known_of_what_is_not_of_what_was)
{
	struct memory_scope here = scope();
	struct session session;
	struct text out = { 0 };

	index_words();
	here.inputs = SLICE("{\"input\":\"pizza\"}");
	session = find(store, "s");
	ok(store_session_as_of(store, &session, 2, &error));
	fails(memory_load(&here, &session, &out, &error), ERROR_INVALID);
	says("the class \"vector\" shows what is, not what was as of a "
	     "version");
	text_clear(&out);
}
END_TEST

START_TEST(docs_are_returned_with_their_metadata)
{
	index_words();
	set("{\"return_docs\":true,\"metadata\":{\"a\":1}}");
	loads_for("{\"input\":\"zzzz\"}",
		"{\"memory\":[{\"pageContent\":\"input: zzz zz\\n"
		"output: zzzz\",\"metadata\":{\"a\":1}}]}");
}
END_TEST

STORE_UNIT("vector", setup, end_memory, the_nearest_turn_is_shown,
	a_turn_is_embedded_once, many_turns_are_embedded_in_batches,
	an_edit_embeds_nothing_that_comes_before_it, an_edit_embeds_anew,
	an_input_is_needed, without_embeddings_the_words_count,
	words_are_known_of_what_is_not_of_what_was, a_rare_word_counts_more,
	docs_are_returned_with_their_metadata)
