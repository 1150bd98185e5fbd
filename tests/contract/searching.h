/* SPDX-License-Identifier: MIT */
/*
 * searching.h - what the tests of the search share: a store with an index,
 * and what is found in it.
 */
#ifndef TESTS_CONTRACT_SEARCHING_H
#define TESTS_CONTRACT_SEARCHING_H

#include "core/store/search_text.h"
#include "tests/contract/store_unit.h"

#define NOW 5000

static struct store *store;

static inline struct store *open_search(bool search)
{
	return open_with(
		(struct store_options){ .search = search }, STORE_WRITE);
}

static inline void restart(void)
{
	store_close(store);
	store = open_search(true);
}

static inline void start(void)
{
	scratch();
	store = open_search(true);
}

static inline void stop(void)
{
	store_close(store);
	scratch_end();
}

static inline int write_found(void *context, const struct search_row *row)
{
	struct text *out = context;

	text_slice(out, row->name);
	text_format(out, ":%lld ", (long long)row->message.seq);
	return 0;
}

static inline int look(const struct session *session, const char *tenant,
	const char *words, int64_t limit, struct text *out)
{
	const struct search_query query = { .tenant = slice_of(tenant),
		.session = session,
		.text = slice_of(words),
		.limit = limit,
		.steps = 10000,
		.now = NOW };

	return store_search(store, &query,
		(struct search_visitor){ write_found, out }, &error);
}

/* "session:seq ", best first. */
static inline void finds_in(
	const struct session *session, const char *words, const char *expected)
{
	struct text out = { 0 };

	ok(look(session, "", words, 100, &out));
	is(text_view(&out), expected);
	text_clear(&out);
}

static inline void finds(const char *words, const char *expected)
{
	maintain(store, NOW, 3);
	finds_in(NULL, words, expected);
}

static inline void erase(const char *name)
{
	struct session session = find(store, name);

	ok(store_begin(store, &error));
	ok(store_session_erase(store, &session, NOW, &error));
	ok(store_commit(store, &error));
}

static inline void fork_of(const char *parent, const char *name, int64_t upto)
{
	struct session from = find(store, parent), fork;

	ok(store_begin(store, &error));
	ok(store_session_fork(store, &from,
		&(struct session_fork){
			{ SLICE(""), slice_of(name) }, upto, 2000 },
		&fork, &error));
	ok(store_commit(store, &error));
}

static inline void edit(const char *name, int64_t seq, const char *body)
{
	struct session session = find(store, name);
	const struct message message = text_message(body);

	ok(store_begin(store, &error));
	ok(store_message_replace(store, &session,
		&(struct message_replacement){ seq, &message, 2000 }, &error));
	ok(store_commit(store, &error));
}

static inline void remove_from(const char *name, int64_t first, int64_t last)
{
	struct session session = find(store, name);
	struct message_removal removal = {
		.seqs = { first, last },
		.now = NOW,
	};

	ok(store_begin(store, &error));
	ok(store_message_remove(store, &session, &removal, &error));
	ok(store_commit(store, &error));
}

/* Nothing of it is kept for time travel. */
static inline void retain_nothing(const char *name)
{
	const struct session_profile profile = { .memory = SLICE("{}"),
		.metadata = SLICE("{}") };
	struct session session;

	ok(store_begin(store, &error));
	session = make(store, name);
	ok(store_session_configure(store, &session, &profile, 2000, &error));
	ok(store_commit(store, &error));
}

/* Of 1.1 MiB, with a word at either end and one between. */
static inline void say_long(const char *name)
{
	struct text body = { 0 };

	text_string(&body, "{\"content\":\"soon ");
	while (body.length < 100000)
		text_string(&body, "and on ");
	text_string(&body, "then ");
	while (body.length < 1153434)
		text_string(&body, "and on ");
	text_string(&body, "late\"}");
	text_append(&body, "", 1);
	say(store, name, body.data);
	text_clear(&body);
}

#endif
