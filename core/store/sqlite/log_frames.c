/* SPDX-License-Identifier: MIT */
/* log_frames.c - the frames of a log, and whether they hold. */
#include "core/store/sqlite/log_frames.h"

#include <string.h>

#define LOG_MAGIC	 0x377f0682u /* or 1 more: sums of big-endian words */
#define LOG_HEAD_SUMMED	 24
#define LOG_FRAME_SUMMED 8 /* of its head */

static uint32_t log_frames_word(const unsigned char *at, bool big)
{
	return big ? (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
			       (uint32_t)at[2] << 8 | at[3]
		   : (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 |
			       (uint32_t)at[1] << 8 | at[0];
}

static void log_frames_add(
	struct log_frames *log, const unsigned char *bytes, size_t length)
{
	const bool big = log->big;
	uint32_t first = log->sum[0], second = log->sum[1];

	for (size_t i = 0; i < length; i += 8) {
		first += log_frames_word(bytes + i, big) + second;
		second += log_frames_word(bytes + i + 4, big) + first;
	}
	log->sum[0] = first;
	log->sum[1] = second;
}

/*
 * Sums are kept as big-endian words, whatever was summed.  The next frame goes
 * on from the sum that is kept, so that a damaged one does not spoil the
 * others.
 */
static bool log_frames_take_sum(
	struct log_frames *log, const unsigned char *kept)
{
	const uint32_t sum[2] = { log_frames_word(kept, true),
		log_frames_word(kept + 4, true) };
	const bool holds = memcmp(sum, log->sum, sizeof(sum)) == 0;

	memcpy(log->sum, sum, sizeof(sum));
	return holds;
}

int log_frames_begin(struct log_frames *log, bool *holds)
{
	unsigned char head[LOG_HEAD_BYTES];
	const int rc = log->read(log->from, head, sizeof(head), 0);
	const uint32_t magic = log_frames_word(head, true);

	if (rc)
		return rc;
	log->big = magic & 1;
	memset(log->sum, 0, sizeof(log->sum));
	memcpy(log->salt, head + 16, sizeof(log->salt));
	log_frames_add(log, head, LOG_HEAD_SUMMED);
	log->at = LOG_HEAD_BYTES;
	*holds = log_frames_take_sum(log, head + LOG_HEAD_SUMMED) &&
		 (magic & ~1u) == LOG_MAGIC &&
		 log_frames_word(head + 8, true) == STORE_PAGE_BYTES;
	return rc;
}

/* Several at once, or where there are fewer each alone. */
static int log_frames_read(struct log_frames *log)
{
	int rc;

	if (log->ahead > 0) {
		log->ahead--;
		log->frame += LOG_FRAME_BYTES;
		return SQLITE_OK;
	}
	log->frame = log->frames;
	rc = log->read(log->from, log->frames, sizeof(log->frames), log->at);
	if (rc == SQLITE_OK)
		log->ahead = LOG_FRAMES_AT_ONCE - 1;
	return rc == SQLITE_IOERR_SHORT_READ ? log->read(log->from, log->frames,
						       LOG_FRAME_BYTES, log->at)
					     : rc;
}

int log_frames_next(struct log_frames *log, bool *holds)
{
	const int rc = log_frames_read(log);

	if (rc)
		return rc;
	log->at += LOG_FRAME_BYTES;
	log_frames_add(log, log->frame, LOG_FRAME_SUMMED);
	log_frames_add(log, log->frame + LOG_FRAME_HEAD, STORE_PAGE_BYTES);
	*holds = log_frames_take_sum(log, log->frame + 16) &&
		 log_frames_is_of_it(log);
	return rc;
}

bool log_frames_is_of_it(const struct log_frames *log)
{
	return memcmp(log->frame + 8, log->salt, sizeof(log->salt)) == 0;
}

bool log_frames_commits(const struct log_frames *log)
{
	return log_frames_word(log->frame + 4, true) != 0;
}
