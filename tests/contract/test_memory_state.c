/* SPDX-License-Identifier: MIT */
/*
 * test_memory_state.c - what memory classes keep goes when it is no longer
 * true.
 */
#include "tests/contract/store_unit.h"

#include "core/history/history.h"
#include "core/store/memory_state.h"

static struct store *store;
static struct session session;

static const struct state_key summary = { &session, { "summary", 7 },
	{ "history", 7 } };
static const struct state_key other = { &session, { "summary", 7 },
	{ "notes", 5 } };

/* Ten messages, and a state that reaches the sixth with two items. */
static void setup(void)
{
	const struct session_state state = { .seq = 6, .bytes = SLICE("SIX") };

	scratch();
	store = open_store(STORE_WRITE);
	ok(store_begin(store, &error));
	session = make(store, "s");
	for (int i = 0; i < 10; i++)
		append(store, &session, "{\"content\":\"m\"}");
	ok(store_memory_state_keep(store, &summary, &state, &error));
	ok(store_memory_item_keep(store, &summary, 2, SLICE("two"), &error));
	ok(store_memory_item_keep(store, &summary, 6, SLICE("six"), &error));
}

static void teardown(void)
{
	store_rollback(store);
	store_close(store);
	scratch_end();
}

static int write_item(void *context, int64_t seq, struct slice bytes)
{
	text_format(
		context, " %d=%.*s", (int)seq, (int)bytes.length, bytes.data);
	return 0;
}

/* "6:SIX 2=two 6=six" */
static void keeps(const struct state_key *key, const char *expected)
{
	struct session_state state;
	struct text room = { 0 }, seen = { 0 };

	ok(store_memory_state_find(store, key, &room, &state, &error));
	text_format(&seen, "%d:%.*s", (int)state.seq, (int)state.bytes.length,
		state.bytes.data);
	ok(store_memory_item_list(store, key,
		(struct item_visitor){ write_item, &seen }, &error));
	is(text_view(&seen), expected);
	text_clear(&room);
	text_clear(&seen);
}

#define WHOLE "6:SIX 2=two 6=six"
#define NONE  "0:"

START_TEST(a_state_is_found_under_its_own_key_only)
{
	const struct state_key class = { &session, SLICE("entity"),
		SLICE("history") };

	keeps(&summary, WHOLE);
	keeps(&other, NONE);
	keeps(&class, NONE);
}
END_TEST

START_TEST(a_state_takes_the_place_of_the_one_before)
{
	const struct session_state state = {
		.seq = 8,
		.bytes = SLICE("E\0GHT"),
	};
	struct session_state found;
	struct text room = { 0 };

	ok(store_memory_state_keep(store, &summary, &state, &error));
	ok(store_memory_state_find(store, &summary, &room, &found, &error));
	ck_assert_int_eq(found.seq, 8);
	ck_assert(slice_equal(found.bytes, state.bytes));
	text_clear(&room);
}
END_TEST

static void replace(int64_t seq)
{
	const struct message message = text_message("{\"content\":\"e\"}");

	ok(store_message_replace(store, &session,
		&(struct message_replacement){ seq, &message, 3000 }, &error));
}

static void remove_range(int64_t first, int64_t last)
{
	struct message_removal removal = {
		.seqs = { first, last },
		.now = 3000,
	};

	ok(store_message_remove(store, &session, &removal, &error));
}

/* Runs one edit of the session and looks at what it left. */
static void edited(int edit)
{
	int64_t count;

	switch (edit) {
	case 0:
		replace(6);
		return;
	case 1:
		remove_range(1, 1);
		return;
	case 2:
		remove_range(6, 10);
		return;
	case 3:
		ok(store_history_clear(store, &session, 3000, &count, &error));
		return;
	case 4:
		replace(7);
		return;
	case 5:
		remove_range(7, 10);
		return;
	default:
		append(store, &session, "{\"content\":\"m\"}");
	}
}

START_TEST(an_edit_at_or_below_its_seq_takes_the_state_along)
{
	for (int edit = 0; edit < 7; edit++) {
		edited(edit);
		keeps(&summary, edit < 4 ? NONE : WHOLE);
		teardown();
		setup();
	}
}
END_TEST

START_TEST(a_state_of_items_alone_goes_back_to_the_last_true_one)
{
	const struct session_state state = { .seq = 8 };

	ok(store_memory_state_keep(store, &other, &state, &error));
	for (int64_t seq = 2; seq <= 8; seq += 2)
		ok(store_memory_item_keep(
			store, &other, seq, SLICE("i"), &error));
	replace(5);
	keeps(&other, "4: 2=i 4=i");
	keeps(&summary, NONE);
	replace(1);
	keeps(&other, NONE);
}
END_TEST

START_TEST(a_fork_has_the_state_of_what_it_begins_with)
{
	struct session fork;
	struct state_key of_fork = summary;

	of_fork.session = &fork;
	ok(store_session_fork(store, &session,
		&(struct session_fork){
			{ SLICE(""), SLICE("short") }, 5, 3000 },
		&fork, &error));
	keeps(&of_fork, NONE);
	ok(store_session_fork(store, &session,
		&(struct session_fork){ { SLICE(""), SLICE("long") }, 6, 3000 },
		&fork, &error));
	keeps(&of_fork, WHOLE);
	edited(0);
	keeps(&summary, NONE);
	keeps(&of_fork, WHOLE);
}
END_TEST

START_TEST(an_erased_session_leaves_no_state)
{
	ok(store_session_erase(store, &session, 3000, &error));
	ok(store_commit(store, &error));
	maintain(store, 3000, 1);
	has_rows("memory_state", 0);
	ok(store_begin(store, &error));
}
END_TEST

START_TEST(maintenance_leaves_the_state_of_a_session_that_is_there)
{
	remove_range(8, 9);
	ok(store_commit(store, &error));
	maintain(store, INT64_C(3000000000), 1);
	ok(store_begin(store, &error));
	keeps(&summary, WHOLE);
}
END_TEST

START_TEST(an_expired_session_leaves_no_state)
{
	const struct session_profile profile = {
		.memory = SLICE("{}"),
		.metadata = SLICE("{}"),
		.ttl_seconds = 1,
		.retain_retired = -1,
	};

	ok(store_session_configure(store, &session, &profile, 3000, &error));
	ok(store_commit(store, &error));
	maintain(store, 5000, 100);
	has_rows("memory_state", 0);
	ok(store_begin(store, &error));
}
END_TEST

CONTRACT_UNIT("state", setup, teardown, a_state_is_found_under_its_own_key_only,
	a_state_takes_the_place_of_the_one_before,
	an_edit_at_or_below_its_seq_takes_the_state_along,
	a_state_of_items_alone_goes_back_to_the_last_true_one,
	a_fork_has_the_state_of_what_it_begins_with,
	an_erased_session_leaves_no_state,
	maintenance_leaves_the_state_of_a_session_that_is_there,
	an_expired_session_leaves_no_state)
