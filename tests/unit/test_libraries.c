/* SPDX-License-Identifier: MIT */
/*
 * test_libraries.c - libraries that were not tested, in place of the real ones.
 */
#include "server/libraries.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static const char *sqlite, *jansson;

const char *sqlite3_libversion(void)
{
	return sqlite;
}

const char *jansson_version_str(void)
{
	return jansson;
}

/* Gathers what is logged about these two. */
static void says_of(const char *one, const char *other, char *out, size_t size)
{
	FILE *file = tmpfile();
	const int standard_error = dup(STDERR_FILENO);
	size_t length;

	ck_assert_ptr_nonnull(file);
	sqlite = one;
	jansson = other;
	dup2(fileno(file), STDERR_FILENO);
	libraries_check();
	dup2(standard_error, STDERR_FILENO);
	close(standard_error);
	rewind(file);
	length = fread(out, 1, size - 1, file);
	out[length] = '\0';
	fclose(file);
}

START_TEST(what_was_not_tested_is_named)
{
	char out[1000];

	says_of("3.40.1", "2.14", out, sizeof(out));
	ck_assert_str_eq(out, "");
	says_of("3.46.1", "2.14", out, sizeof(out));
	ck_assert_str_eq(out, "");
	says_of("3.51.3", "2.14", out, sizeof(out));
	ck_assert_ptr_nonnull(strstr(out,
		"library=SQLite version=3.51.3 tested=3.40.1 also=3.46.1\n"));
	ck_assert_ptr_null(strstr(out, "jansson"));
	says_of("3.40.1", "2.14.1", out, sizeof(out));
	ck_assert_ptr_nonnull(
		strstr(out, "library=jansson version=2.14.1 tested=2.14\n"));
}
END_TEST

UNIT("libraries", what_was_not_tested_is_named)
