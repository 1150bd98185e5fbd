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

void libraries_check(void)
{
	const struct {
		const char *name;
		const char *version;
		const char *tested;
	} libraries[] = {
		{ "SQLite", sqlite3_libversion(), "3.40.1" },
		{ "jansson", jansson_version_str(), "2.14" },
	};

	for (size_t i = 0; i < sizeof(libraries) / sizeof(*libraries); i++)
		if (strcmp(libraries[i].version, libraries[i].tested) != 0)
			log_line(LOG_WARNING, "not the library that was tested",
				"library", libraries[i].name, "version",
				libraries[i].version, "tested",
				libraries[i].tested, NULL);
}
