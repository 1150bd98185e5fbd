/* SPDX-License-Identifier: MIT */
/*
 * test_as_of.c - edits, forks and erasures: every version of every session is
 * what the model says, and what nobody can see is gone.
 */
#include "core/store/search_text.h"
#include "tests/contract/as_of_model.h"

static int first_body; /* of a round: sessions of earlier ones stay */

static void begin(void)
{
	ok(store_begin(store, &error));
}

static void commit(void)
{
	ok(store_commit(store, &error));
}

static void open_model(uint64_t start)
{
	const char *given = getenv("CHATMEM_SEED");
	struct store_options options = { .search = true };

	seed = given ? strtoull(given, NULL, 10) : start;
	scratch();
	options.step_rows = 1 + (int64_t)(seed % 7);
	store = open_with(options, STORE_WRITE);
	printf("CHATMEM_SEED=%" PRIu64 "\n", seed);
	all = calloc(SESSIONS, sizeof(*all));
	ck_assert_ptr_nonnull(all);
	clock_ms = 1000000;
	bodies = 0;
}

static void close_model(void)
{
	free(all);
	store_close(store);
	scratch_end();
}

/* One session, which keeps what is retired for so many seconds. */
static void make_first(int64_t retain)
{
	const struct session_profile profile = { .memory = SLICE("{}"),
		.metadata = SLICE("{}"),
		.retain_retired = retain };
	struct session session;

	memset(all, 0, SESSIONS * sizeof(*all));
	first_body = bodies + 1;
	all[0].alive = true;
	snprintf(all[0].name, sizeof(all[0].name), "root %d", bodies);
	begin();
	session = make(store, all[0].name);
	ok(store_session_configure(
		store, &session, &profile, clock_ms, &error));
	next_version(&all[0]);
	try_append(&all[0]);
	commit();
}

/* --- what is found ---------------------------------------------------- */

/* So many messages of the session as it is have the body; seq 0: any. */
static int shown(const struct modelled *session, int body, int64_t seq)
{
	const struct version *version = &session->versions[session->now];
	int count = 0;

	for (int i = 0; session->alive && i < version->count; i++)
		count += version->messages[i].body == body &&
			 (!seq || version->messages[i].seq == seq);
	return count;
}

struct finding {
	int body;
	int right;
	int wrong;
};

static int check_found(void *context, const struct search_row *row)
{
	struct finding *finding = context;
	int count = 0;

	for (int i = 0; i < SESSIONS; i++)
		if (slice_equal(row->name, slice_of(all[i].name)))
			count +=
				shown(&all[i], finding->body, row->message.seq);
	finding->right += count == 1;
	finding->wrong += count != 1;
	return 0;
}

/* An index that is late has less, but never what is not shown. */
static void compare_found(
	int body, const struct session *session, int most, bool complete)
{
	struct finding finding = { .body = body };
	struct text words = { 0 };
	struct search_query query = { .session = session,
		.limit = 100,
		.steps = 10000,
		.now = clock_ms };

	text_number(&words, body);
	query.text = text_view(&words);
	ok(store_search(store, &query, check_found, &finding, &error));
	ck_assert_int_eq(finding.wrong, 0);
	ck_assert_int_le(finding.right, most);
	if (complete)
		ck_assert_int_eq(finding.right, most);
	text_clear(&words);
}

static void compare_search(bool complete)
{
	for (int n = 0; n < 30; n++) {
		const int body =
			first_body +
			(int)choose((unsigned)(bodies - first_body + 1));
		struct session session;
		int count = 0;

		for (int i = 0; i < SESSIONS; i++) {
			count += shown(&all[i], body, 0);
			session = find(store, all[i].name);
			compare_found(body, &session, shown(&all[i], body, 0),
				complete);
		}
		compare_found(body, NULL, count, complete);
	}
}

/* By now all is in the index. */
static void index_all(int64_t rows)
{
	clock_ms += 1000;
	do_chores(store, clock_ms, rows);
}

static void live(int changes)
{
	for (int i = 0; i < changes; i++) {
		begin();
		try_something();
		if (choose(3) == 0)
			ok(store_chore_step(
				store, clock_ms, 1 + choose(10), &error));
		commit();
		if (i % 30 == 0) {
			compare_all();
			compare_search(false);
		}
	}
	compare_all();
}

static void erase_all(void)
{
	begin();
	for (int i = 0; i < SESSIONS; i++)
		if (all[i].alive)
			try_erase(&all[i]);
	commit();
}

START_TEST(every_version_is_what_it_was)
{
	open_model(1);
	for (int round = 0; round < 4; round++) {
		make_first(-1);
		live(150);
		index_all(3);
		compare_all();
		compare_search(true);
	}
	close_model();
}
END_TEST

START_TEST(what_was_retired_goes_in_time_but_not_from_forks)
{
	static const int64_t retain[] = { 0, 1, 20, 60 };

	open_model(100);
	for (int round = 0; round < 4; round++) {
		make_first(retain[round]);
		live(150);
		clock_ms += retain[round] * 1011 + 1;
		index_all(5);
		compare_all();
		compare_search(true);
	}
	close_model();
}
END_TEST

START_TEST(after_all_erasures_nothing_is_left)
{
	open_model(200);
	for (int round = 0; round < 4; round++) {
		make_first(round * 30 - 1);
		live(120);
		erase_all();
		do_chores(store, clock_ms, 1 + choose(20));
		ck_assert_int_eq(store_chore_due(store), INT64_MAX);
	}
	store_close(store);
	has_rows("message", 0);
	has_rows("retired", 0);
	has_rows("history", 0);
	has_rows("session", 0);
	has_rows("chore", 0);
	has_rows("words", 0);
	store = NULL;
	close_model();
}
END_TEST

START_TEST(nothing_is_kept_that_nobody_can_see)
{
	struct modelled *only = NULL;

	open_model(300);
	make_first(5);
	live(200);
	begin();
	for (int i = SESSIONS - 1; i >= 0; i--) {
		if (all[i].alive && only)
			try_erase(&all[i]);
		else if (all[i].alive)
			only = &all[i];
	}
	commit();
	clock_ms += 10000;
	do_chores(store, clock_ms, 9);
	compare_all();
	store_close(store);
	ck_assert_int_eq(engine->rows(directory, "message") +
				 engine->rows(directory, "retired"),
		only ? only->versions[only->now].count : 0);
	store = NULL;
	close_model();
}
END_TEST

CONTRACT_UNIT("past", NULL, NULL, every_version_is_what_it_was,
	what_was_retired_goes_in_time_but_not_from_forks,
	after_all_erasures_nothing_is_left, nothing_is_kept_that_nobody_can_see)
