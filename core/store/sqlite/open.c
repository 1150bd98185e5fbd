/* SPDX-License-Identifier: MIT */
/*
 * open.c - opening, migrating and closing a file.
 */
#include "core/store/sqlite/fts_tokenizer.h"
#include "core/store/sqlite/sqlite.h"
#include "core/store/sqlite/statement.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* On a full disk a database cannot even be opened: the ballast is for that. */
static int open_connect_writer(struct sqlite *sqlite, struct error *error)
{
	int rc;

	if (sqlite_connect(sqlite, error) == 0)
		return 0;
	rc = sqlite3_errcode(sqlite->db) & 0xff;
	if (rc != SQLITE_FULL && rc != SQLITE_IOERR && rc != SQLITE_CANTOPEN)
		return -1;
	if (!sqlite_ballast_release(sqlite))
		return -1;
	sqlite3_close(sqlite->db);
	sqlite->db = NULL;
	return sqlite_connect(sqlite, error);
}

/* The first thing that was found about the pages. */
struct open_finding {
	const struct sqlite *sqlite;
	char words[200];
};

/* A damaged row is met when it is read; a page may take others with it. */
static int open_take_finding(void *context, struct slice finding)
{
	struct open_finding *found = context;

	if (sqlite_check_is_of_a_row(finding)) {
		sqlite_warn(found->sqlite, "a row is damaged: %.*s",
			SLICE_SHORT(finding));
		return 0;
	}
	snprintf(found->words, sizeof(found->words), "%.*s",
		SLICE_SHORT(finding));
	return 1;
}

static int open_check_file(struct sqlite *sqlite, struct error *error)
{
	struct open_finding found = { .sqlite = sqlite };
	bool messages;
	int64_t pages;

	if (sqlite_ask_number(sqlite, OWN_PAGES, &pages, error))
		return -1;
	if (pages * STORE_PAGE_BYTES >= STORE_CHECKED_BYTES)
		return 0;
	if (sqlite_check_pages(sqlite, "PRAGMA quick_check(100)",
		    open_take_finding, &found, error))
		return -1;
	if (found.words[0] && sqlite_check_messages(sqlite, &messages, error))
		return -1;
	if (found.words[0] && !messages)
		sqlite_index_give_up(sqlite);
	else if (found.words[0])
		return error_set(error, ERROR_DAMAGED,
			"\"%s\" is damaged (%s): chatmem check says what is,"
			" chatmem export prints the rest, chatmem restore"
			" brings a backup back",
			sqlite->real_path, found.words);
	return 0;
}

static int open_prepare_one(struct sqlite *sqlite, const char *text,
	sqlite3_stmt **out, struct error *error)
{
	return statement_prepare(sqlite, text, out)
		       ? sqlite_open_failed(sqlite, error)
		       : 0;
}

/*
 * The index is made of the messages, and never stops them: a reader leaves it
 * alone until its first search, and the writer makes a damaged one anew.  FTS5
 * may take a damaged length for one that it must have the memory for, and a
 * damaged setting for an error of the statement.
 */
static int open_prepare_index(
	struct sqlite *sqlite, enum own which, struct error *error)
{
	struct error damage = { 0 };
	int rc;

	if (sqlite->engine.mode == STORE_READ)
		return 0;
	if (open_prepare_one(sqlite, sqlite_own[which], &sqlite->own[which],
		    &damage) == 0)
		return 0;
	rc = sqlite3_errcode(sqlite->db) & 0xff;
	if (rc == SQLITE_CORRUPT || rc == SQLITE_NOMEM || rc == SQLITE_ERROR)
		return sqlite_index_repair(sqlite, error) ||
				       open_prepare_one(sqlite,
					       sqlite_own[which],
					       &sqlite->own[which], error)
			       ? -1
			       : 0;
	*error = damage;
	return -1;
}

/*
 * With the tables made: a statement names them.  The writer has seen all of
 * them; a reader, of which there is one a thread, makes those that it uses.
 */
static int open_prepare(struct sqlite *sqlite, struct error *error)
{
	const bool reads = sqlite->engine.mode == STORE_READ;

	for (int i = 0; i < SQL_COUNT && !reads; i++)
		if (open_prepare_one(sqlite, sqlite->texts[i],
			    &sqlite->statements[i], error))
			return -1;
	for (int i = 0; i < OWN_COUNT; i++)
		if (sqlite_index_is_asked((enum own)i)
				? open_prepare_index(sqlite, (enum own)i, error)
				: open_prepare_one(sqlite, sqlite_own[i],
					  &sqlite->own[i], error))
			return -1;
	return 0;
}

/* The log that a crash left is emptied before there are readers. */
static int open_writer(struct sqlite *sqlite, struct error *error)
{
	if (sqlite_file_take(sqlite, error))
		return -1;
	sqlite_log_left_check(sqlite);
	if (open_connect_writer(sqlite, error) ||
		open_check_file(sqlite, error) ||
		sqlite_migrate(sqlite, error) ||
		sqlite_seal_open(sqlite, error) ||
		sqlite_words_open(sqlite, error) ||
		open_prepare(sqlite, error) ||
		sqlite_index_open(sqlite, error) ||
		(sqlite->words_lost &&
			(sqlite_usage_renew(&sqlite->engine, error) ||
				sqlite_index_take_out(sqlite, error))))
		return -1;
	sqlite_log_watch(sqlite);
	sqlite_log_join(sqlite);
	sqlite_beside_remember(sqlite);
	sqlite->ready = true;
	sqlite_ballast_make(sqlite);
	return sqlite_checkpoint(sqlite, CHECKPOINT_TRUNCATE, error) < 0 ? -1
									 : 0;
}

static int open_reader(struct sqlite *sqlite, struct error *error)
{
	return sqlite_connect(sqlite, error) ||
			       sqlite_seal_open(sqlite, error) ||
			       sqlite_words_open(sqlite, error) ||
			       open_prepare(sqlite, error)
		       ? -1
		       : 0;
}

int sqlite_open(struct engine **out, const struct store_options *options,
	enum store_mode mode, const char *const *texts, struct error *error)
{
	struct sqlite *sqlite = calloc(1, sizeof(*sqlite));

	if (!sqlite)
		return error_out_of_memory(error);
	sqlite->engine = (struct engine){
		.ops = &engine_sqlite,
		.options = *options,
		.mode = mode,
	};
	if (options->sqlite)
		sqlite->options = *options->sqlite;
	sqlite->path = options->url;
	sqlite->texts = texts;
	sqlite->lock = -1;
	if (mode == STORE_READ ? open_reader(sqlite, error)
			       : open_writer(sqlite, error)) {
		sqlite->ready = false;
		sqlite_close(&sqlite->engine);
		return -1;
	}
	*out = &sqlite->engine;
	return 0;
}

void sqlite_close(struct engine *engine)
{
	struct sqlite *sqlite = sqlite_of(engine);
	struct error ignored = { 0 };

	if (sqlite->ready && sqlite_beside_check(sqlite, &ignored) == 0) {
		sqlite_checkpoint(sqlite, CHECKPOINT_TRUNCATE, &ignored);
		/* So that SQLite removes the log if nobody reads. */
		sqlite3_db_config(
			sqlite->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
	}
	json_scratch_clear(&engine->scratch);
	for (int i = 0; i < SQL_COUNT; i++)
		sqlite3_finalize(sqlite->statements[i]);
	for (int i = 0; i < OWN_COUNT; i++)
		sqlite3_finalize(sqlite->own[i]);
	fts_tokenizer_close(sqlite->tokenizer);
	sqlite_disconnect(sqlite);
	sqlite_file_leave(sqlite);
	free(sqlite);
}
