/* SPDX-License-Identifier: MIT */
/*
 * as_of_model.h - sessions whose every version is known as a full list of
 * messages, to be compared with what the store has.
 */
#ifndef TESTS_CONTRACT_AS_OF_MODEL_H
#define TESTS_CONTRACT_AS_OF_MODEL_H

#include "tests/contract/store_unit.h"

#include <inttypes.h>
#include <stdlib.h>

#define SESSIONS 12
#define VERSIONS 400
#define MESSAGES 120
#define LIVES	 9999

/* What the model knows of a message. */
struct told {
	int64_t seq;
	int64_t created_at;
	int64_t updated_at;
	int body;
	int own_id; /* the client's is "id" and this number; 0: the server's */
	int life;   /* of the session that it was appended to */
};

struct version {
	int count;
	int64_t since; /* when it was made */
	struct told messages[MESSAGES];
};

struct modelled {
	bool alive;
	int life;
	char name[32];
	int64_t now;   /* its version */
	int64_t first; /* the first that it has */
	int64_t last_seq;
	struct version versions[VERSIONS];
};

static struct modelled *all;		   /* SESSIONS of them */
static char marks[LIVES][MARK_LENGTH + 1]; /* as the store gave them */
static int lives;
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

static struct slice id_of(const struct told *told, char text[48])
{
	if (told->own_id)
		snprintf(text, 48, "id %d", told->own_id);
	else
		snprintf(text, 48, "%s-%" PRId64, marks[told->life], told->seq);
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
	char text[40], id[48], made[48];
	struct slice there = row->message.id;

	ck_assert_int_eq(row->seq, told->seq);
	ck_assert(slice_equal(row->message.body, body_of(told->body, text)));
	ck_assert_int_eq(row->created_at, told->created_at);
	ck_assert_int_eq(row->updated_at, told->updated_at);
	if (there.length == 0) {
		snprintf(made, sizeof(made), "%.*s-%" PRId64,
			(int)row->mark.length, row->mark.data, row->seq);
		there = slice_of(made);
	}
	ck_assert(slice_equal(there, id_of(told, id)));
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
	ok(store_message_list(store, view, &query,
		(struct message_visitor){ compare, &reader }, &error));
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
	char id[48];

	if (version->count == 0)
		return;
	want = &version->messages[choose((unsigned)version->count)];
	told = want;
	ok(store_message_find(store, view,
		(struct message_ref){ id_of(want, id), 0 },
		(struct message_visitor){ agree_once, &told }, &error));
	ck_assert_msg(!told, "id %s is not found", id);
	told = want;
	ok(store_message_find(store, view,
		(struct message_ref){ (struct slice){ 0 }, want->seq },
		(struct message_visitor){ agree_once, &told }, &error));
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
	ok(store_message_count(store, view, (struct seq_range){ first, last },
		&count, &error));
	ck_assert_int_eq(count, want);
	ok(store_message_count(store, view,
		(struct seq_range){ 1, INT64_MAX - 1 }, &count, &error));
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
		fails(store_session_as_of(store, &view, version, &error),
			ERROR_GONE);
		return;
	}
	ok(store_session_as_of(store, &view, version, &error));
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

#endif
