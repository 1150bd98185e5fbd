/* SPDX-License-Identifier: MIT */
/*
 * log_live.c - is the log still what this server wrote?
 *
 * Another program may cut it, or write into it.  SQLite would not see that: it
 * reads the frames of a log at hand without their sums, and after a crash it
 * takes up none behind the first one that does not hold.  A frame matters if it
 * is the newest of its page and not in the file yet.  Where such a one does not
 * hold, the page may still be in the writer's memory, which mends it.  If all
 * of them hold then, the file gets them and the log is emptied, so that nothing
 * is lost.  If a few do not, it is the same: a few damaged pages are less than
 * all that was written behind the first.  If more do not, or most of the log
 * does not, or the page that says what is in the file, none gets there, and
 * nothing more is written.
 */
#include "core/store/sqlite/log_frames.h"

#include <stdio.h>
#include <string.h>

/* The log's index in shared memory, as SQLite documents it: in words. */
#define INDEX_BYTES	   32768
#define INDEX_ORDER	   3 /* the second byte: sums are of big-endian words */
#define INDEX_FRAMES	   4
#define INDEX_SALT	   8
#define INDEX_SETTLED	   24
#define INDEX_PAGES	   34 /* of frames; in later blocks from the first */
#define INDEX_FIRST_FRAMES 4062
#define INDEX_FRAMES_MOST  4096 /* of a later block */

#define LOST_MOST   8	 /* pages that the file may get as they are */
#define NOTED_MOST  1024 /* until the newest frame of each was seen */
#define LOG_TOUCHED "another program wrote into the log, or cut it"

struct log_live {
	struct log_frames frames;
	sqlite3_file *file, *log;
	uint32_t salt[2]; /* as the index has it, */
	bool big;	  /* and this */
	int64_t count;	  /* of frames; */
	int64_t settled;  /* of these, in the file */
	bool holds;	  /* all of it */
	bool cut;	  /* frames are missing at its end */
	int64_t bad;	  /* frames that do not */
	size_t lost;	  /* pages whose newest frame so far does not */
	struct log_page {
		uint32_t page;
		int64_t frame; /* its newest, from 0 */
	} pages[NOTED_MOST];
};

static int log_live_read(void *from, void *bytes, int length, sqlite3_int64 at)
{
	sqlite3_file *log = from;

	return log->pMethods->xRead(log, bytes, length, at);
}

/* --- the index -------------------------------------------------------- */

static int log_live_map(
	const struct log_live *live, int block, const volatile uint32_t **words)
{
	volatile void *map = NULL;
	const int rc = live->file->pMethods->xShmMap(
		live->file, block, INDEX_BYTES, 0, &map);

	*words = map;
	return rc == SQLITE_OK && !map ? SQLITE_IOERR_SHMMAP : rc;
}

/* The first frame is 0. */
static int log_live_page(
	const struct log_live *live, int64_t frame, uint32_t *page)
{
	const int64_t later = frame - INDEX_FIRST_FRAMES;
	const int block = later < 0 ? 0 : (int)(later / INDEX_FRAMES_MOST) + 1;
	const volatile uint32_t *words;
	const int rc = log_live_map(live, block, &words);

	if (rc == SQLITE_OK)
		*page = block ? words[later % INDEX_FRAMES_MOST]
			      : words[INDEX_PAGES + frame];
	return rc;
}

static int log_live_open(struct log_live *live, struct sqlite *sqlite)
{
	const volatile uint32_t *words;
	int rc;

	sqlite3_file_control(
		sqlite->db, "main", SQLITE_FCNTL_FILE_POINTER, &live->file);
	sqlite3_file_control(
		sqlite->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &live->log);
	rc = log_live_map(live, 0, &words);
	if (rc)
		return rc;
	live->holds = true;
	live->count = words[INDEX_FRAMES];
	live->settled = words[INDEX_SETTLED];
	live->salt[0] = words[INDEX_SALT];
	live->salt[1] = words[INDEX_SALT + 1];
	live->big = ((const volatile unsigned char *)&words[INDEX_ORDER])[1];
	live->frames.read = log_live_read;
	live->frames.from = live->log;
	return SQLITE_OK;
}

/* --- the frames ------------------------------------------------------- */

/* Its newest frame so far holds, or does not. */
static void log_live_note(
	struct log_live *live, const struct log_page *newest, bool holds)
{
	size_t i = 0;

	if (live->lost > NOTED_MOST)
		return;
	while (i < live->lost && live->pages[i].page != newest->page)
		i++;
	if (holds && i < live->lost)
		live->pages[i] = live->pages[--live->lost];
	if (holds)
		return;
	if (i < NOTED_MOST)
		live->pages[i] = *newest;
	live->lost += i == live->lost;
}

/* Is it too much to be copied into the file? */
static bool log_live_is_hopeless(const struct log_live *live)
{
	for (size_t i = 0; i < live->lost && i < LOST_MOST; i++)
		if (live->pages[i].page == 1)
			return true;
	return live->lost > LOST_MOST ||
	       (live->lost && (live->cut || live->bad > live->count / 2));
}

static int log_live_look(struct log_live *live, int64_t frame)
{
	struct log_page newest = { .frame = frame };
	bool holds = false;
	int rc = log_frames_next(&live->frames, &holds);

	if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ)
		return rc;
	live->cut = rc == SQLITE_IOERR_SHORT_READ;
	live->holds = live->holds && holds;
	live->bad += !holds;
	if (live->holds || frame < live->settled)
		return SQLITE_OK;
	rc = log_live_page(live, frame, &newest.page);
	if (rc == SQLITE_OK)
		log_live_note(live, &newest, holds);
	return rc;
}

/* The index knows what the head was. */
static int log_live_begin(struct log_live *live)
{
	bool holds = false;
	const int rc = log_frames_begin(&live->frames, &holds);

	if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ)
		return rc;
	live->holds = holds && memcmp(live->frames.salt, live->salt,
				       sizeof(live->salt)) == 0;
	memcpy(live->frames.salt, live->salt, sizeof(live->salt));
	live->frames.big = live->big;
	return SQLITE_OK;
}

/* Goes on behind what held when it was looked at last. */
static int64_t log_live_resume(
	struct log_live *live, const struct sqlite_log *known)
{
	if (known->frames > live->count ||
		memcmp(known->salt, live->salt, sizeof(known->salt)) != 0)
		return 0;
	memcpy(live->frames.sum, known->sum, sizeof(known->sum));
	memcpy(live->frames.salt, live->salt, sizeof(live->salt));
	live->frames.big = live->big;
	live->frames.at = LOG_HEAD_BYTES + known->frames * LOG_FRAME_BYTES;
	return known->frames;
}

static int log_live_scan(
	struct log_live *live, const struct sqlite_log *known, bool all)
{
	int64_t frame = all ? 0 : log_live_resume(live, known);
	int rc = frame ? SQLITE_OK : log_live_begin(live);

	for (; rc == SQLITE_OK && frame < live->count; frame++)
		rc = log_live_look(live, frame);
	return rc;
}

/* --- what the writer has in memory ------------------------------------- */

/* Does it have another page than the log?  Then that is the right one. */
static bool log_live_mend_page(
	struct log_live *live, const struct log_page *lost, const void *page)
{
	static const char none[STORE_PAGE_BYTES];
	const int64_t at =
		LOG_HEAD_BYTES + lost->frame * LOG_FRAME_BYTES + LOG_FRAME_HEAD;
	char logged[STORE_PAGE_BYTES] = "";
	sqlite3_file *log = live->log;

	log->pMethods->xRead(log, logged, sizeof(logged), at);
	return memcmp(page, none, sizeof(none)) != 0 &&
	       memcmp(page, logged, sizeof(logged)) != 0 &&
	       log->pMethods->xWrite(log, page, STORE_PAGE_BYTES, at) ==
		       SQLITE_OK;
}

/* A copy of all pages asks for each in memory first. */
static void log_live_mend(struct sqlite *sqlite, struct log_live *live)
{
	struct error ignored = { 0 };
	sqlite3_int64 size = 0;
	int64_t pages;
	unsigned char *copy;
	size_t left = 0;

	if (!live->lost || live->lost > NOTED_MOST ||
		sqlite_ask_number(sqlite, OWN_PAGES, &pages, &ignored) ||
		pages * STORE_PAGE_BYTES >= STORE_CHECKED_BYTES)
		return;
	sqlite_execute(sqlite, "PRAGMA cache_size = -65536", &ignored);
	copy = sqlite3_serialize(sqlite->db, "main", &size, 0);
	sqlite_execute(sqlite, "PRAGMA cache_size = -8192", &ignored);
	for (size_t i = 0; copy && i < live->lost; i++) {
		const struct log_page lost = live->pages[i];
		const int64_t at = ((int64_t)lost.page - 1) * STORE_PAGE_BYTES;

		if (at >= size || !log_live_mend_page(live, &lost, copy + at))
			live->pages[left++] = lost;
	}
	if (copy)
		live->lost = left;
	sqlite3_free(copy);
}

/* --- what is made of it ----------------------------------------------- */

static void log_live_know(struct sqlite_log *known, const struct log_live *live)
{
	known->frames = live->count;
	memcpy(known->sum, live->frames.sum, sizeof(known->sum));
	memcpy(known->salt, live->salt, sizeof(known->salt));
}

static void log_live_tell(
	const struct sqlite *sqlite, const struct log_live *live)
{
	const struct store_options *options = &sqlite->engine.options;
	char line[200];

	if (!live->lost)
		sqlite_warn(sqlite, LOG_TOUCHED
			": nothing is lost, the file has all of it now");
	for (size_t i = 0; i < live->lost && options->damaged; i++) {
		snprintf(line, sizeof(line),
			LOG_TOUCHED ": page %u of the file may be damaged, "
				    "chatmem check says what is",
			live->pages[i].page);
		options->damaged(options->warn_context, line);
	}
}

/* Until that is done the next check finds it again. */
static int log_live_save(
	struct sqlite *sqlite, const struct log_live *live, struct error *error)
{
	const int done = sqlite_log_copy(sqlite, CHECKPOINT_SAVE, error);

	if (done < 0)
		return -1;
	if (!done) {
		sqlite_beside_doubt(sqlite);
		return error_set(error, ERROR_UNAVAILABLE,
			LOG_TOUCHED ", and a reader keeps it from being saved");
	}
	log_live_tell(sqlite, live);
	return 0;
}

static int log_live_end(
	struct sqlite *sqlite, const struct log_live *live, struct error *error)
{
	sqlite->ready = false;
	sqlite_warn(sqlite,
		LOG_TOUCHED
		": %lld of its"
		" %lld pages are not what was written, and nothing is written"
		" any more; the next start takes up what is before them, so"
		" keep a copy of \"%s\" and \"%s-wal\" if that is not enough",
		(long long)live->bad, (long long)live->count, sqlite->real_path,
		sqlite->real_path);
	return error_set(error, ERROR_UNKNOWN,
		"the log was damaged; the store must be opened again");
}

int sqlite_log_check(struct sqlite *sqlite, bool all, struct error *error)
{
	struct log_live live = { .count = 0 };
	int rc;

	if (sqlite->options.unsafe_filesystem)
		return 0;
	rc = log_live_open(&live, sqlite);
	if (rc == SQLITE_OK && live.count)
		rc = log_live_scan(&live, &sqlite->log, all);
	if (rc)
		return sqlite_failed(sqlite, rc, error);
	if (!live.holds) {
		log_live_mend(sqlite, &live);
		return log_live_is_hopeless(&live)
			       ? log_live_end(sqlite, &live, error)
			       : log_live_save(sqlite, &live, error);
	}
	if (live.count)
		log_live_know(&sqlite->log, &live);
	return 0;
}
