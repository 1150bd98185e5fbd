/* SPDX-License-Identifier: MIT */
/*
 * test_waits.c - how often the store waits for a database that is far away:
 * twice for a batch of usual writes, twice for the newest messages.
 */
#include "core/history/history.h"
#include "core/store/expect.h"
#include "core/store/idempotency.h"
#include "core/store/turns.h"
#include "tests/contract/store_unit.h"

#define MEMBERS 8

static struct store *store;

static void start(void)
{
	scratch();
	store = open_store(STORE_WRITE);
	/* Of each table something is there. */
	for (int i = 0; i < MEMBERS; i++) {
		char name[8];

		snprintf(name, sizeof(name), "s%d", i);
		say(store, name, "{\"content\":\"hello\"}");
	}
}

static void stop(void)
{
	store_close(store);
	scratch_end();
}

/* A kind of request, for any nth member of a batch. */
struct request {
	const char *name; /* how its sessions begin; the nth's number follows */
	const char *key;  /* how its Idempotency-Keys begin, or NULL */
	const char *id;	  /* how the ids of its messages begin, or NULL */
	bool newest;	  /* is it a retry without a key? */
	int messages;
};

struct names {
	char name[16];
	char key[24];
	char ids[2][24];
	struct message messages[2];
};

static const struct slice digest = { "0123456789abcdef0123456789abcdef", 32 };

static void name_all(
	const struct request *request, int nth, struct names *names)
{
	snprintf(names->name, sizeof(names->name), "%s%d", request->name, nth);
	snprintf(names->key, sizeof(names->key), "%s %d",
		request->key ? request->key : "", nth);
	for (int i = 0; i < request->messages; i++)
		snprintf(names->ids[i], sizeof(names->ids[i]), "%s %d.%d",
			request->id ? request->id : "", nth, i);
}

/* What the nth member will ask for; `names` are to last. */
static struct store_expected expected(
	const struct request *request, struct names *names, int nth)
{
	name_all(request, nth, names);
	for (int i = 0; i < request->messages; i++) {
		names->messages[i] = text_message("{\"content\":\"hello\"}");
		if (request->id)
			names->messages[i].id = slice_of(names->ids[i]);
	}
	return (struct store_expected){ .ref.name = slice_of(names->name),
		.key = slice_of(request->key ? names->key : ""),
		.digest = request->newest ? digest : SLICE(""),
		.messages = names->messages,
		.message_count = (size_t)request->messages };
}

static int never(void *context, const struct idempotency_record *record)
{
	(void)context;
	(void)record;
	ck_abort_msg("a record is there already");
	return 1;
}

static void look_for_a_repeat(const struct request *request,
	const struct names *names, struct session *session)
{
	const struct idempotency_newest newest = { .digest = digest };

	if (request->key)
		ok(store_idempotency_find(store,
			&(struct idempotency_query){
				{ SLICE(""), slice_of(names->key) }, 0, 2000 },
			(struct idempotency_visitor){ never, NULL }, &error));
	if (request->newest && session->id)
		ok(store_idempotency_newest(store, session, &newest,
			(struct idempotency_visitor){ never, NULL }, &error));
}

static void keep_reply(const struct request *request, const struct names *names,
	const struct session *session)
{
	const struct idempotency_record record = {
		.session = session->id, .digest = digest, .status = 200
	};

	if (request->key || request->newest)
		ok(store_idempotency_keep(store,
			(struct idempotency_key){
				SLICE(""), request->key ? slice_of(names->key)
							: SLICE("") },
			&record, 2000, &error));
}

static int count_row(void *context, const struct message_row *row)
{
	(void)row;
	++*(int *)context;
	return 0;
}

static int count_record(void *context, const struct idempotency_record *record)
{
	(void)record;
	++*(int *)context;
	return 1;
}

/* As a request is handled: is it a repeat, what is there, the change. */
static void handle(struct store *in, const struct request *request, int nth)
{
	struct message_list list = { 0 };
	struct history_appended appended[2];
	struct history_edit edit = { .now = 2000, .appended = appended };
	struct session session;
	struct names names;

	expected(request, &names, nth);
	list.items = names.messages;
	ok(store_session_take(in,
		(struct session_ref){ SLICE(""), slice_of(names.name) }, 2000,
		&session, &error));
	look_for_a_repeat(request, &names, &session);
	list.count = (size_t)request->messages;
	edit.ref.name = slice_of(names.name);
	ok(history_append(in, &edit, &list, &error));
	session = edit.session;
	keep_reply(request, &names, &session);
}

/* Round trips of a batch that says what it expects, as the writer will. */
static int64_t waits_of(const struct request *request, int members)
{
	const int64_t before = engine->waits(store);
	struct store_expected what[MEMBERS];
	struct names names[MEMBERS];

	for (int i = 0; i < members; i++)
		what[i] = expected(request, &names[i], i);
	ok(store_begin(store, &error));
	ok(store_expect(store, what, (size_t)members, 2000, &error));
	for (int i = 0; i < members; i++) {
		ok(store_enter(store, &error));
		handle(store, request, i);
		ok(store_leave(store, true, &error));
	}
	if (store_commit(store, &error))
		ck_assert(store_batch_lost(store));
	return engine->waits(store) - before;
}

/* Usual writes: the first round trip answers all, the second is the commit. */
static const struct request requests[] = {
	{ .name = "s", .messages = 1 },
	{ .name = "s", .messages = 1, .key = "k" },
	{ .name = "s", .messages = 2, .id = "i" },
	{ .name = "s", .messages = 1, .newest = true },
	{ .name = "new", .messages = 1 },
	{ .name = "newer", .messages = 2, .key = "l", .id = "j" },
};

START_TEST(a_batch_waits_twice)
{
	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
		if (!engine->waits)
			return;
		ck_assert_msg(waits_of(&requests[i], MEMBERS) == 2,
			"request %zu of many", i);
	}
}
END_TEST

START_TEST(a_member_alone_waits_twice)
{
	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
		if (!engine->waits)
			return;
		ck_assert_msg(waits_of(&requests[i], 1) == 2, "request %zu", i);
	}
}
END_TEST

static void join(struct store_turn *turn)
{
	ok(store_begin(store, &error));
	ok(store_turn_join(store, turn, &error));
	ok(store_commit(store, &error));
}

static int save_of_turn(const struct store_turn *turn)
{
	const struct request request = { .name = "s", .messages = 1 };
	struct store_expected what;
	struct names names;
	int result;

	what = expected(&request, &names, 0);
	what.turn = turn;
	ok(store_begin(store, &error));
	ok(store_expect(store, &what, 1, 2000, &error));
	ok(store_enter(store, &error));
	result = store_turn_check(store, turn, &error);
	if (result == 0)
		handle(store, &request, 0);
	ok(store_leave(store, result == 0, &error));
	ok(store_commit(store, &error));
	return result;
}

START_TEST(a_turn_that_saves_waits_twice)
{
	struct store_turn turn = { .key = 7 };
	int64_t before;

	if (!store_has_turns(store))
		return;
	join(&turn);
	ck_assert_int_eq(turn.state, STORE_TURN_SERVED);
	before = engine->waits(store);
	ck_assert_int_eq(save_of_turn(&turn), 0);
	ck_assert_int_eq(engine->waits(store) - before, 2);
	turn.number--;
	ck_assert_int_eq(save_of_turn(&turn), -1);
}
END_TEST

/* What was expected is no promise: everything is there twice by then. */
START_TEST(what_is_there_is_found_though_it_was_expected)
{
	const struct request again = {
		.name = "s", .messages = 1, .key = "k", .id = "i"
	};
	struct store_expected what;
	struct session session;
	struct names names;
	int visits = 0;

	what = expected(&again, &names, 0);
	for (int i = 0; i < 2; i++) {
		ok(store_begin(store, &error));
		ok(store_expect(store, &what, 1, 2000, &error));
		if (i == 0)
			handle(store, &again, 0);
		session = find(store, "s0");
		ok(store_message_find(store, &session,
			(struct message_ref){ slice_of(names.ids[0]), 0 },
			(struct message_visitor){ count_row, &visits },
			&error));
		ok(store_idempotency_find(store,
			&(struct idempotency_query){
				{ SLICE(""), slice_of(names.key) }, 0, 2000 },
			(struct idempotency_visitor){ count_record, &visits },
			&error));
		ok(store_commit(store, &error));
		ck_assert_int_eq(visits, 2 * (i + 1));
		ck_assert_int_eq(session.last_seq, 2);
	}
}
END_TEST

static void keep_newest(const struct session *session, const char *of)
{
	const struct idempotency_record record = {
		.session = session->id, .digest = slice_of(of), .status = 200
	};

	ok(store_idempotency_keep(store,
		(struct idempotency_key){ SLICE(""), SLICE("") }, &record, 2000,
		&error));
}

START_TEST(what_a_member_wrote_is_unknown_when_it_is_undone)
{
	const char *const old = "0123456789abcdef0123456789abcdeF";
	const struct idempotency_newest newest = { .digest = slice_of(old) };
	const struct store_expected what = { .ref.name = SLICE("s0"),
		.profile = true,
		.digest = slice_of(old) };
	struct session_profile profile;
	struct session session;
	struct text buf = { 0 };
	int visits = 0;

	ok(store_begin(store, &error));
	session = find(store, "s0");
	configure(store, &session, "{}", "{\"a\":1}", 2000);
	keep_newest(&session, old);
	ok(store_commit(store, &error));
	ok(store_begin(store, &error));
	ok(store_expect(store, &what, 1, 2000, &error));
	ok(store_enter(store, &error));
	session = find(store, "s0");
	configure(store, &session, "{}", "{\"b\":2}", 2000);
	ok(store_session_profile(store, &session, &buf, &profile, &error));
	is(profile.metadata, "{\"b\":2}");
	keep_newest(&session, "0123456789abcdef0123456789abcdeE");
	ok(store_leave(store, false, &error));
	session = find(store, "s0");
	ok(store_session_profile(store, &session, &buf, &profile, &error));
	is(profile.metadata, "{\"a\":1}");
	ok(store_idempotency_newest(store, &session, &newest,
		(struct idempotency_visitor){ count_record, &visits }, &error));
	ck_assert_int_eq(visits, 1);
	store_rollback(store);
	text_clear(&buf);
}
END_TEST

START_TEST(the_newest_messages_are_two_round_trips)
{
	const struct message_query newest = { .limit = 20, .descending = true };
	struct store *reader;
	struct session session;
	int64_t before;
	int visits = 0;

	for (int i = 0; i < 30; i++)
		say(store, "s0", "{\"content\":\"hello\"}");
	if (!engine->waits)
		return;
	reader = open_store(STORE_READ);
	before = engine->waits(reader);
	ok(store_begin(reader, &error));
	session = find(reader, "s0");
	ok(store_message_list(reader, &session, &newest,
		(struct message_visitor){ count_row, &visits }, &error));
	store_rollback(reader);
	ck_assert_int_eq(engine->waits(reader) - before, 2);
	ck_assert_int_eq(visits, 20);
	store_close(reader);
}
END_TEST

CONTRACT_UNIT("waits", start, stop, a_batch_waits_twice,
	a_member_alone_waits_twice, a_turn_that_saves_waits_twice,
	what_is_there_is_found_though_it_was_expected,
	what_a_member_wrote_is_unknown_when_it_is_undone,
	the_newest_messages_are_two_round_trips)
