/* SPDX-License-Identifier: MIT */
/*
 * test_memory_vectors.c - what LangChain's memory classes show and ask, asked
 * of ours.
 *
 * vectors/memory-0.3.jsonl is what vectors/memory.mjs wrote with langchain
 * 0.3.37.  A model answers what it answered there; a text that was not asked
 * there has no answer, and all of those must be asked.
 */
#include "tests/unit/memory_unit.h"

#include "schema/json/equal.h"
#include "schema/json/value.h"

/* The session at hand. */
static struct slice known; /* [[text,answer],…] */
static bool was_used[200];

static void look_up(const struct llm_question *ask, struct text *out)
{
	struct json_walk walk = json_walk(known), pair;
	struct slice element, text, answer;

	for (int i = 0; json_next_element(&walk, &element); i++) {
		pair = json_walk(element);
		json_next_element(&pair, &text);
		json_next_element(&pair, &answer);
		if (!json_string_is(text, ask->text))
			continue;
		was_used[i] = true;
		text_slice(out, answer);
		return;
	}
	ck_abort_msg("LangChain did not ask:\n%.*s", (int)ask->text.length,
		ask->text.data);
}

static struct slice member(struct slice object, const char *name)
{
	struct slice value = { 0 };

	ck_assert(json_find(object, name, &value));
	return value;
}

static struct slice element(struct slice array, int at)
{
	struct json_walk walk = json_walk(array);
	struct slice value = { 0 };

	for (int i = 0; i <= at; i++)
		ck_assert(json_next_element(&walk, &value));
	return value;
}

static void clear_session(void)
{
	struct session session = find(store, "s");
	struct memory_scope here = scope();
	int64_t deleted;

	if (session.id == 0)
		return;
	here.writes = true;
	ok(store_history_clear(store, &session, 2000, &deleted, &error));
	ok(memory_clear(&here, &session, &error));
}

static void load_step(struct slice step)
{
	struct slice want = element(step, 2);
	struct text out = { 0 };

	ok(load_values(element(step, 1), &out, &error));
	ck_assert_msg(json_same_value(text_view(&out), want) == 1,
		"got  %.*s\nwant %.*s", (int)out.length, out.data,
		(int)want.length, want.data);
	text_clear(&out);
}

static void save_step(struct slice step)
{
	struct memory_scope here = scope();
	struct session session = find(store, "s");
	struct memory_added added;

	here.inputs = element(step, 1);
	here.outputs = element(step, 2);
	here.writes = true;
	ok(memory_save(&here, &session, &added, &error));
	reflect();
}

static void take_step(struct slice step)
{
	struct slice verb = element(step, 0);

	if (slice_is(verb, "\"save\""))
		save_step(step);
	else if (slice_is(verb, "\"load\""))
		load_step(step);
	else
		clear_session();
}

static void run_session(struct slice line)
{
	struct json_walk walk = json_walk(member(line, "steps"));
	struct slice step, object = member(line, "settings");

	begin_memory();
	memories.embedding_model = "e";
	answerer = look_up;
	known = member(line, "asked");
	memset(was_used, 0, sizeof(was_used));
	ok(settings_from_json(&settings, object, &error));
	ok(memory_check(&memories, &settings, &error));
	while (json_next_element(&walk, &step))
		take_step(step);
	for (size_t i = 0; i < json_count(known); i++)
		ck_assert_msg(was_used[i], "LangChain asked:\n%.*s",
			(int)element(known, (int)i).length,
			element(known, (int)i).data);
	end_memory();
}

START_TEST(langchain_shows_and_asks_the_same)
{
	FILE *file = fopen("vectors/memory-0.3.jsonl", "r");
	char *line = NULL;
	size_t size = 0;
	ssize_t length;
	int number = 0;

	ck_assert_ptr_nonnull(file);
	while ((length = getline(&line, &size, file)) > 0) {
		number++;
		run_session((struct slice){ line, (size_t)length - 1 });
	}
	ck_assert_int_gt(number, 70);
	free(line);
	fclose(file);
}
END_TEST

UNIT("memory_vectors", langchain_shows_and_asks_the_same)
