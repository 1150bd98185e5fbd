/* SPDX-License-Identifier: MIT */
/* words_table.h - what the index of words has, as SQL. */
#ifndef TESTS_SQLITE_WORDS_TABLE_H
#define TESTS_SQLITE_WORDS_TABLE_H

/* The ids by which it knows rows: each has the word of a tenant. */
#define INDEXED                                      \
	"(SELECT rowid AS id FROM words WHERE words" \
	" MATCH '\"|t\" *')"

#endif
