/* SPDX-License-Identifier: MIT */
/*
 * written.h - a file for a test that reads one.
 */
#ifndef TESTS_UNIT_WRITTEN_H
#define TESTS_UNIT_WRITTEN_H

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/unit.h"

/*
 * Makes a new file that holds the text.  Its path is there until the next
 * one; the file is the test's to unlink.
 */
static inline const char *written(const char *text)
{
	static char path[] = "/tmp/chatmem-test-XXXXXX";
	FILE *file;
	int fd;

	memcpy(strrchr(path, '-') + 1, "XXXXXX", 6);
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	file = fdopen(fd, "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	ck_assert_int_eq(fclose(file), 0);
	return path;
}

#endif
