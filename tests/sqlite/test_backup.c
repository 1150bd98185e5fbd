/* SPDX-License-Identifier: MIT */
/*
 * test_backup.c - a backup is the file as it was when it began, however much
 * is written between its bits, and says how far it is.
 */
#include "core/store/backup.h"
#include "tests/sqlite/sqlite_unit.h"

#include <inttypes.h>

#define MESSAGES 40
#define SIZE	 ((size_t)1 << 20) /* of each: several bits together */

static struct store *writer;
static char copy[sizeof(path)];
static int64_t done, all;
static int told;

static void start(void)
{
	scratch_file();
	snprintf(copy, sizeof(copy), "%.100s/copy.db", directory);
	done = all = told = 0;
}

/* Notes it, and writes into the file that is copied. */
static void write_meanwhile(void *context, int64_t now, const char *rest)
{
	int64_t of;

	(void)context;
	ck_assert_int_eq(sscanf(rest, "of %" SCNd64 " MiB copied", &of), 1);
	ck_assert(told == 0 || of == all);
	ck_assert_int_ge(now, done);
	done = now;
	all = of;
	told++;
	say(writer, "alice", "later");
	ok(checkpoint(writer, CHECKPOINT_PASSIVE, &error));
}

START_TEST(a_backup_has_nothing_of_what_is_written_between_its_bits)
{
	static char text[SIZE + 1];
	struct store *reader;
	char count[40];

	memset(text, 'x', SIZE);
	writer = open_store(STORE_WRITE);
	for (int i = 0; i < MESSAGES; i++)
		say(writer, "alice", text);
	reader =
		open_with((struct store_options){ .progress = write_meanwhile },
			STORE_READ);
	ok(store_backup(reader, copy, &error));
	store_close(reader);
	store_close(writer);
	ck_assert_int_gt(told, 2);
	ck_assert_int_eq(done, all);
	ck_assert_int_ge(all, MESSAGES);
	snprintf(count, sizeof(count), "%d", MESSAGES + told);
	gives("SELECT count(*) FROM message", count);
	memcpy(path, copy, sizeof(path));
	snprintf(count, sizeof(count), "%d", MESSAGES);
	gives("SELECT count(*) FROM message", count);
	gives("PRAGMA integrity_check", "ok");
	ck_assert_int_eq(unlink(path), 0);
}
END_TEST

STORE_UNIT("backup", start, scratch_end,
	a_backup_has_nothing_of_what_is_written_between_its_bits)
