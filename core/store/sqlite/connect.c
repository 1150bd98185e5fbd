/* SPDX-License-Identifier: MIT */
/*
 * connect.c - a connection: limits, switches, pragmas, identity.
 */
#include "core/store/sqlite/migrations.h"
#include "core/store/sqlite/sqlite.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define APPLICATION 1130909037 /* as in the first migration */

static bool connect_is_directory(const char *path)
{
	struct stat is;

	return stat(path, &is) == 0 && S_ISDIR(is.st_mode);
}

int sqlite_open_failed(struct sqlite *sqlite, struct error *error)
{
	int rc = sqlite3_extended_errcode(sqlite->db);
	int cause = sqlite3_system_errno(sqlite->db);

	if (connect_is_directory(sqlite->path))
		return error_set(error, ERROR_INVALID, "\"%s\" is not a file",
			sqlite->path);
	if (rc == SQLITE_READONLY_DIRECTORY || rc == SQLITE_READONLY_CANTINIT)
		return error_set(error, ERROR_UNAVAILABLE,
			"\"%s\" cannot be read where it is: a log is made"
			" beside it meanwhile, and you may not write there; copy"
			" it, or chatmem restore it, to another place",
			sqlite->path);
	if ((rc & 0xff) == SQLITE_CANTOPEN && cause)
		return error_set(error, ERROR_UNAVAILABLE,
			"cannot open \"%s\": %s%s", sqlite->path,
			strerror(cause),
			cause == ENOENT ? "; --db says where the store is,"
					  " --url asks a server"
					: "");
	/* No statement of ours is wrong where the tables are what they were. */
	if ((rc & 0xff) == SQLITE_CORRUPT || rc == SQLITE_ERROR)
		return error_set(error, ERROR_DAMAGED,
			"\"%s\" is damaged where it says what is in it: %s"
			" (%d); chatmem restore brings a backup back",
			sqlite->path, sqlite3_errmsg(sqlite->db), rc);
	return error_set(error,
		rc == SQLITE_NOTADB ? ERROR_INVALID : ERROR_UNAVAILABLE,
		"cannot open \"%s\": %s (%d)", sqlite->path,
		sqlite3_errmsg(sqlite->db), rc);
}

int sqlite_ask(struct sqlite *sqlite, const char *sql, char answer[32],
	struct error *error)
{
	sqlite3_stmt *statement = NULL;
	int rc = sqlite3_prepare_v2(sqlite->db, sql, -1, &statement, NULL);

	answer[0] = '\0';
	if (rc == SQLITE_OK)
		rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW)
		snprintf(answer, 32, "%s",
			(const char *)sqlite3_column_text(statement, 0));
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		sqlite_open_failed(sqlite, error);
	sqlite3_finalize(statement);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : -1;
}

int sqlite_ask_number(struct sqlite *sqlite, enum own which, int64_t *out,
	struct error *error)
{
	char answer[32];

	if (sqlite_ask(sqlite, sqlite_own[which], answer, error))
		return -1;
	*out = strtoll(answer, NULL, 10);
	return 0;
}

int sqlite_execute(struct sqlite *sqlite, const char *sql, struct error *error)
{
	return sqlite3_exec(sqlite->db, sql, NULL, NULL, NULL)
		       ? sqlite_open_failed(sqlite, error)
		       : 0;
}

/* Much less than SQLite's own limits; the longest row is a session's. */
static void connect_limit(struct sqlite *sqlite)
{
	static const struct {
		int id;
		int value;
	} limits[] = {
		{ SQLITE_LIMIT_LENGTH, 64 << 20 },
		{ SQLITE_LIMIT_SQL_LENGTH, 100000 },
		{ SQLITE_LIMIT_COLUMN, 64 },
		{ SQLITE_LIMIT_EXPR_DEPTH, 64 },
		{ SQLITE_LIMIT_COMPOUND_SELECT, 16 },
		{ SQLITE_LIMIT_FUNCTION_ARG, 20 },
		{ SQLITE_LIMIT_ATTACHED, 1 },
		{ SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 100 },
		{ SQLITE_LIMIT_VARIABLE_NUMBER, 32 },
		{ SQLITE_LIMIT_TRIGGER_DEPTH, 4 },
		{ SQLITE_LIMIT_WORKER_THREADS, 0 },
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		sqlite3_limit(sqlite->db, limits[i].id, limits[i].value);
}

static int connect_defend(struct sqlite *sqlite, struct error *error)
{
	static const struct {
		int id;
		int value;
	} switches[] = {
		{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
		{ SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
		{ SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1 },
		{ SQLITE_DBCONFIG_DQS_DML, 0 },
		{ SQLITE_DBCONFIG_DQS_DDL, 0 },
		{ SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0 },
	};

	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++) {
		int set = -1;

		sqlite3_db_config(
			sqlite->db, switches[i].id, switches[i].value, &set);
		if (set != switches[i].value)
			return sqlite_open_failed(sqlite, error);
	}
	return 0;
}

static unsigned connect_what_it_is(const struct sqlite *sqlite)
{
	unsigned is = 0;

	is |= sqlite->engine.mode == STORE_READ ? CONNECTION_IS_READER
						: CONNECTION_IS_WRITER;
	is |= sqlite->options.unsafe_filesystem ? CONNECTION_IS_UNLOGGED
						: CONNECTION_IS_LOGGED;
	is |= sqlite->engine.options.recent ? CONNECTION_IS_HELPED
					    : CONNECTION_IS_ALONE;
	is |= sqlite->engine.options.relaxed ? CONNECTION_IS_NORMAL
					     : CONNECTION_IS_FULL;
	return is;
}

static int connect_set_pragmas(struct sqlite *sqlite, struct error *error)
{
	unsigned is = connect_what_it_is(sqlite);
	const struct sqlite_pragma *pragma;
	char answer[32];

	for (pragma = sqlite_pragmas; pragma->set; pragma++) {
		if (pragma->when & ~is)
			continue;
		if (sqlite_execute(sqlite, pragma->set, error) ||
			sqlite_ask(sqlite, pragma->get, answer, error))
			return -1;
		if (strcmp(answer, pragma->want) != 0)
			return error_set(error, ERROR_UNAVAILABLE,
				"cannot open \"%s\": %s is %s, not %s",
				sqlite->path, pragma->get, answer,
				pragma->want);
	}
	return 0;
}

int64_t sqlite_newest_version(void)
{
	int64_t version = 0;

	while (migrations[version])
		version++;
	return version;
}

/* The way back is what was kept before its tables were changed. */
static int connect_refuse_newer(
	const char *path, int64_t version, struct error *error)
{
	char copy[PATH_BYTES], way[PATH_BYTES + 200] = "a backup of before";

	if (sqlite_migrate_find_copy(path, copy))
		snprintf(way, sizeof(way), "\"%.200s\"", copy);
	return error_set(error, ERROR_INVALID,
		"\"%.150s\" was written by a newer chatmem (tables %lld, this one"
		" knows %lld): start that one, or chatmem restore %s, which"
		" lacks what was written since",
		path, (long long)version, (long long)sqlite_newest_version(),
		way);
}

int sqlite_check_identity(
	struct sqlite *sqlite, bool backup, struct error *error)
{
	int64_t application, version, objects;
	const char *path = sqlite->path;

	if (sqlite_ask_number(sqlite, OWN_APPLICATION, &application, error) ||
		sqlite_ask_number(sqlite, OWN_VERSION, &version, error) ||
		sqlite_ask_number(sqlite, OWN_OBJECTS, &objects, error))
		return -1;
	if (application != APPLICATION && backup)
		return error_set(error, ERROR_INVALID,
			"\"%s\" is no file of chatmem's", path);
	if (application != APPLICATION && (application || version || objects))
		return error_set(error, ERROR_INVALID,
			"\"%s\" is another program's database", path);
	if (version > sqlite_newest_version() || version < 0)
		return connect_refuse_newer(path, version, error);
	if (sqlite->engine.mode == STORE_READ && !backup && !application)
		return error_set(error, ERROR_UNAVAILABLE,
			"\"%s\" is empty: no server has written to it yet",
			path);
	if (sqlite->engine.mode == STORE_READ && !backup &&
		version < sqlite_newest_version())
		return error_set(error, ERROR_UNAVAILABLE,
			"\"%s\" was written by an older chatmem; start the"
			" server once to bring it up to date",
			path);
	return 0;
}

static bool configured;

/*
 * Without statistics SQLite's allocations take no lock that all threads
 * share.
 */
static void connect_configure(void)
{
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	configured = sqlite_vfs_register();
}

int sqlite_start_library(struct error *error)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, connect_configure);
	return configured ? 0 : error_out_of_memory(error);
}

int sqlite_connect(struct sqlite *sqlite, struct error *error)
{
	bool reads = sqlite->engine.mode == STORE_READ;
	const char *path = reads ? sqlite->path : sqlite->real_path;
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;

	flags |= reads ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
	if (sqlite_start_library(error))
		return -1;
	if (sqlite3_open_v2(path, &sqlite->db, flags, STORE_VFS))
		return sqlite_open_failed(sqlite, error);
	connect_limit(sqlite);
	sqlite3_busy_timeout(sqlite->db, STORE_BUSY_MS);
	if (connect_defend(sqlite, error) ||
		sqlite_check_identity(sqlite, false, error))
		return -1;
	return connect_set_pragmas(sqlite, error);
}

/* Is the log beside the file there, and empty? */
static bool connect_log_is_empty(const struct sqlite *sqlite)
{
	const char *file = sqlite3_db_filename(sqlite->db, "main");
	struct stat log;

	return file && stat(sqlite3_filename_wal(file), &log) == 0 &&
	       log.st_size == 0;
}

/*
 * A connection that may write takes an empty log away when it closes, if none
 * other has the file: SQLite asks for its exclusive lock.  A writer that comes
 * then locks the file before it opens the log, and makes one.
 */
static void connect_remove_log(const struct sqlite *sqlite)
{
	sqlite3 *db = NULL;

	if (sqlite3_open_v2(sqlite->path, &db,
		    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
		    STORE_VFS) == SQLITE_OK)
		sqlite3_exec(db, sqlite_own[OWN_VERSION], NULL, NULL, NULL);
	sqlite3_close(db);
}

void sqlite_disconnect(struct sqlite *sqlite)
{
	const bool reads = sqlite->engine.mode == STORE_READ;
	const bool left = reads && sqlite->db && connect_log_is_empty(sqlite);

	sqlite3_close(sqlite->db);
	sqlite->db = NULL;
	if (left)
		connect_remove_log(sqlite);
}
