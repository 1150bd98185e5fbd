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
#include "core/store/sqlite/log_frames.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LOG_KEPT_SUFFIX ".damaged"

struct log_left {
	struct log_frames frames;
	int file;
	int64_t holds;	 /* up to this byte */
	int64_t commits; /* behind it, of the same log */
};

static int log_left_read(void *from, void *bytes, int length, sqlite3_int64 at)
{
	const int *file = from;

	return pread(*file, bytes, (size_t)length, at) == length
		       ? SQLITE_OK
		       : SQLITE_IOERR_SHORT_READ;
}

/* Frames of an older log may follow. */
static void log_left_read_frames(struct log_left *log)
{
	bool all = true, holds;

	log->holds = log->frames.at;
	while (log_frames_next(&log->frames, &holds) == SQLITE_OK) {
		all = all && holds;
		if (all)
			log->holds = log->frames.at;
		else
			log->commits += log_frames_is_of_it(&log->frames) &&
					log_frames_commits(&log->frames);
	}
}

static int log_left_copy(int from, int to)
{
	char bytes[1 << 14];
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
		name, (long long)log->holds, (long long)log->commits, kept);
}

void sqlite_log_left_check(struct sqlite *sqlite)
{
	struct log_left log = { .commits = 0 };
	const char *name = sqlite->beside_names[BESIDE_LOG];
	bool holds = false;

	log.file = open(name, O_RDONLY | O_CLOEXEC);
	if (log.file < 0)
		return;
	log.frames.read = log_left_read;
	log.frames.from = &log.file;
	if (log_frames_begin(&log.frames, &holds) == SQLITE_OK && holds)
		log_left_read_frames(&log);
	if (log.commits > 1)
		log_left_keep(sqlite, &log, name);
	close(log.file);
}
