/* SPDX-License-Identifier: MIT */
/*
 * test_index_lost.c - an index of words with pages that cannot be read has
 * words of what is erased until it is taken out.
 */
#include "core/store/sql/sql.h"
#include "core/store/sqlite/sqlite.h"
#include "tests/sqlite/indexed.h"

#include <sys/wait.h>

/* As a server that is killed before it takes the index out. */
static void erase_and_die(void)
{
	int status;
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		store = open_search(true);
		say(store, "gone", "{\"content\":\"secretword\"}");
		say(store, "kept", "{\"content\":\"plain\"}");
		maintain(store, NOW, 9);
		sqlite_index_give_up(sqlite_of(store->engine));
		erase("gone");
		maintain(store, NOW, 9);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}

static void starts_without_its_words(bool search)
{
	store_close(store);
	erase_and_die();
	store = open_search(search);
	maintain(store, NOW, 9);
	if (search)
		finds("plain", "kept:1 ");
	store_close(store);
	gives("SELECT count(*) FROM words_data"
	      " WHERE instr(block, CAST('secretword' AS BLOB))",
		"0");
	gives("SELECT upto < 0 FROM search_state", "0");
	scratch_end();
	start_file();
}

START_TEST(the_next_start_empties_it)
{
	starts_without_its_words(true);
	starts_without_its_words(false);
}
END_TEST

STORE_UNIT("index_lost", start_file, stop, the_next_start_empties_it)
