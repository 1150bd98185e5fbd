/* SPDX-License-Identifier: MIT */
/*
 * libraries.c - are these the libraries that were tested?
 *
 * The store builds on what SQLite does to its pages, and replies on how jansson
 * takes a lack of memory. http/ checks libmicrohttpd's version by itself: the
 * guard is stricter with the version that it knows.
 */
#include "server/libraries.h"

#include <string.h>

#include "server/observe/log.h"

/* The versions are those of Debian 12 and of 13, if it has another. */
struct libraries_row {
	const char *name;
	const char *version;
	const char *tested;
	const char *also;
};

static bool libraries_is_tested(const struct libraries_row *row)
{
	return strcmp(row->version, row->tested) == 0 ||
	       (row->also && strcmp(row->version, row->also) == 0);
}

void libraries_check(void)
{
	const struct libraries_row rows[] = {
		{ "SQLite", sqlite3_libversion(), "3.40.1", "3.46.1" },
		{ "jansson", jansson_version_str(), "2.14", NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (!libraries_is_tested(&rows[i]))
			log_line(LOG_WARNING, "not the library that was tested",
				"library", rows[i].name, "version",
				rows[i].version, "tested", rows[i].tested,
				rows[i].also ? "also" : NULL, rows[i].also,
				NULL);
}
