/* SPDX-License-Identifier: MIT */
/*
 * damaged.h - sessions of two tenants, forks and pasts, and a way to write what
 * no chatmem would, on any engine.
 */
#ifndef TESTS_CONTRACT_DAMAGED_H
#define TESTS_CONTRACT_DAMAGED_H

#include "tests/contract/opened_store.h"

/* Of two tenants; "f" is a fork of "a". */
static const struct session_ref known[] = {
	{ SLICE(""), SLICE("a") },
	{ SLICE(""), SLICE("b") },
	{ SLICE(""), SLICE("f") },
	{ SLICE("other"), SLICE("a") },
	{ SLICE("other"), SLICE("b") },
};
#define KNOWN (sizeof(known) / sizeof(*known))

static inline struct session made(struct session_ref ref)
{
	const struct session_profile profile = {
		.owner = ref.name,
		.memory = SLICE("{\"k\":1}"),
		.metadata = SLICE("{\"of\":\"one\"}"),
		.ttl_seconds = 1000000,
		.retain_retired = 1000000,
	};
	struct session session;
	char body[40];

	ok(store_session_create(store, ref, 1000, &session, &error));
	ok(store_session_configure(store, &session, &profile, 1000, &error));
	for (int i = 1; i <= 4; i++) {
		snprintf(body, sizeof(body), "\"%d of %.*s %.*s\"", i,
			SLICE_SHORT(ref.tenant), SLICE_SHORT(ref.name));
		append(store, &session, body);
	}
	return session;
}

/* A history that ended, one that is shown, an edit, a fork. */
static inline void fill(void)
{
	struct message_removal removal = { .seqs = { 2, 2 }, .now = 2000 };
	struct session session, fork;
	int64_t deleted;

	ok(store_begin(store, &error));
	for (size_t i = 0; i < KNOWN; i++) {
		if (slice_equal(known[i].name, SLICE("f")))
			continue;
		session = made(known[i]);
		if (i == 1) /* so that no two have histories of one version */
			append(store, &session, "\"one more\"");
		ok(store_history_clear(
			store, &session, 2000, &deleted, &error));
		append(store, &session, "\"and more\"");
		append(store, &session, i ? "\"of another\"" : "\"of this\"");
	}
	session = find(store, "a");
	ok(store_session_fork(store, &session,
		&(struct session_fork){ known[2], session.last_seq, 2000 },
		&fork, &error));
	append(store, &fork, "\"of the fork\"");
	removal.seqs.first = removal.seqs.last = fork.last_seq;
	append(store, &fork, "\"meanwhile\"");
	ok(store_message_remove(store, &fork, &removal, &error));
	append(store, &fork, "\"at last\"");
	ok(store_commit(store, &error));
}

static inline void change(const char *sql)
{
	store_close(store);
	ck_assert_msg(engine->run(directory, sql) == 0, "%s", sql);
	store = open_store(STORE_WRITE);
}

#define OF_A " WHERE tenant = '' AND name = 'a'"
#define BY_A " WHERE session = (SELECT id FROM session" OF_A ")"
#define OF_B(column) \
	"(SELECT " column " FROM session WHERE tenant = '' AND name = 'b')"

#endif
