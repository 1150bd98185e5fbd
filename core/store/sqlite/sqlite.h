/* SPDX-License-Identifier: MIT */
/*
 * sqlite.h - what the files of the engine SQLite share.
 */
#ifndef CORE_STORE_SQLITE_SQLITE_H
#define CORE_STORE_SQLITE_SQLITE_H

#include "core/store/engine.h"
#include "core/store/sqlite/checkpoint.h"
#include "core/store/sqlite/options.h"
#include "core/store/sqlite/own.h"
#include "schema/error.h"

#include <sqlite3.h>
#include <sys/types.h>
#include <time.h>

#define STORE_PAGE_BYTES    4096
#define STORE_LOG_BYTES	    ((int64_t)64 << 20) /* the log's usual bound */
#define STORE_BUSY_MS	    5000
#define STORE_RESTART_MS    100
#define STORE_TRUNCATE_MS   200
#define STORE_INDEX_TEXT    ((size_t)1 << 20) /* bytes of a message */
#define STORE_INDEX_STEP    ((size_t)1 << 18) /* bytes, then it rests */
#define STORE_MERGE_AFTER   3600000 /* milliseconds; erasures do not wait */
#define STORE_INDEX_LEVELS  1000    /* FTS5 reads no more than 2000 */
#define STORE_CHECKED_BYTES ((int64_t)64 << 20)

/* A connection has several; a pragma applies where it has all of `when`. */
enum {
	CONNECTION_IS_READER = 1,
	CONNECTION_IS_WRITER = 2,
	CONNECTION_IS_LOGGED = 4, /* journal_mode=WAL */
	CONNECTION_IS_UNLOGGED = 8,
	CONNECTION_IS_FULL = 16,
	CONNECTION_IS_NORMAL = 32,
	CONNECTION_IS_HELPED = 64, /* by the cache of newest messages */
	CONNECTION_IS_ALONE = 128,
};

/* Set on every connection and read back; ends with a NULL. */
struct sqlite_pragma {
	const char *set;
	const char *get;
	const char *want;
	unsigned when;
};
extern const struct sqlite_pragma sqlite_pragmas[];

struct sqlite_words;

#define STORE_HEADER_BYTES 100 /* of a file of SQLite's: its size and more */

/* A file that was opened; an inode of 0: there was none. */
struct sqlite_beside {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed;
};
enum sqlite_beside_file {
	BESIDE_LOCK,
	BESIDE_LOG,
	BESIDE_SHARED,
	BESIDE_FILE, /* the database itself */
	BESIDE_COUNT
};

/* When the words that are lost are to be taken out of the file. */
struct sqlite_take_out {
	int64_t at;    /* milliseconds of CLOCK_MONOTONIC */
	int64_t pause; /* milliseconds; 0: no try was in vain */
};

/* The frames of the log that held when they were looked at. */
struct sqlite_log {
	int64_t frames; /* 0: no sum is known */
	unsigned char salt[8];
	uint32_t sum[2];
};

struct sqlite {
	struct engine engine; /* the first member */
	struct sqlite_options options;
	const char *path; /* as it was given */
	char *real_path;  /* resolved; the writer's */
	int lock;	  /* the lock file's descriptor or -1 */
	struct sqlite_beside beside[BESIDE_COUNT]; /* the writer's */
	char header[STORE_HEADER_BYTES];	   /* the file's, and this */
	char *beside_names[BESIDE_COUNT];	   /* and these */
	bool ready;	 /* opened, and no commit has failed since */
	bool batch;	 /* between begin and commit or rollback */
	bool damaged;	 /* a page is, which the batch met: it is lost */
	bool merging;	 /* engine.index.merging when the batch began */
	bool savepoint;	 /* the member has one */
	bool undone;	 /* it had none: the batch is lost, to be run again */
	int begun_at;	 /* changes so far when the batch began, */
	int entered_at;	 /* and when the member did */
	bool words_lost; /* sqlite_index_give_up() */
	struct sqlite_take_out take_out; /* of these words */
	int frames;			 /* in the log after the last commit */
	int settled, tried; /* of these, in the file; there when it was tried */
	struct sqlite_log log;
	bool ballast;
	struct fts_tokenizer *tokenizer;
	sqlite3 *db;
	const char *const *texts; /* of the statements; the caller's */
	sqlite3_stmt *statements[SQL_COUNT]; /* NULL: not used yet */
	sqlite3_stmt *own[OWN_COUNT];
};

static inline struct sqlite *sqlite_of(struct engine *engine)
{
	return (struct sqlite *)(void *)engine;
}

/* --- the table's: sqlite.c, open.c, log.c, figures.c, backup*.c ---------- */

int sqlite_open(struct engine **out, const struct store_options *options,
	enum store_mode mode, const char *const *texts, struct error *error);
void sqlite_close(struct engine *engine);
int sqlite_upkeep(
	struct engine *engine, enum store_upkeep how, struct error *error);
void sqlite_figures(struct engine *engine, struct store_figures *figures);

/* The size of the log's file. */
int64_t sqlite_log_bytes(const struct sqlite *sqlite);

int sqlite_backup(struct engine *engine, const char *path, struct error *error);
int sqlite_note_backup(struct engine *engine, int64_t at, struct error *error);
/* The time that was noted last, in seconds since 1970; -1: none was. */
int64_t sqlite_noted_backup(const struct sqlite *sqlite);

int sqlite_restore(const struct store_options *options,
	struct restoring *restoring, struct error *error);

/*
 * The journal of the file `old`, which may not be there, goes on in the copy;
 * counts what the copy brings back.
 */
int sqlite_restore_erased(struct restoring *restoring, const char *copy,
	const char *old, struct error *error);

/* --- older files: migrate.c -------------------------------------------------
 */

int sqlite_migrate(struct sqlite *sqlite, struct error *error);
struct migration_plan;
int sqlite_plan_migration(const struct store_options *options,
	struct migration_plan *plan, struct error *error);
/* The newest copy that an upgrade of this file kept; false: there is none. */
bool sqlite_migrate_find_copy(const char *path, char *name);

/* --- files of pages: copy.c ------------------------------------------------
 */

#define PATH_BYTES     4200 /* a path, and what is put behind it */
#define RESTORE_SUFFIX ".restoring"

/*
 * Opens a file that nobody has open, to be read; what SQLite returns.  A log
 * beside it is a part of it, else nothing is written there.
 */
int sqlite_copy_open(const char *path, sqlite3 **db);
/* Into an existing file that is empty; what SQLite returns. */
int sqlite_copy_pages(sqlite3 *from, const char *path, bool logged,
	const struct store_options *options);
/* Makes the empty file in place of any other. */
int sqlite_copy_make(const char *path, unsigned mode, struct error *error);
/* Sees a file, and the directory of one, on the disk. */
int sqlite_copy_sync(const char *path, int flags, struct error *error);
int sqlite_copy_sync_place(const char *path, struct error *error);

/* --- statements in use: statement.c --------------------------------------- */

/* Starts one of the engine's own. */
struct query sqlite_start(struct sqlite *sqlite, enum own which);
int sqlite_control(struct sqlite *sqlite, enum own which);
bool sqlite_lost(const struct engine *engine);

/* Describes what SQLite returned, logs the details, is -1. */
int sqlite_failed(struct sqlite *sqlite, int rc, struct error *error);
/* Tells `done` of `all`, and of what, if the options want it. */
void sqlite_tell(const struct store_options *options, int64_t done, int64_t all,
	const char *noun);
void sqlite_warn(const struct sqlite *sqlite, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* --- the index of words: search_*.c, words.c ------------------------------ */

int sqlite_index_fill(
	struct engine *engine, int64_t now, int64_t rows, struct error *error);
int sqlite_index_forget(struct engine *engine, const struct engine_rows *rows,
	int64_t now, struct error *error);
int sqlite_index_is_stale(
	struct engine *engine, bool *stale, struct error *error);
int sqlite_index_merge(
	struct engine *engine, int64_t pages, struct error *error);
int sqlite_index_find(struct engine *engine, const struct engine_search *what,
	struct hit_visitor visitor, struct error *error);
/* Does this statement have FTS5 read its tables? */
bool sqlite_index_is_asked(enum own which);
/* Gives back the result; notes an error that its tables are to blame for. */
int sqlite_index_note(struct sqlite *sqlite, int result);
/* Its pages are damaged: it is left alone until it has been taken out. */
void sqlite_index_give_up(struct sqlite *sqlite);
/* The result of emptying it; notes that it cannot be, for the next batch. */
int sqlite_index_unless_lost(
	struct sqlite *sqlite, int result, struct error *error);
/*
 * Between batches: puts an empty one in its place and has the file written
 * anew, so that no page of the old one is left.
 */
int sqlite_index_take_out(struct sqlite *sqlite, struct error *error);
/* For a migration: there is none; the next one is to be taken out. */
int sqlite_index_strike_out(struct sqlite *sqlite, struct error *error);
/* As renew_usage of struct engine_ops. */
int sqlite_usage_renew(struct engine *engine, struct error *error);
/* Empties its tables without FTS5, which does not read them. */
int sqlite_index_repair(struct sqlite *sqlite, struct error *error);

/* Its segments. */
struct index_segments {
	int64_t levels;	   /* each merge of all leaves two more */
	int64_t count;	   /* on all of them */
	bool top_is_empty; /* the last level has none */
};
int sqlite_index_segments(struct sqlite *sqlite,
	struct index_segments *segments, struct error *error);
/* Merges all; engine.index.merging says whether there is more to do. */
int sqlite_index_merge_pages(
	struct sqlite *sqlite, int64_t pages, struct error *error);
/*
 * FTS5 drops the words of deletions only where it merges into the last level.
 * A segment on a level below may have kept some, and is not merged while it is
 * alone.  With others it is, into a new last level: so this tells the index a
 * row that there is not, and to forget it.
 */
int sqlite_index_stir(struct sqlite *sqlite, struct error *error);
/* Has it less than two pages?  Then that would not help. */
int sqlite_index_is_small(
	struct sqlite *sqlite, bool *small, struct error *error);

/* Goes on with a merge; drops what is there if search is off. */
int sqlite_index_open(struct sqlite *sqlite, struct error *error);

/* The tokenizer and the rank, of every connection. */
int sqlite_words_open(struct sqlite *sqlite, struct error *error);
/*
 * The function of the sums that rows have, and for the writer, when its tables
 * are made, the triggers that keep these true: seal.c.
 */
int sqlite_seal_open(struct sqlite *sqlite, struct error *error);
/* The same for rows that change only; SQLite's code. */
int sqlite_seal_changes(sqlite3 *db);
/* FTS5's own interface; NULL: it is not there. */
fts5_api *sqlite_fts5(sqlite3 *db);
int sqlite_words(struct engine *engine, struct engine_text text,
	struct word_visitor visitor, struct error *error);

/* --- rows of a quiet session: pack.c --------------------------------------
 */

/* As pack of struct engine_ops. */
int sqlite_pack(struct engine *engine, int64_t now, int64_t rows,
	int64_t *due_at, struct error *error);

/* --- the file: file.c ----------------------------------------------------- */

/* Makes the file, takes its lock, refuses file systems; sets real_path. */
int sqlite_file_take(struct sqlite *sqlite, struct error *error);
/* Bytes that are free where this file is; -1: nobody knows. */
int64_t sqlite_file_free(const char *path);
void sqlite_file_leave(struct sqlite *sqlite);
/* Removes the copy of a restore, also of one that was broken off. */
void sqlite_file_remove_copy(const struct sqlite *sqlite);
/* Its path + suffix, to be freed; NULL when memory runs out. */
char *sqlite_file_beside(const struct sqlite *sqlite, const char *suffix);

/* --- the room for it: disk_full.c ----------------------------------------- */

/* ERROR_STORAGE when less than the floor is free. */
int sqlite_file_room(struct sqlite *sqlite, struct error *error);
/* Removes the ballast; true if there was one. */
bool sqlite_ballast_release(struct sqlite *sqlite);
/* Makes the ballast if it is missing and there is room for it. */
void sqlite_ballast_make(struct sqlite *sqlite);

/* --- the pages: check.c --------------------------------------------------- */

/*
 * Visits what SQLite finds about the pages and rows of the file, but for the
 * index of words, by its quick_check or integrity_check; `visit` gives 0 to go
 * on and 1 to stop.
 */
int sqlite_check_pages(struct sqlite *sqlite, const char *pragma,
	int (*visit)(void *context, struct slice finding), void *context,
	struct error *error);
int sqlite_salvage(
	struct engine *engine, const char *path, struct error *error);
int sqlite_check(struct engine *engine,
	int (*visit)(void *context, struct slice finding), void *context,
	struct error *error);
/* The same for the tables of the messages and sessions alone. */
int sqlite_check_messages(
	struct sqlite *sqlite, bool *damaged, struct error *error);
/* Is a finding about one row, and not about pages? */
bool sqlite_check_is_of_a_row(struct slice finding);

/* --- the files beside it: beside.c ---------------------------------------- */

/* Takes the lock; another process may have it. */
int sqlite_beside_lock(struct sqlite *sqlite, struct error *error);
/* The log and its index are those that are there now. */
void sqlite_beside_remember(struct sqlite *sqlite);
/* The log is now as this handle has left it. */
void sqlite_beside_wrote(struct sqlite *sqlite);
/* And the file, into which it copied some of the log. */
void sqlite_beside_copied(struct sqlite *sqlite);
/* Somebody else may have changed it. */
void sqlite_beside_doubt(struct sqlite *sqlite);
/*
 * Are they there still, and as they were left?  ERROR_UNAVAILABLE: another
 * process writes; ERROR_UNKNOWN: the log was deleted, and what is committed is
 * in the file, or it was damaged, or another program wrote over the file; the
 * store must be opened again.
 */
int sqlite_beside_check(struct sqlite *sqlite, struct error *error);

/* --- the connection: connect.c, vfs.c ------------------------------------- */

/* Opens sqlite->db with every limit, switch and pragma that it must have. */
int sqlite_connect(struct sqlite *sqlite, struct error *error);
/*
 * Closes it.  Where it has read a file that nobody else has open, no log is
 * left beside it.
 */
void sqlite_disconnect(struct sqlite *sqlite);
/* Sets the library up, once for the process. */
int sqlite_start_library(struct error *error);
/*
 * Is sqlite->db ours, and not of a later chatmem?  An empty file becomes ours,
 * unless it is to be a backup.
 */
int sqlite_check_identity(
	struct sqlite *sqlite, bool backup, struct error *error);
/* Of the tables that this chatmem knows. */
int64_t sqlite_newest_version(void);
/* The reason why it cannot be opened, in SQLite's words; -1. */
int sqlite_open_failed(struct sqlite *sqlite, struct error *error);
int sqlite_execute(struct sqlite *sqlite, const char *sql, struct error *error);
/* The first value of the first row, as text, cut to fit; "" for none. */
int sqlite_ask(struct sqlite *sqlite, const char *sql, char answer[32],
	struct error *error);
int sqlite_ask_number(struct sqlite *sqlite, enum own which, int64_t *out,
	struct error *error);

#define STORE_VFS "chatmem"
/* Makes the VFS that all files are opened with; once. */
bool sqlite_vfs_register(void);

/* --- a log that a crash left: log_left.c -----------------------------------
 */

/* Before the file is opened: tells of a damaged log, and keeps it. */
void sqlite_log_left_check(struct sqlite *sqlite);

/* --- the log: log.c, log_join.c, log_live.c ------------------------------- */

/* Counts the frames of every commit from now on. */
void sqlite_log_watch(struct sqlite *sqlite);
/*
 * From now on all that a commit writes goes out together, if it is synced
 * before readers see it; where memory runs out, piece by piece.
 */
void sqlite_log_join(struct sqlite *sqlite);
/*
 * The log was just truncated: has that on the disk, so that the next commit,
 * which begins it anew, is synced once.  Returns SQLite's code.
 */
int sqlite_log_emptied(struct sqlite *sqlite);
/*
 * Looks at what the log has that has not been looked at, and copies it into the
 * file.  Returns 1 when it was done, 0 when readers were in the way, -1; of
 * these ERROR_UNKNOWN: the disk failed, or another program damaged the log, and
 * the process must write no more.
 */
int sqlite_checkpoint(
	struct sqlite *sqlite, enum sqlite_checkpoint how, struct error *error);
/* The same without looking. */
int sqlite_log_copy(
	struct sqlite *sqlite, enum sqlite_checkpoint how, struct error *error);
/*
 * Between batches: is the log what was written, all of it or what has not been
 * looked at?  If it is not, but nothing is lost, the file has it now; else as
 * sqlite_checkpoint().
 */
int sqlite_log_check(struct sqlite *sqlite, bool all, struct error *error);

#endif
