/* SPDX-License-Identifier: MIT */
/*
 * test_memory.c - load and save, beyond what the LangChain vectors say.
 */
#include "core/memory/run.h"

#include "tests/contract/store_unit.h"

static struct store *store;
static struct settings settings;
static struct history_figures figures;

static void setup(void)
{
	scratch();
	store = open_store(STORE_WRITE);
	ok(store_begin(store, &error));
	ok(settings_default(&settings, &error));
}

static void teardown(void)
{
	settings_clear(&settings);
	store_rollback(store);
	store_close(store);
	scratch_end();
}

static const struct memories memories;

static struct memory_scope scope(void)
{
	return (struct memory_scope){
		.store = store,
		.ref = { SLICE(""), SLICE("s") },
		.settings = &settings,
		.memories = &memories,
		.window = WINDOW_NONE,
		.figures = &figures,
		.max_bytes = MEMORY_LOAD_MAX,
		.now = 1000,
	};
}

static int save(const char *inputs, const char *outputs, struct error *why)
{
	struct memory_scope here = scope();
	struct session session = find(store, "s");
	struct memory_added added;

	here.inputs = slice_of(inputs);
	here.outputs = slice_of(outputs);
	here.writes = true;
	return memory_save(&here, &session, &added, why);
}

static struct text load(int64_t last)
{
	struct memory_scope here = scope();
	struct session session;
	struct text out = { 0 };

	here.window.last = last;
	ok(store_session_find(store, here.ref, here.now, &session, &error));
	ok(memory_load(&here, &session, &out, &error));
	return out;
}

#define loads(last, expected)                   \
	do {                                    \
		struct text out_ = load(last);  \
		is(text_view(&out_), expected); \
		text_clear(&out_);              \
	} while (0)

START_TEST(an_unknown_session_is_empty)
{
	setup();
	loads(-1, "{\"history\":\"\"}");
	settings.return_messages = true;
	loads(-1, "{\"history\":[]}");
	teardown();
}
END_TEST

START_TEST(a_window_of_none_is_empty)
{
	setup();
	ok(save("{\"i\":\"a\"}", "{\"o\":\"b\"}", &error));
	ok(settings_from_query(
		&settings, SLICE("class"), SLICE("window"), &error));
	settings.k = 0;
	loads(-1, "{\"history\":\"\"}");
	settings.k = INT64_MAX;
	loads(-1, "{\"history\":\"Human: a\\nAI: b\"}");
	teardown();
}
END_TEST

START_TEST(the_later_window_counts)
{
	setup();
	ok(save("{\"i\":\"a\"}", "{\"o\":\"b\"}", &error));
	ok(save("{\"i\":\"c\"}", "{\"o\":\"d\"}", &error));
	loads(1, "{\"history\":\"AI: d\"}");
	ok(settings_from_query(
		&settings, SLICE("class"), SLICE("window"), &error));
	settings.k = 1;
	loads(3, "{\"history\":\"Human: c\\nAI: d\"}");
	loads(1, "{\"history\":\"AI: d\"}");
	teardown();
}
END_TEST

START_TEST(a_refused_output_leaves_no_human_message)
{
	setup();
	fails(save("{\"i\":\"a\"}", "{\"x\":\"1\",\"y\":\"2\"}", &error),
		ERROR_INVALID);
	says("output values have 2 keys, you must specify an output key or "
	     "pass only 1 key as output; there are: x, y; say output_key=x in "
	     "the query or in the session's memory");
	loads(-1, "{\"history\":\"\"}");
	teardown();
}
END_TEST

START_TEST(a_refusal_says_what_was_wrong)
{
	static const struct {
		const char *inputs, *outputs, *words;
	} rows[] = {
		{ "{\"i\":\"\"}", "{\"o\":\"b\"}", "the input \"i\" is empty" },
		{ "[]", "{\"o\":\"b\"}", "inputs must be an object, not []" },
		{ "{\"i\":\"a\"}", "null",
			"outputs must be an object, not null" },
		{ "{\"i\":5}", "{\"o\":\"b\"}",
			"the input \"i\" must be a string, an array of parts, "
			"a message, or an object whose "
			"content is a string or an array" },
		{ "{\"i\":\"a\"}", "{\"o\":{\"text\":\"b\"}}",
			"the output \"o\" must be a string, an array of parts, "
			"a message, or an object whose "
			"content is a string or an array" },
	};

	setup();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		fails(save(rows[i].inputs, rows[i].outputs, &error),
			ERROR_INVALID);
		says(rows[i].words);
	}
	teardown();
}
END_TEST

START_TEST(fields_keep_their_bytes_and_get_what_is_missing)
{
	setup();
	settings.return_messages = true;
	ok(save("{\"i\":{\"n\":1.10,\"content\":\"a\"}}",
		"{\"o\":{\"additional_kwargs\":null,\"content\":\"b\","
		"\"tool_calls\":[7]}}",
		&error));
	loads(-1,
		"{\"history\":[{\"type\":\"human\",\"data\":{\"n\":1.10,"
		"\"content\":\"a\",\"additional_kwargs\":{},"
		"\"response_metadata\":{}}},{\"type\":\"ai\",\"data\":{"
		"\"additional_kwargs\":{},\"content\":\"b\",\"tool_calls\":[7],"
		"\"invalid_tool_calls\":[],\"response_metadata\":{}}}]}");
	teardown();
}
END_TEST

START_TEST(an_unknown_class_is_refused)
{
	setup();
	ok(settings_from_query(
		&settings, SLICE("class"), SLICE("dream"), &error));
	fails(save("{\"i\":\"a\"}", "{\"o\":\"b\"}", &error), ERROR_INVALID);
	says("class \"dream\" is unknown; there are \"buffer\", \"window\", "
	     "\"token_buffer\", \"summary\", \"summary_buffer\", "
	     "\"entity\", \"vector\", \"combined\"");
	teardown();
}
END_TEST

UNIT("memory", an_unknown_session_is_empty, a_window_of_none_is_empty,
	the_later_window_counts, a_refused_output_leaves_no_human_message,
	a_refusal_says_what_was_wrong,
	fields_keep_their_bytes_and_get_what_is_missing,
	an_unknown_class_is_refused)
