/* SPDX-License-Identifier: MIT */
/* figures.c - what an operator watches of the file. */
#include "core/store/figures.h"
#include "core/store/sqlite/sqlite.h"

#include <sys/stat.h>

/* -1: search is off, or the index is about to be made anew. */
static int64_t figures_unindexed(struct sqlite *sqlite)
{
	struct query query = sqlite_start(sqlite, OWN_INDEX_BEHIND);
	struct error error = { 0 };
	int64_t behind = -1;

	if (query_step(&query, &error) > 0)
		behind = query_get_number(&query, BEHIND_COUNT);
	query_end(&query);
	return behind;
}

void sqlite_figures(struct engine *engine, struct store_figures *figures)
{
	struct sqlite *sqlite = sqlite_of(engine);
	struct stat file;

	if (stat(sqlite->path, &file) == 0)
		figures->database_bytes = (int64_t)file.st_size;
	figures->log_bytes = sqlite_log_bytes(sqlite);
	figures->free_bytes = sqlite_file_free(sqlite->path);
	figures->unindexed = figures_unindexed(sqlite);
	figures->backed_up_at = sqlite_noted_backup(sqlite);
}
