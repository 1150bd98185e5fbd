/* SPDX-License-Identifier: MIT */
/* test_fork_chain.c - no read walks through more than 32 histories. */
#include "tests/sqlite/sqlite_unit.h"

static void start(void)
{
	scratch_file();
}

START_TEST(a_hundred_forks_of_forks_are_not_a_chain_of_a_hundred)
{
	struct store *store = open_store(STORE_WRITE);
	struct session session, fork;
	char name[24];

	ok(store_begin(store, &error));
	session = make(store, "0");
	append(store, &session, "\"0\"");
	for (int i = 1; i <= 100; i++) {
		snprintf(name, sizeof(name), "%d", i);
		whole(store_session_fork(store, &session,
			&(struct session_fork){
				{ SLICE(""), slice_of(name) }, i, 2000 },
			&fork, &error));
		append(store, &fork, "\"own\"");
		session = fork;
	}
	ok(store_commit(store, &error));
	gives("WITH RECURSIVE chain (id, length) AS (SELECT max(id), 1"
	      " FROM history UNION ALL SELECT base, length + 1 FROM chain"
	      " JOIN history USING (id) WHERE base IS NOT NULL)"
	      " SELECT max(length) BETWEEN 2 AND 32 FROM chain",
		"1");
	store_close(store);
}
END_TEST

STORE_UNIT("fork_chain", start, scratch_end,
	a_hundred_forks_of_forks_are_not_a_chain_of_a_hundred)
