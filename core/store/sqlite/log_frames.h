/* SPDX-License-Identifier: MIT */
/*
 * log_frames.h - the frames of a log, and whether they are what was written.
 *
 * The format is SQLite's (sqlite.org/walformat.html): a head, then frames, each
 * a head and a page.  The sum of a frame goes on from the sum of the one before
 * it; SQLite looks at them only when it takes up the log of a crash.
 */
#ifndef CORE_STORE_SQLITE_LOG_FRAMES_H
#define CORE_STORE_SQLITE_LOG_FRAMES_H

#include "core/store/sqlite/sqlite.h"

#define LOG_HEAD_BYTES	   32
#define LOG_SALT_BYTES	   8
#define LOG_FRAME_HEAD	   24
#define LOG_FRAME_BYTES	   (LOG_FRAME_HEAD + STORE_PAGE_BYTES)
#define LOG_FRAMES_AT_ONCE 15

struct log_frames {
	/*
	 * As xRead of sqlite3_io_methods: SQLITE_IOERR_SHORT_READ when there
	 * is less.
	 */
	int (*read)(void *from, void *bytes, int length, sqlite3_int64 at);
	void *from;
	bool big;	 /* how words are summed */
	uint32_t sum[2]; /* as the last frame, or the head, has it */
	unsigned char salt[LOG_SALT_BYTES];
	int64_t at; /* of the next frame, in bytes */
	int ahead;  /* frames that were read with the one at hand, behind it */
	const unsigned char *frame; /* the one at hand */
	unsigned char frames[LOG_FRAMES_AT_ONCE * LOG_FRAME_BYTES];
};

/* Reads the head; what `read` returned.  Does it hold? */
int log_frames_begin(struct log_frames *log, bool *holds);
/* Reads the next frame, if `read` returns SQLITE_OK.  Does it hold? */
int log_frames_next(struct log_frames *log, bool *holds);

/* Of the frame that was read: is it of this log, and not of one before? */
bool log_frames_is_of_it(const struct log_frames *log);
/* Is it the last one of a commit? */
bool log_frames_commits(const struct log_frames *log);

#endif
