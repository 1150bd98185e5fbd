/* SPDX-License-Identifier: MIT */
/* test_tags.c - the members of metadata that sessions are listed by. */
#include "tests/contract/opened_store.h"

static void put(const char *metadata)
{
	struct session session;

	ok(store_begin(store, &error));
	session = make(store, "a");
	configure(store, &session, "{}", metadata, 1);
	ok(store_commit(store, &error));
}

START_TEST(a_tag_is_a_scalar_as_text)
{
	static const struct {
		const char *key;
		const char *value;
		const char *names;
	} rows[] = { { "s", "x\xc3\xa9\n", "a " }, { "i", "1", "a " },
		{ "r", "1.10", "a " }, { "r", "1.1", "" },
		{ "e", "1e400", "a " }, { "b", "12345678901234567890", "a " },
		{ "t", "true", "a " }, { "f", "false", "a " },
		{ "n", "null", "a " }, { "z", "", "a " }, { "", "0", "a " },
		{ "k\"1", "5", "a " }, { "l", "[]", "" }, { "o", "{}", "" },
		{ "T", "true", "" } };
	struct session_tag tag;
	struct session_query query = { .tags = &tag, .tag_count = 1 };

	put("{\"s\":\"x\\u00e9\\n\",\"i\":1,\"r\":1.10,\"e\":1e400,"
	    "\"b\":12345678901234567890,\"t\":true,\"f\":false,"
	    "\"n\":null,\"z\":\"\",\"\":0,\"k\\\"\\u0031\":5,"
	    "\"l\":[],\"o\":{}}");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		tag.key = slice_of(rows[i].key);
		tag.value = slice_of(rows[i].value);
		query.has_prefix = false;
		lists_names(&query, rows[i].names);
		query.has_prefix = true; /* compared, not looked up */
		lists_names(&query, rows[i].names);
	}
}
END_TEST

START_TEST(what_no_query_can_name_makes_no_tag)
{
	struct text metadata = { 0 };

	put("{\"\\ud83d\":1,\"\\ud83e\":1}");
	has_rows("tag", 0);
	text_string(&metadata, "{\"a\":\"");
	for (int i = 0; i < TAG_VALUE_MAX; i++)
		text_append(&metadata, "x", 1);
	text_append(&metadata, "\"}", 3);
	put(metadata.data);
	has_rows("tag", 1);
	metadata.length -= 3;
	text_append(&metadata, "x\"}", 4);
	put(metadata.data);
	has_rows("tag", 0);
	text_clear(&metadata);
}
END_TEST

START_TEST(metadata_has_a_thousand_members_at_most)
{
	struct session_profile profile = { .memory = SLICE("{}") };
	struct text metadata = { 0 };
	struct session session;

	for (int i = 0; i <= 1000; i++)
		text_format(&metadata, "%c\"%d\":1", i ? ',' : '{', i);
	text_append(&metadata, "}", 1);
	profile.metadata = text_view(&metadata);
	ok(store_begin(store, &error));
	session = make(store, "a");
	fails(store_session_configure(store, &session, &profile, 1, &error),
		ERROR_TOO_LARGE);
	store_rollback(store);
	text_clear(&metadata);
}
END_TEST

CONTRACT_UNIT("tags", start, stop, a_tag_is_a_scalar_as_text,
	what_no_query_can_name_makes_no_tag,
	metadata_has_a_thousand_members_at_most)
