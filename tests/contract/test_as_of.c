/* SPDX-License-Identifier: MIT */
/*
 * test_as_of.c - edits, forks and erasures: every version of every session is
 * what the model says, and what nobody can see is gone.
 */
#include "core/store/search_text.h"
#include "tests/contract/as_of_changes.h"
#include "tests/contract/as_of_dump.h"

static int first_body; /* of a round: sessions of earlier ones stay */

static void open_model(uint64_t start)
{
	const char *given = getenv("CHATMEM_SEED");
	struct store_options options = { .search = true };

	seed = given ? strtoull(given, NULL, 10) : start;
	printf("CHATMEM_SEED=%" PRIu64 "\n", seed);
	scratch();
	options.step_rows = 1 + (int64_t)(seed % 7);
	store = open_with(options, STORE_WRITE);
	all = calloc(SESSIONS, sizeof(*all));
	ck_assert_ptr_nonnull(all);
	clock_ms = 1000000;
	bodies = lives = 0;
}

static void close_model(void)
{
	free(all);
	store_close(store);
	scratch_end();
}

static void make_root(const struct change *change)
{
	const struct session_profile profile = { .memory = SLICE("{}"),
		.metadata = SLICE("{}"),
		.retain_retired = change->count };
	struct session session;

	random_of_life(change->life);
	session = make(store, change->name);
	ok(store_session_configure(
		store, &session, &profile, change->now, &error));
	memcpy(marks[change->life], session.mark, sizeof(session.mark));
}

/* One session, which keeps what is retired for so many seconds. */
static void make_first(int64_t retain)
{
	struct change changes[2];

	memset(all, 0, SESSIONS * sizeof(*all));
	first_body = bodies + 1;
	all[0].alive = true;
	all[0].life = new_life();
	snprintf(all[0].name, sizeof(all[0].name), "root %d", bodies);
	changes[0] = new_change(&all[0]);
	changes[0].make = make_root;
	changes[0].count = retain;
	changes[0].life = all[0].life;
	next_version(&all[0]);
	changes[1] = new_change(&all[0]);
	try_append(&all[0], &changes[1]);
	make_changes(changes, 2);
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
	ok(store_search(store, &query,
		(struct search_visitor){ check_found, &finding }, &error));
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

/* By now all is in the index, and lies together where an engine does that. */
static void index_all(int64_t rows)
{
	clock_ms += 1000;
	maintain(store, clock_ms, rows);
	pack(store, clock_ms + 86400000, 10 * rows);
}

static void live(int batches)
{
	for (int i = 0; i < batches; i++) {
		try_something(true);
		if (i % 16 == 0) {
			compare_all();
			compare_search(false);
		}
	}
	compare_all();
}

static void erase_all(void)
{
	struct change changes[SESSIONS];
	int count = 0;

	for (int i = 0; i < SESSIONS; i++) {
		if (!all[i].alive)
			continue;
		changes[count] = new_change(&all[i]);
		try_erase(&all[i], &changes[count++]);
	}
	make_changes(changes, count);
}

START_TEST(every_version_is_what_it_was)
{
	open_model(1);
	for (int round = 0; round < times(4); round++) {
		make_first(-1);
		live(75);
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
	for (int round = 0; round < times(4); round++) {
		make_first(retain[round]);
		live(75);
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
	for (int round = 0; round < times(4); round++) {
		make_first(round * 30 - 1);
		live(60);
		erase_all();
		maintain(store, clock_ms, 1 + choose(20));
		ck_assert_int_eq(store_maintenance_due(store), INT64_MAX);
	}
	ck_assert_int_eq(store_upkeep(store, UPKEEP_WHOLE, &error), 1);
	store_close(store);
	has_rows("message", 0);
	has_rows("retired", 0);
	has_rows("history", 0);
	has_rows("session", 0);
	has_rows("maintenance", 0);
	has_rows("words", 0);
	store = NULL;
	close_model();
}
END_TEST

START_TEST(nothing_is_kept_that_nobody_can_see)
{
	struct modelled *only = NULL;
	struct change changes[SESSIONS];
	int count = 0;

	open_model(300);
	make_first(5);
	live(100);
	for (int i = SESSIONS - 1; i >= 0; i--) {
		changes[count] = new_change(&all[i]);
		if (all[i].alive && only)
			try_erase(&all[i], &changes[count++]);
		else if (all[i].alive)
			only = &all[i];
	}
	make_changes(changes, count);
	clock_ms += 10000;
	maintain(store, clock_ms, 9);
	compare_all();
	store_close(store);
	ck_assert_int_eq(engine->rows(directory, "message") +
				 engine->rows(directory, "retired"),
		only ? only->versions[only->now].count : 0);
	store = NULL;
	close_model();
}
END_TEST

/* --- the same everywhere ------------------------------------------------ */

/*
 * How far maintenance comes in a step is the engine's, as the index is: what
 * is compared is what is there when nothing is due.
 */
static void live_and_tell(uint64_t start, struct text *out)
{
	open_model(start);
	for (int round = 0; round < 3; round++) {
		make_first(round * 20 - 1);
		for (int i = 0; i < 6; i++) {
			for (int k = 0; k < 8; k++)
				try_something(false);
			index_all(7);
			dump_all(out);
		}
	}
	printf("%s: %zu bytes, %016" PRIx64 "\n", engine->name, out->length,
		hash_of(text_view(out)));
	close_model();
}

/* The first line of either that the other has not. */
static void differs(struct slice a, struct slice b)
{
	size_t at = 0, line = 0;

	for (; at < a.length && at < b.length && a.data[at] == b.data[at]; at++)
		if (a.data[at] == '\n')
			line = at + 1;
	if (at < a.length || at < b.length)
		ck_abort_msg("'%.*s' is '%.*s' elsewhere",
			(int)strcspn(a.data + line, "\n"), a.data + line,
			(int)strcspn(b.data + line, "\n"), b.data + line);
}

START_TEST(every_engine_tells_the_same)
{
	const int seeds = getenv("CHATMEM_TEST_LONG") ? 100 : times(3);
	const struct tested_engine *own = engine;

	if (own == tested_engines[0])
		return; /* each of the others asks it */
	for (int i = 0; i < seeds; i++) {
		struct text first = { 0 }, other = { 0 };

		engine = tested_engines[0];
		live_and_tell(400 + (uint64_t)i, &first);
		engine = own;
		live_and_tell(400 + (uint64_t)i, &other);
		differs(text_view(&first), text_view(&other));
		text_clear(&first);
		text_clear(&other);
	}
}
END_TEST

CONTRACT_UNIT("as_of", NULL, NULL, every_version_is_what_it_was,
	what_was_retired_goes_in_time_but_not_from_forks,
	after_all_erasures_nothing_is_left, nothing_is_kept_that_nobody_can_see,
	every_engine_tells_the_same)
