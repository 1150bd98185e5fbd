/* SPDX-License-Identifier: MIT */
/*
 * restore.c - a backup takes the place of the file.
 *
 * Wherever the process is killed, the next start is refused or has one whole
 * database: the backup is copied under another name, the old file and its log
 * get second names, then lose their first ones, the file before its log; and
 * only then the copy gets its name.  A start without a file is refused beside
 * a log, and beside such a copy.
 *
 * The copy begins an epoch: see core/store/sql/epoch.c.
 */
#include "core/store/sqlite/sqlite.h"

#include "core/store/backup.h"
#include "core/store/mark.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The file first: a log alone is refused, a file alone would be opened. */
static const char *const restore_suffixes[] = { "", "-wal", "-journal" };
#define RESTORE_SUFFIXES (sizeof(restore_suffixes) / sizeof(*restore_suffixes))

struct restore_job {
	struct sqlite *sqlite; /* of the file that is restored */
	struct restoring *restoring;
	char *copy;		  /* the backup, until it has the file's name */
	struct stat old;	  /* st_nlink is 0 when there is no file */
	bool older;		  /* are its tables */
	char journal[PATH_BYTES]; /* the file whose erasures are told */
};

/* --- the copy ------------------------------------------------------------- */

static int restore_copy_backup(struct restore_job *job, struct error *error)
{
	const char *path = job->restoring->backup;
	struct sqlite from = { .path = path };
	int64_t version = 0;
	int rc, result = -1;

	rc = sqlite_copy_open(path, &from.db);
	if (rc)
		sqlite_open_failed(&from, error);
	else if (sqlite_check_identity(&from, true, error) == 0 &&
		 sqlite_ask_number(&from, OWN_VERSION, &version, error) == 0) {
		job->older = version < sqlite_newest_version();
		rc = sqlite_copy_pages(
			from.db, job->copy, true, &job->sqlite->engine.options);
		result = rc ? error_set(error, ERROR_UNAVAILABLE,
				      "cannot copy \"%s\": %s", path,
				      sqlite3_errstr(rc))
			    : 0;
	}
	sqlite_disconnect(&from);
	return result;
}

static int restore_take_finding(void *context, struct slice finding)
{
	struct restore_job *job = context;

	job->restoring->findings++;
	sqlite_warn(job->sqlite, "\"%s\" is damaged: %.*s",
		job->restoring->backup, SLICE_SHORT(finding));
	return 0;
}

/* The rows of older tables are looked at when they are new. */
static int restore_check_copy(struct restore_job *job, struct error *error)
{
	struct restoring *restoring = job->restoring;
	struct sqlite copy = { .real_path = job->copy,
		.path = job->copy,
		.engine.mode = STORE_WRITE };

	if (job->older ? sqlite_check_pages(&copy,
				 "PRAGMA integrity_check(100)",
				 restore_take_finding, job, error)
		       : restoring->check(restoring, job->copy, error))
		return -1;
	if (restoring->findings == 0 || restoring->accept_damage)
		return 0;
	return error_set(error, ERROR_DAMAGED,
		"\"%s\" is damaged, and nothing was changed;"
		" --accept-damage takes it as it is",
		restoring->backup);
}

/* --- its epoch ------------------------------------------------------------ */

/* Older tables do not have it; the migration finds it there. */
#define RESTORE_EPOCHS                                              \
	"CREATE TABLE IF NOT EXISTS epoch (id INTEGER PRIMARY KEY," \
	" mark TEXT NOT NULL CHECK (length(mark) = 13)) STRICT;"    \
	"INSERT INTO epoch (id, mark)"                              \
	" SELECT coalesce(max(id), 0) + 1, '%s' FROM epoch"

static int restore_write_epoch(
	const struct restore_job *job, const char *mark, struct error *error)
{
	char sql[sizeof(RESTORE_EPOCHS) + MARK_LENGTH];
	sqlite3 *copy = NULL;
	int rc = sqlite3_open_v2(job->copy, &copy,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, STORE_VFS);

	snprintf(sql, sizeof(sql), RESTORE_EPOCHS, mark);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(copy, sql, NULL, NULL, NULL);
	if (rc == SQLITE_CORRUPT && job->restoring->accept_damage)
		sqlite_warn(job->sqlite,
			"its ETags are those that the backup has: where they"
			" are kept is damaged");
	else if (rc)
		error_describe(error, ERROR_UNAVAILABLE,
			"cannot write \"%s\": %s", job->copy,
			sqlite3_errmsg(copy));
	sqlite3_close(copy);
	return error->code ? -1 : 0;
}

static int restore_begin_epoch(
	const struct restore_job *job, struct error *error)
{
	char mark[MARK_LENGTH + 1];

	return mark_make(mark, error) || restore_write_epoch(job, mark, error)
		       ? -1
		       : 0;
}

/* --- what was erased since ------------------------------------------------ */

static int restore_erase_again(struct restore_job *job, struct error *error)
{
	struct restoring *restoring = job->restoring;

	if (sqlite_restore_erased(restoring, job->copy, job->journal, error))
		return -1;
	if (!restoring->erase_again)
		return 0;
	if (!restoring->journal)
		return error_set(error, ERROR_INVALID,
			"\"%s\" has no journal of erasures that can be read,"
			" so that nothing can be erased again; without"
			" --erase-again it is restored all the same",
			job->sqlite->path);
	return restoring->erased == 0
		       ? 0
		       : restoring->erase(restoring, job->copy, error);
}

/* All that was written to it is in it, and in no log. */
static int restore_finish_copy(
	const struct restore_job *job, struct error *error)
{
	char log[PATH_BYTES];

	snprintf(log, sizeof(log), "%s-wal", job->copy);
	return access(log, F_OK) == 0
		       ? error_set(error, ERROR_UNAVAILABLE,
				 "\"%s\" could not be emptied", log)
		       : sqlite_copy_sync(job->copy, O_RDWR, error);
}

/* As the file that it replaces, or for its owner alone. */
static int restore_make_copy(struct restore_job *job, struct error *error)
{
	const bool old = job->old.st_nlink > 0;

	sqlite_file_remove_copy(job->sqlite);
	if (sqlite_copy_make(
		    job->copy, old ? job->old.st_mode & 07777 : 0600, error))
		return -1;
	if (old && chown(job->copy, job->old.st_uid, job->old.st_gid))
		return error_set(error, ERROR_UNAVAILABLE,
			"cannot give \"%s\" the owner of the file: %s",
			job->copy, strerror(errno));
	return restore_copy_backup(job, error) ||
			       restore_check_copy(job, error) ||
			       restore_begin_epoch(job, error) ||
			       restore_erase_again(job, error) ||
			       restore_finish_copy(job, error)
		       ? -1
		       : 0;
}

/* --- the old file --------------------------------------------------------- */

/* Gives what is there a second name; 0 as well if there is nothing. */
static int restore_keep_one(const char *file, const char *kept,
	const char *suffix, struct error *error)
{
	char from[PATH_BYTES], to[PATH_BYTES];

	snprintf(from, sizeof(from), "%s%s", file, suffix);
	snprintf(to, sizeof(to), "%s%s", kept, suffix);
	if (link(from, to) == 0 || errno == ENOENT)
		return 0;
	return error_set(error, ERROR_UNAVAILABLE,
		"cannot keep \"%s\" as \"%s\": %s", from, to, strerror(errno));
}

/* A name that no earlier restore has given. */
static int restore_name_kept(struct restore_job *job, struct error *error)
{
	const time_t now = time(NULL);
	struct restoring *restoring = job->restoring;
	char stamp[32];
	struct stat is;
	struct tm utc;

	gmtime_r(&now, &utc);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &utc);
	for (int i = 0; i < 1000; i++) {
		snprintf(restoring->kept, sizeof(restoring->kept),
			i ? "%s.before-%s-%d" : "%s.before-%s",
			job->sqlite->real_path, stamp, i);
		if (stat(restoring->kept, &is) && errno == ENOENT)
			return 0;
	}
	return error_set(error, ERROR_UNAVAILABLE,
		"there are too many files \"%s\"", restoring->kept);
}

static int restore_keep_old(struct restore_job *job, struct error *error)
{
	const char *file = job->sqlite->real_path;

	if (restore_name_kept(job, error))
		return -1;
	for (size_t i = 0; i < RESTORE_SUFFIXES; i++)
		if (restore_keep_one(file, job->restoring->kept,
			    restore_suffixes[i], error))
			return -1;
	if (job->old.st_nlink == 0)
		job->restoring->kept[0] = '\0';
	return sqlite_copy_sync_place(file, error);
}

static int restore_remove_old(struct restore_job *job, struct error *error)
{
	char name[PATH_BYTES];

	for (size_t i = 0; i < RESTORE_SUFFIXES; i++) {
		snprintf(name, sizeof(name), "%s%s", job->sqlite->real_path,
			restore_suffixes[i]);
		if (unlink(name) && errno != ENOENT)
			return error_set(error, ERROR_UNAVAILABLE,
				"cannot remove \"%s\": %s", name,
				strerror(errno));
	}
	snprintf(name, sizeof(name), "%s-shm", job->sqlite->real_path);
	unlink(name);
	return 0;
}

/* The file's, or, when a restore was broken off, that of the one it kept. */
static void restore_find_journal(struct restore_job *job)
{
	const char *file = job->sqlite->real_path;
	char pattern[PATH_BYTES];
	glob_t kept = { 0 };

	snprintf(job->journal, sizeof(job->journal), "%s", file);
	if (job->old.st_nlink > 0 || access(job->copy, F_OK))
		return;
	snprintf(pattern, sizeof(pattern), "%s.before-*Z", file);
	if (glob(pattern, 0, NULL, &kept) == 0)
		snprintf(job->journal, sizeof(job->journal), "%s",
			kept.gl_pathv[kept.gl_pathc - 1]);
	globfree(&kept);
}

/* --- all of it ------------------------------------------------------------ */

static int restore_swap(struct restore_job *job, struct error *error)
{
	const char *file = job->sqlite->real_path;

	if (restore_keep_old(job, error) || restore_remove_old(job, error))
		return -1;
	if (rename(job->copy, file))
		return error_set(error, ERROR_UNAVAILABLE,
			"cannot rename \"%s\": %s; run the restore again",
			job->copy, strerror(errno));
	return sqlite_copy_sync_place(file, error);
}

static int restore_run(struct restore_job *job, struct error *error)
{
	struct stat backup;

	if (stat(job->restoring->backup, &backup))
		return error_set(error, ERROR_INVALID, "cannot read \"%s\": %s",
			job->restoring->backup, strerror(errno));
	if (stat(job->sqlite->real_path, &job->old))
		job->old.st_nlink = 0;
	else if (job->old.st_ino == backup.st_ino &&
		 job->old.st_dev == backup.st_dev)
		return error_set(error, ERROR_INVALID,
			"\"%s\" is the file itself", job->restoring->backup);
	restore_find_journal(job);
	if (restore_make_copy(job, error)) {
		sqlite_file_remove_copy(job->sqlite);
		return -1;
	}
	return restore_swap(job, error);
}

/* The file's real path, or the one that it is to have; to be freed. */
static char *restore_find_file(const char *path)
{
	char *real = realpath(path, NULL);

	return real ? real : strdup(path);
}

static int restore_start(struct restore_job *job, struct error *error)
{
	if (asprintf(&job->copy, "%s" RESTORE_SUFFIX, job->sqlite->real_path) <
		0) {
		job->copy = NULL;
		return error_out_of_memory(error);
	}
	return sqlite_beside_lock(job->sqlite, error) ||
			       sqlite_start_library(error) ||
			       restore_run(job, error)
		       ? -1
		       : 0;
}

int sqlite_restore(const struct store_options *options,
	struct restoring *restoring, struct error *error)
{
	char *file = restore_find_file(options->url);
	struct sqlite sqlite = { .engine.options = *options,
		.path = options->url,
		.real_path = file,
		.lock = -1 };
	struct restore_job job = { .sqlite = &sqlite, .restoring = restoring };
	int result;

	if (!file)
		return error_out_of_memory(error);
	result = restore_start(&job, error);
	free(job.copy);
	sqlite.real_path = NULL;
	sqlite_file_leave(&sqlite);
	free(file);
	return result;
}
