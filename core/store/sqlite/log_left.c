/* SPDX-License-Identifier: MIT */
/*
 * log_left.c - is the log that a crash left what was written?
 *
 * SQLite takes a log up to the first frame whose checksum does not hold, and
 * forgets the rest without a word: so ends what a power cut tore.  But a log is
 * written in order, and each commit is on the disk before the next one begins,
 * so two commits behind such a frame were acknowledged, and the frame was
 * damaged since.  The log is kept as it is then, and the loss is told.
 */
#include "core/store/sqlite/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LOG_HEAD_BYTES	 32
#define LOG_SUMMED_BYTES 24	     /* of the head; of a frame's head 8 */
#define LOG_MAGIC	 0x377f0682u /* or 1 more: sums of big-endian words */
#define LOG_FRAME_HEAD	 24
#define LOG_FRAME_SUMMED 8
#define LOG_FRAME_BYTES	 (LOG_FRAME_HEAD + STORE_PAGE_BYTES)
#define LOG_KEPT_SUFFIX	 ".damaged"

struct log_left {
	int file;
	bool big;	 /* how words are summed */
	uint32_t sum[2]; /* up to the frame at hand */
	unsigned char salt[8];
	int64_t at;	 /* bytes that hold */
	int64_t commits; /* behind these, of the same log */
};

static uint32_t log_left_word(const unsigned char *at, bool big)
{
	return big ? (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
			       (uint32_t)at[2] << 8 | at[3]
		   : (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 |
			       (uint32_t)at[1] << 8 | at[0];
}

static void log_left_add(
	struct log_left *log, const unsigned char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i += 8) {
		log->sum[0] += log_left_word(bytes + i, log->big) + log->sum[1];
		log->sum[1] +=
			log_left_word(bytes + i + 4, log->big) + log->sum[0];
	}
}

/* Sums are kept as big-endian words, whatever was summed. */
static bool log_left_holds(const struct log_left *log, const unsigned char *sum)
{
	return log_left_word(sum, true) == log->sum[0] &&
	       log_left_word(sum + 4, true) == log->sum[1];
}

static bool log_left_read_head(struct log_left *log)
{
	unsigned char head[LOG_HEAD_BYTES];
	uint32_t magic;

	if (read(log->file, head, sizeof(head)) != sizeof(head))
		return false;
	magic = log_left_word(head, true);
	if ((magic & ~1u) != LOG_MAGIC ||
		log_left_word(head + 8, true) != STORE_PAGE_BYTES)
		return false;
	log->big = magic & 1;
	memcpy(log->salt, head + 16, sizeof(log->salt));
	log_left_add(log, head, LOG_SUMMED_BYTES);
	log->at = LOG_HEAD_BYTES;
	return log_left_holds(log, head + LOG_SUMMED_BYTES);
}

static bool log_left_is_of_it(
	const struct log_left *log, const unsigned char *frame)
{
	return memcmp(frame + 8, log->salt, sizeof(log->salt)) == 0;
}

/* Frames of an older log may follow, which have other salts. */
static void log_left_read_frames(struct log_left *log)
{
	unsigned char frame[LOG_FRAME_BYTES];
	bool holds = true;

	while (read(log->file, frame, sizeof(frame)) == sizeof(frame)) {
		const bool of_it = log_left_is_of_it(log, frame);

		if (holds) {
			log_left_add(log, frame, LOG_FRAME_SUMMED);
			log_left_add(
				log, frame + LOG_FRAME_HEAD, STORE_PAGE_BYTES);
			holds = of_it && log_left_holds(log, frame + 16);
		}
		if (holds)
			log->at += LOG_FRAME_BYTES;
		else
			log->commits +=
				of_it && log_left_word(frame + 4, true) != 0;
	}
}

static int log_left_copy(int from, int to)
{
	unsigned char bytes[LOG_FRAME_BYTES];
	ssize_t got;

	if (lseek(from, 0, SEEK_SET))
		return -1;
	while ((got = read(from, bytes, sizeof(bytes))) > 0)
		if (write(to, bytes, (size_t)got) != got)
			return -1;
	return got < 0 ? -1 : fsync(to);
}

static void log_left_keep(
	struct sqlite *sqlite, const struct log_left *log, const char *name)
{
	char kept[PATH_BYTES + 16];
	int to;

	snprintf(kept, sizeof(kept), "%s" LOG_KEPT_SUFFIX, name);
	to = open(kept, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (to < 0 || log_left_copy(log->file, to))
		sqlite_warn(sqlite, "cannot keep \"%s\": %s", kept,
			strerror(errno));
	if (to >= 0)
		close(to);
	sqlite_warn(sqlite,
		"the log \"%s\" is damaged at byte %lld: the last %lld commits"
		" are lost, and it is kept as \"%s\"",
		name, (long long)log->at, (long long)log->commits, kept);
}

void sqlite_log_left_check(struct sqlite *sqlite)
{
	struct log_left log = { .commits = 0 };
	char name[PATH_BYTES];

	snprintf(name, sizeof(name), "%s-wal", sqlite->real_path);
	log.file = open(name, O_RDONLY | O_CLOEXEC);
	if (log.file < 0)
		return;
	if (log_left_read_head(&log))
		log_left_read_frames(&log);
	if (log.commits > 1)
		log_left_keep(sqlite, &log, name);
	close(log.file);
}
