/* SPDX-License-Identifier: MIT */
/* test_process.c - memory between what is in use goes back to the system. */
#include "server/process.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCKS	    512
#define BLOCK_BYTES 65536

static long resident_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long size, resident;

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fscanf(file, "%ld %ld", &size, &resident), 2);
	fclose(file);
	return resident * sysconf(_SC_PAGESIZE);
}

START_TEST(what_is_free_between_blocks_goes_back)
{
	static char *blocks[BLOCKS];
	int64_t worked = -1000000;
	long before;

	for (int i = 0; i < BLOCKS; i++) {
		blocks[i] = malloc(BLOCK_BYTES);
		ck_assert_ptr_nonnull(blocks[i]);
		memset(blocks[i], i, BLOCK_BYTES);
	}
	for (int i = 0; i < BLOCKS; i += 2)
		free(blocks[i]);
	before = resident_bytes();
	process_give_back(&worked);
	ck_assert_int_ge(worked, 0);
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)
	ck_assert_int_lt(
		resident_bytes(), before - BLOCKS / 4 * (long)BLOCK_BYTES);
#endif
	for (int i = 1; i < BLOCKS; i += 2)
		free(blocks[i]);
}
END_TEST

START_TEST(an_idle_process_keeps_it)
{
	int64_t worked = INT64_MAX / 2;

	process_give_back(&worked);
	ck_assert_int_eq(worked, INT64_MAX / 2);
}
END_TEST

UNIT("process", what_is_free_between_blocks_goes_back, an_idle_process_keeps_it)
