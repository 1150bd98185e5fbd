/* SPDX-License-Identifier: MIT */
/*
 * as_of_model.h - sessions whose every version is known as a full list of
 * messages, and the same changes made to them and to the store.
 */
#ifndef TESTS_CONTRACT_AS_OF_MODEL_H
#define TESTS_CONTRACT_AS_OF_MODEL_H

#include "tests/contract/store_unit.h"

#include <inttypes.h>
#include <stdlib.h>

#define SESSIONS 12
#define VERSIONS 400
#define MESSAGES 120

/* What the model knows of a message. */
struct told {
	int64_t seq;
	int64_t created_at;
	int64_t updated_at;
	int body;
	char id[48]; /* the client's, or the server's */
};

struct version {
	int count;
	int64_t since; /* when it was made */
	struct told messages[MESSAGES];
};

struct modelled {
	bool alive;
	char name[32];
	int64_t now;   /* its version */
	int64_t first; /* the first that it has */
	int64_t last_seq;
	struct version versions[VERSIONS];
};

static struct modelled *all; /* SESSIONS of them */
static struct store *store;
static int64_t clock_ms;
static uint64_t seed;
static int bodies;

static unsigned choose(unsigned below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % below;
}

static struct slice body_of(int number, char text[40])
{
	snprintf(text, 40, "{\"content\":\"%d\"}", number);
	return slice_of(text);
}

/* --- reading ---------------------------------------------------------- */

struct reader {
	const struct version *version;
	int at;
	int step;
	int64_t from; /* the range that is listed */
	int64_t to;
};

static bool in_range(const struct reader *reader)
{
	return reader->at >= 0 && reader->at < reader->version->count;
}

static void skip(struct reader *reader)
{
	while (in_range(reader) &&
		(reader->version->messages[reader->at].seq <= reader->from ||
			reader->version->messages[reader->at].seq >=
				reader->to))
		reader->at += reader->step;
}

static void agrees(const struct told *told, const struct message_row *row)
{
	char text[40], id[60];

	ck_assert_int_eq(row->seq, told->seq);
	ck_assert(slice_equal(row->message.body, body_of(told->body, text)));
	ck_assert_int_eq(row->created_at, told->created_at);
	ck_assert_int_eq(row->updated_at, told->updated_at);
	if (row->message.id.length)
		snprintf(id, sizeof(id), "%.*s", (int)row->message.id.length,
			row->message.id.data);
	else
		snprintf(id, sizeof(id), "%.*s-%" PRId64, (int)row->mark.length,
			row->mark.data, row->seq);
	ck_assert_str_eq(id, told->id);
}

static int compare(void *context, const struct message_row *row)
{
	struct reader *reader = context;

	skip(reader);
	ck_assert_msg(
		in_range(reader), "seq %" PRId64 " is too much", row->seq);
	agrees(&reader->version->messages[reader->at], row);
	reader->at += reader->step;
	return 0;
}

/* Some range of it, in some order. */
static void compare_list(
	const struct session *view, const struct version *version, bool whole)
{
	struct message_query query = { .limit = INT64_MAX };
	struct reader reader = { version, 0, 1, 0, INT64_MAX };

	query.descending = choose(2);
	if (!whole && choose(2))
		reader.from = query.after =
			choose((unsigned)view->last_seq + 2);
	if (!whole && choose(2))
		reader.to = query.before =
			1 + choose((unsigned)view->last_seq + 2);
	if (query.descending) {
		reader.step = -1;
		reader.at = version->count - 1;
	}
	ok(store_message_list(store, view, &query, compare, &reader, &error));
	skip(&reader);
	ck_assert_msg(!in_range(&reader), "seq %" PRId64 " is missing",
		version->messages[reader.at].seq);
}

static int agree_once(void *context, const struct message_row *row)
{
	const struct told **told = context;

	agrees(*told, row);
	*told = NULL;
	return 0;
}

static void compare_one(
	const struct session *view, const struct version *version)
{
	const struct told *told, *want;

	if (version->count == 0)
		return;
	want = &version->messages[choose((unsigned)version->count)];
	told = want;
	ok(store_message_find(
		store, view, slice_of(want->id), 0, agree_once, &told, &error));
	ck_assert_msg(!told, "id %s is not found", want->id);
	told = want;
	ok(store_message_find(store, view, (struct slice){ 0 }, want->seq,
		agree_once, &told, &error));
	ck_assert_msg(!told, "seq %" PRId64 " is not found", want->seq);
}

static void compare_count(
	const struct session *view, const struct version *version)
{
	int64_t first = 1 + choose((unsigned)view->last_seq + 1);
	int64_t last = first + choose((unsigned)view->last_seq + 1);
	int64_t count, want = 0;

	for (int i = 0; i < version->count; i++)
		want += version->messages[i].seq >= first &&
			version->messages[i].seq <= last;
	ok(store_message_count(store, view, first, last, &count, &error));
	ck_assert_int_eq(count, want);
	ok(store_message_count(store, view, 1, INT64_MAX - 1, &count, &error));
	ck_assert_int_eq(count, version->count);
}

static void compare_version(const struct modelled *session, int64_t version)
{
	struct session view = find(store, session->name);
	const struct version *want = &session->versions[version];

	ck_assert_int_eq(session_version(&view), session->now);
	if (view.purged > session->first)
		ck_assert_int_le(session->versions[view.purged].since,
			clock_ms - view.retain_retired * 1000);
	if (version < view.purged || version < session->first) {
		fails(store_session_at(store, &view, version, &error),
			ERROR_GONE);
		return;
	}
	ok(store_session_at(store, &view, version, &error));
	ck_assert_int_eq(session_version(&view), version);
	compare_list(&view, want, true);
	compare_list(&view, want, false);
	compare_count(&view, want);
	compare_one(&view, want);
}

static void compare_all(void)
{
	for (int i = 0; i < SESSIONS; i++)
		for (int64_t at = 0; all[i].alive && at <= all[i].now; at++)
			compare_version(&all[i], at);
}

/* --- changing --------------------------------------------------------- */

static struct version *next_version(struct modelled *session)
{
	session->now++;
	ck_assert_int_lt(session->now, VERSIONS);
	session->versions[session->now] = session->versions[session->now - 1];
	session->versions[session->now].since = clock_ms;
	return &session->versions[session->now];
}

static void drop(struct version *version, int64_t first, int64_t last)
{
	int kept = 0;

	for (int i = 0; i < version->count; i++)
		if (version->messages[i].seq < first ||
			version->messages[i].seq > last)
			version->messages[kept++] = version->messages[i];
	version->count = kept;
}

static struct session now_of(const struct modelled *session)
{
	return find(store, session->name);
}

static void try_append(struct modelled *session)
{
	struct session there = now_of(session);
	int count = 1 + (int)choose(3);

	while (count--) {
		struct version *version = next_version(session);
		struct told *told = &version->messages[version->count++];
		struct message message = { .form = MESSAGE_STORED,
			.type = MESSAGE_HUMAN };
		char text[40];

		*told = (struct told){ .seq = ++session->last_seq,
			.created_at = clock_ms,
			.body = ++bodies };
		if (choose(3) == 0) {
			snprintf(told->id, sizeof(told->id), "id %d", bodies);
			message.id = slice_of(told->id);
		} else {
			snprintf(told->id, sizeof(told->id), "%s-%" PRId64,
				there.mark, told->seq);
		}
		message.body = body_of(bodies, text);
		ok(store_message_append(
			store, &there, &message, clock_ms, &error));
	}
}

static int64_t some_seq(const struct modelled *session)
{
	return 1 + choose((unsigned)session->last_seq);
}

static void try_remove(struct modelled *session)
{
	struct session there = now_of(session);
	int64_t first = some_seq(session), last = first + choose(6), removed;
	struct version *version = next_version(session);
	int before = version->count;

	if (choose(4) == 0)
		last = session->last_seq;
	if (choose(6) == 0)
		first = 1;
	drop(version, first, last);
	whole(store_message_remove(
		store, &there, first, last, clock_ms, &removed, &error));
	ck_assert_int_eq(removed, before - version->count);
	if (removed == 0)
		session->now--;
}

static void try_replace(struct modelled *session)
{
	struct session there = now_of(session);
	struct version *version;
	struct message message = { .form = MESSAGE_STORED,
		.type = MESSAGE_HUMAN };
	struct told *told;
	char text[40];

	if (session->versions[session->now].count == 0)
		return;
	version = next_version(session);
	told = &version->messages[choose((unsigned)version->count)];
	told->body = ++bodies;
	told->updated_at = clock_ms;
	message.body = body_of(bodies, text);
	whole(store_message_replace(
		store, &there, told->seq, &message, clock_ms, &error));
}

static void try_clear(struct modelled *session)
{
	struct session there = now_of(session);
	int64_t deleted;
	int count = session->versions[session->now].count;

	if (count)
		next_version(session)->count = 0;
	ok(store_history_clear(store, &there, clock_ms, &deleted, &error));
	ck_assert_int_eq(deleted, count);
}

static void try_fork(struct modelled *parent)
{
	struct session there = now_of(parent), fork;
	struct modelled *made = NULL;
	static int names;
	int64_t upto = choose((unsigned)parent->last_seq + 1);

	for (int i = 0; i < SESSIONS; i++)
		if (!all[i].alive)
			made = &all[i];
	if (!made)
		return;
	if (choose(2))
		upto = parent->last_seq;
	snprintf(made->name, sizeof(made->name), "fork %d", ++names);
	whole(store_session_fork(store, &there, SLICE(""), slice_of(made->name),
		upto, clock_ms, &fork, &error));
	made->alive = true;
	made->now = made->first = upto ? upto : 1;
	made->last_seq = upto;
	made->versions[made->now] = parent->versions[parent->now];
	drop(&made->versions[made->now], upto + 1, INT64_MAX);
	ck_assert_int_eq(
		session_message_count(&fork), made->versions[made->now].count);
}

static void try_erase(struct modelled *session)
{
	struct session there = now_of(session);

	session->alive = false;
	ok(store_session_erase(store, &there, clock_ms, &error));
}

static void try_something(void)
{
	static void (*const changes[])(struct modelled *) = { try_append,
		try_append, try_append, try_append, try_remove, try_remove,
		try_replace, try_replace, try_replace, try_fork, try_fork,
		try_clear, try_erase };
	struct modelled *session = &all[choose(SESSIONS)];

	clock_ms += choose(2000);
	if (!session->alive)
		session = &all[0];
	if (!session->alive || session->now > VERSIONS - 10 ||
		session->versions[session->now].count > MESSAGES - 10)
		return;
	if (session->last_seq == 0)
		try_append(session);
	else if (session == &all[0] && choose(40))
		changes[choose(10)](session);
	else
		changes[choose(13)](session);
}

#endif
