/* SPDX-License-Identifier: MIT */
/*
 * migrate.c - the tables of an older file, brought up to date.
 *
 * No migration is undone: a copy of the file as it was is kept before the first
 * one, for who goes back to an older chatmem.
 */
#include "core/store/sqlite/migrations.h"
#include "core/store/sqlite/sqlite.h"

#include "core/store/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Migrations up to this version may read and write all that the file has. */
#define MIGRATE_ALL 25
/* The next one takes the index of words out, to be made anew. */
#define MIGRATE_WORDS 24
/* The others change what the tables are, and a page or two. */
#define MIGRATE_WRITES_SOME ((int64_t)1 << 20)

/* Each step is a transaction; its file sets user_version. */
static int migrate_once(
	struct sqlite *sqlite, int64_t version, struct error *error)
{
	int64_t after;

	if (sqlite_execute(sqlite, sqlite_own[OWN_BEGIN_WRITE], error))
		return -1;
	if (sqlite_execute(sqlite, migrations[version], error) == 0 &&
		sqlite_ask_number(sqlite, OWN_VERSION, &after, error) == 0) {
		if (after == version + 1)
			return sqlite_execute(
				sqlite, sqlite_own[OWN_COMMIT], error);
		error_describe(error, ERROR_INTERNAL,
			"migration %lld left the tables at version %lld",
			(long long)version + 1, (long long)after);
	}
	sqlite3_exec(sqlite->db, sqlite_own[OWN_ROLLBACK], NULL, NULL, NULL);
	return -1;
}

/* The copy of a file with tables of this version. */
static void migrate_name_copy(const char *path, int64_t version, char *name)
{
	snprintf(name, PATH_BYTES, "%s.version-%lld", path, (long long)version);
}

bool sqlite_migrate_find_copy(const char *path, char *name)
{
	for (int64_t at = sqlite_newest_version(); at > 0; at--) {
		migrate_name_copy(path, at, name);
		if (access(name, F_OK) == 0)
			return true;
	}
	return false;
}

static int migrate_write_copy(struct sqlite *sqlite, const char *partial,
	const char *name, struct error *error)
{
	int rc;

	if (sqlite_copy_make(partial, 0600, error))
		return -1;
	rc = sqlite_copy_pages(sqlite->db, partial,
		!sqlite->options.unsafe_filesystem, &sqlite->engine.options);
	if (rc)
		return error_set(error, ERROR_STORAGE,
			"cannot keep \"%s\" before the tables are brought up to"
			" date: %s; --no-upgrade-copy does without it",
			name, sqlite3_errstr(rc));
	if (sqlite_copy_sync(partial, O_RDWR, error))
		return -1;
	if (rename(partial, name))
		return error_set(error, ERROR_UNAVAILABLE,
			"cannot make \"%s\": %s", name, strerror(errno));
	return sqlite_copy_sync_place(name, error);
}

static int migrate_keep_copy(
	struct sqlite *sqlite, int64_t version, struct error *error)
{
	char name[PATH_BYTES], partial[PATH_BYTES + 16];
	int result;

	migrate_name_copy(sqlite->real_path, version, name);
	snprintf(partial, sizeof(partial), "%s.partial", name);
	result = migrate_write_copy(sqlite, partial, name, error);
	unlink(partial);
	if (result == 0)
		sqlite_warn(sqlite,
			"the file as it was is kept as \"%s\"; remove it when"
			" nobody will go back",
			name);
	return result;
}

/* A damaged index is no reason to leave the messages as they are. */
static int migrate_next(
	struct sqlite *sqlite, int64_t version, struct error *error)
{
	const int result = migrate_once(sqlite, version, error);

	if (result == 0 || version != MIGRATE_WORDS ||
		error->code != ERROR_DAMAGED)
		return result;
	*error = (struct error){ 0 };
	return sqlite_index_strike_out(sqlite, error) ||
			       migrate_once(sqlite, version, error)
		       ? -1
		       : 0;
}

int sqlite_migrate(struct sqlite *sqlite, struct error *error)
{
	int64_t version;

	if (sqlite_ask_number(sqlite, OWN_VERSION, &version, error))
		return -1;
	if (version > 0 && migrations[version] && !sqlite->options.no_copy &&
		migrate_keep_copy(sqlite, version, error))
		return -1;
	for (; migrations[version]; version++) {
		sqlite_tell(&sqlite->engine.options, version,
			sqlite_newest_version(), "versions of the tables");
		if (migrate_next(sqlite, version, error))
			return -1;
	}
	return 0;
}

/* --- what it takes -------------------------------------------------------- */

static int migrate_plan(
	struct sqlite *sqlite, struct migration_plan *plan, struct error *error)
{
	struct stat is;

	if (sqlite3_open_v2(sqlite->path, &sqlite->db,
		    SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX |
			    SQLITE_OPEN_EXRESCODE,
		    STORE_VFS))
		return sqlite_open_failed(sqlite, error);
	if (sqlite_check_identity(sqlite, true, error) ||
		sqlite_ask_number(sqlite, OWN_VERSION, &plan->version, error) ||
		sqlite_ask_number(sqlite, OWN_PAGES, &plan->bytes, error))
		return -1;
	plan->bytes *= STORE_PAGE_BYTES;
	plan->newest = sqlite_newest_version();
	migrate_name_copy(sqlite->path, plan->version, plan->copy);
	plan->copied = stat(plan->copy, &is) == 0;
	plan->free = sqlite_file_free(sqlite->path);
	plan->read = plan->version < MIGRATE_ALL ? plan->bytes : 0;
	plan->written = plan->version == plan->newest ? 0
			: plan->version < MIGRATE_ALL ? plan->bytes
						      : MIGRATE_WRITES_SOME;
	return 0;
}

int sqlite_plan_migration(const struct store_options *options,
	struct migration_plan *plan, struct error *error)
{
	struct sqlite sqlite = { .path = options->url };
	int result;

	if (sqlite_start_library(error))
		return -1;
	result = migrate_plan(&sqlite, plan, error);
	sqlite_disconnect(&sqlite);
	return result;
}
