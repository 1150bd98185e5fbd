/* SPDX-License-Identifier: MIT */
/*
 * test_recent.c - a handle that reads through the cache of newest messages
 * shows what one without it shows, whatever is written and when.
 */
#include "core/store/change_feed.h"
#include "core/store/recent.h"
#include "tests/contract/as_of_changes.h"
#include "tests/sqlite/recent_asked.h"

static struct store *cached, *plain;
static int recalled; /* answers */

static void begin(uint64_t start, size_t bytes)
{
	const char *given = getenv("CHATMEM_SEED");
	struct store_options options = { .search = true };

	seed = given ? strtoull(given, NULL, 10) : start;
	printf("CHATMEM_SEED=%" PRIu64 "\n", seed);
	scratch();
	ck_assert_int_eq(store_recent_new(&recent, bytes), 0);
	options.step_rows = 1 + (int64_t)(seed % 7);
	options.recent = recent;
	store = open_with(options, STORE_WRITE);
	cached = open_with(options, STORE_READ);
	options.recent = NULL;
	plain = open_with(options, STORE_READ);
	all = calloc(SESSIONS, sizeof(*all));
	ck_assert_ptr_nonnull(all);
	clock_ms = 1000000;
	bodies = lives = 0;
}

static void end(void)
{
	free(all);
	store_close(cached);
	store_close(plain);
	store_close(store);
	store_recent_free(recent);
	scratch_end();
}

static void make_root(const struct change *change)
{
	struct session session = make(store, change->name);

	configure(store, &session, "{}", "{\"of\":1}", change->now);
	memcpy(marks[change->life], session.mark, sizeof(session.mark));
}

static void make_first(void)
{
	struct change change;

	memset(all, 0, SESSIONS * sizeof(*all));
	all[0].alive = true;
	all[0].life = new_life();
	snprintf(all[0].name, sizeof(all[0].name), "root %d", bodies);
	change = new_change(&all[0]);
	change.make = make_root;
	change.life = all[0].life;
	next_version(&all[0]);
	make_changes(&change, 1);
}

/* --- two handles, one answer ---------------------------------------------- */

struct reading {
	struct message_query query;
	bool profile;
	int64_t past; /* versions */
	int most;     /* rows, until the visitor stops */
	struct text *out;
};

static int write_row(void *context, const struct message_row *row)
{
	struct reading *reading = context;

	/* A copy has its id written, and may be born with the fork. */
	text_format(reading->out, "%" PRId64 " %" PRId64 " %" PRId64 " %d %d ",
		row->seq, row->created_at, row->updated_at,
		(int)row->message.type, (int)row->message.form);
	text_slice(reading->out, row->message.id);
	if (row->message.id.length == 0) {
		text_slice(reading->out, row->mark);
		text_format(reading->out, "-%" PRId64, row->seq);
	}
	text_slice(reading->out, row->message.body);
	text_string(reading->out, "\n");
	return --reading->most == 0;
}

static struct reading new_reading(const struct modelled *session)
{
	struct reading reading = { .most = choose(3) ? INT_MAX
						     : 1 + (int)choose(6),
		.query.limit = choose(2) ? INT64_MAX : 1 + choose(6) };

	reading.profile = choose(2);
	reading.past = choose(4) ? 0 : choose(20);
	reading.query.descending = choose(3) > 0;
	if (choose(3) == 0)
		reading.query.after = choose((unsigned)session->last_seq + 2);
	if (choose(3) == 0)
		reading.query.before =
			1 + choose((unsigned)session->last_seq + 2);
	if (choose(6) == 0)
		reading.query.types = 1u << (1 + choose(3));
	return reading;
}

static struct session find_in(
	struct store *in, const char *name, struct text *out)
{
	struct session session;

	ok(store_session_find(in,
		(struct session_ref){ SLICE(""), slice_of(name) }, clock_ms,
		&session, &error));
	text_format(out, "%s %" PRId64 " %" PRId64 " %s\n", name,
		session_version(&session), session_message_count(&session),
		session.mark);
	return session;
}

static int64_t past_version(const struct session *session, int64_t past)
{
	const int64_t version = session_version(session) - past;

	return version < session->purged ? session->purged : version;
}

static int list_in(struct store *in, const struct session *known,
	struct reading reading, struct text *out)
{
	struct session copy = *known, *session = &copy;
	struct session_profile profile;
	struct text buf = { 0 };
	int result = 0;

	reading.out = out;
	if (session->id && reading.profile)
		result = store_session_profile(
			in, session, &buf, &profile, &error);
	if (session->id && reading.profile && result == 0)
		text_slice(out, profile.metadata);
	if (session->id && result == 0 && reading.past)
		result = store_session_as_of(in, session,
			past_version(session, reading.past), &error);
	if (session->id && result == 0)
		result = store_message_list(in, session, &reading.query,
			(struct message_visitor){ write_row, &reading },
			&error);
	text_string(out, "--\n");
	text_clear(&buf);
	return result;
}

static void is_same(struct text *first, struct text *second)
{
	text_append(first, "", 1);
	is(text_view(second), first->data);
}

/*
 * Reads in both handles.  If others write in the middle, the one that reads
 * through the cache may have to be run again.
 */
static void compare_handles(const struct modelled *session, bool across)
{
	struct text first = { 0 }, second = { 0 };
	struct session known, found;
	int result = 0;

	ok(store_begin(plain, &error));
	ok(store_begin(cached, &error));
	known = find_in(plain, session->name, &first);
	found = find_in(cached, session->name, &second);
	if (across)
		try_something(true);
	for (int i = 0; i < 3 && result == 0; i++) {
		const struct reading reading = new_reading(session);

		result = list_in(cached, &found, reading, &second);
		ok(list_in(plain, &known, reading, &first));
	}
	if (result == 0)
		is_same(&first, &second);
	ck_assert_int_eq(result != 0, store_retries(cached));
	ck_assert(across || result == 0);
	error = (struct error){ 0 };
	store_rollback(cached);
	store_rollback(plain);
	text_clear(&first);
	text_clear(&second);
}

/* An answer that is kept is the one that would be given now. */
static int compare_answers(const struct modelled *session)
{
	const struct reading reading = {
		.query = { .descending = choose(2),
			.limit = choose(2) ? INT64_MAX : 3 },
		.profile = choose(2),
		.most = INT_MAX,
	};
	const struct recent_question question = { session,
		{ (const char *)&reading, sizeof(reading) } };
	struct recent_body *kept = store_recent_body(recent,
		(struct session_ref){ SLICE(""), slice_of(session->name) },
		clock_ms, &question);
	struct store *in = kept ? plain : cached;
	struct text now = { 0 };
	struct session found;

	ok(store_begin(in, &error));
	found = find_in(in, session->name, &now);
	ok(list_in(in, &found, reading, &now));
	text_append(&now, "", 1);
	if (kept)
		is(kept->body, now.data);
	else if (found.id)
		store_recent_answer(in,
			recent_body_new(&question, SLICE("beside"),
				(struct slice){ now.data, now.length - 1 }));
	store_rollback(in);
	text_clear(&now);
	recent_body_free(kept);
	return kept != NULL;
}

/* What a member appended that is undone was never there. */
static void try_in_vain(void)
{
	struct session session;

	ok(store_begin(store, &error));
	ok(store_enter(store, &error));
	session = find(store, all[choose(SESSIONS)].name);
	if (session.id)
		append(store, &session, "{\"content\":\"?\"}");
	ok(store_leave(store, false, &error));
	ok(store_commit(store, &error));
}

static void live(int batches)
{
	for (int i = 0; i < batches; i++) {
		if (choose(4) == 0)
			try_in_vain();
		try_something(true);
		for (int k = 0; k < 4; k++)
			compare_handles(&all[choose(SESSIONS)], choose(4) == 0);
		for (int k = 0; k < 8; k++)
			recalled += compare_answers(&all[choose(SESSIONS)]);
	}
	compare_all();
}

START_TEST(what_is_kept_is_what_is_stored)
{
	const int rounds = getenv("CHATMEM_TEST_LONG") ? 200 : 12;

	begin(1, 1 << 20);
	for (int round = 0; round < rounds; round++) {
		make_first();
		live(60);
	}
	ck_assert_uint_gt(store_recent_figures(recent).hits, 500);
	ck_assert_int_gt(recalled, 500);
	end();
}
END_TEST

START_TEST(so_it_is_where_most_has_no_room)
{
	begin(2, 12000);
	for (int round = 0; round < 6; round++) {
		make_first();
		live(60);
		ck_assert_uint_le(store_recent_figures(recent).bytes, 12000);
	}
	end();
}
END_TEST

/* --- sessions that end -----------------------------------------------------
 */

static bool is_found(int64_t now)
{
	struct session session;

	ok(store_begin(cached, &error));
	ok(store_session_find(cached, ada, now, &session, &error));
	store_rollback(cached);
	return session.id != 0;
}

static void make_ada(const char *owner, int64_t ttl_seconds)
{
	const struct session_profile profile = { .owner = slice_of(owner),
		.memory = SLICE("{}"),
		.metadata = SLICE("{}"),
		.ttl_seconds = ttl_seconds,
		.retain_retired = -1 };
	struct session session;

	ok(store_begin(store, &error));
	ok(store_session_take(store, ada, 2000, &session, &error));
	ok(store_session_create(store, ada, 2000, &session, &error));
	ok(store_session_configure(store, &session, &profile, 2000, &error));
	append(store, &session, "{\"content\":\"Hi!\"}");
	ok(store_commit(store, &error));
}

/* Reads it twice, so that it is kept; a list has what is kept. */
static void keep_ada(void)
{
	struct session session;

	for (int i = 0; i < 2; i++) {
		ok(store_begin(cached, &error));
		ok(store_session_find(cached, ada, 2000, &session, &error));
		has_bodies(cached, &session, "1:{\"content\":\"Hi!\"} ");
		store_recent_answer(cached,
			recent_body_new(&anything, SLICE(""), SLICE("Hi!")));
		store_rollback(cached);
	}
	ck_assert(is_there(ada));
}

START_TEST(what_is_gone_is_not_shown)
{
	const struct owner_ref owner = { ada.tenant, SLICE("o") };
	struct owner_erasure erasure;

	begin(3, 1 << 20);
	make_ada("", 60);
	keep_ada();
	ck_assert(is_found(61999));
	ck_assert(!is_found(62000));
	ck_assert(is_answered(ada, 61999));
	ck_assert(!is_answered(ada, 62000));
	maintain(store, 63000, 9);
	ck_assert(!is_there(ada));
	make_ada("o", 0);
	keep_ada();
	ok(store_begin(store, &error));
	ok(store_owner_erase(store, owner, 3000, &erasure, &error));
	ok(store_commit(store, &error));
	ck_assert(!is_found(3000));
	ck_assert(!is_answered(ada, 3000));
	end();
}
END_TEST

STORE_UNIT("recent", NULL, NULL, what_is_kept_is_what_is_stored,
	so_it_is_where_most_has_no_room, what_is_gone_is_not_shown)
