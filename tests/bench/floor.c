/* SPDX-License-Identifier: MIT */
/*
 * floor.c - the least that a durable append and a read can cost.
 *
 * The same libmicrohttpd, the same suspend and resume, one writer thread with
 * group commit, the same SQLite, and a handler that does nothing: a POST's
 * body becomes a row as it came, a GET concatenates the newest 20 rows.
 * `tests/run bench` compares chatmem with it.
 *
 *	floor FILE	prints the port it listens on
 */
#include "tests/bench/served.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SESSIONS  100000
#define BATCH	  256
#define WAL_PAGES 10000

enum phase { ARRIVING, QUEUED, DONE };

struct exchange {
	struct exchange *next;
	struct MHD_Connection *connection;
	enum phase phase;
	int session;
	size_t length;
	char body[4096];
};

static const char *path;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER;
static struct exchange *queue;
static struct exchange **queue_end = &queue;

static sqlite3 *database_open(int flags, const char *setup)
{
	sqlite3 *db;

	must(sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX, NULL) ==
			SQLITE_OK,
		"open");
	must(sqlite3_exec(db, setup, NULL, NULL, NULL) == SQLITE_OK, setup);
	return db;
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement;

	must(sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK,
		sql);
	return statement;
}

/* --- the writer ------------------------------------------------------- */

/* Takes up to BATCH exchanges; waits until there is one. */
static struct exchange *take(void)
{
	struct exchange *first, **last;
	int count = 0;

	pthread_mutex_lock(&lock);
	while (!queue)
		pthread_cond_wait(&filled, &lock);
	first = queue;
	last = &queue;
	while (*last && count++ < BATCH)
		last = &(*last)->next;
	queue = *last;
	if (!queue)
		queue_end = &queue;
	*last = NULL;
	pthread_mutex_unlock(&lock);
	return first;
}

static void insert(sqlite3_stmt *statement, const struct exchange *exchange)
{
	static int64_t seqs[SESSIONS];

	sqlite3_bind_int(statement, 1, exchange->session);
	sqlite3_bind_int64(statement, 2, ++seqs[exchange->session]);
	sqlite3_bind_text(statement, 3, exchange->body, (int)exchange->length,
		SQLITE_STATIC);
	must(sqlite3_step(statement) == SQLITE_DONE, "insert");
	sqlite3_reset(statement);
}

static void resume_all(struct exchange *exchange)
{
	while (exchange) {
		struct exchange *next = exchange->next;

		exchange->phase = DONE;
		MHD_resume_connection(exchange->connection);
		exchange = next;
	}
}

static int remember_pages(void *pages, sqlite3 *db, const char *name, int count)
{
	(void)db;
	(void)name;
	*(int *)pages = count;
	return SQLITE_OK;
}

static void *write_forever(void *nothing)
{
	sqlite3 *db = database_open(SQLITE_OPEN_READWRITE,
		"PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0;"
		"PRAGMA cache_size=-8192; PRAGMA journal_size_limit=67108864");
	sqlite3_stmt *begin = prepare(db, "BEGIN IMMEDIATE");
	sqlite3_stmt *commit = prepare(db, "COMMIT");
	sqlite3_stmt *add =
		prepare(db, "INSERT INTO message(session, seq, body)"
			    " VALUES(?1, ?2, ?3)");
	int pages = 0;

	sqlite3_wal_hook(db, remember_pages, &pages);
	for (;;) {
		struct exchange *batch = take();

		must(sqlite3_step(begin) == SQLITE_DONE, "begin");
		sqlite3_reset(begin);
		for (struct exchange *one = batch; one; one = one->next)
			insert(add, one);
		must(sqlite3_step(commit) == SQLITE_DONE, "commit");
		sqlite3_reset(commit);
		resume_all(batch);
		if (pages >= WAL_PAGES)
			sqlite3_wal_checkpoint_v2(db, NULL,
				SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	}
	return nothing;
}

/* --- the sockets ------------------------------------------------------ */

static enum MHD_Result answer_newest(
	struct MHD_Connection *connection, int session)
{
	static _Thread_local sqlite3_stmt *newest;
	char body[65536];
	size_t length = 0;

	if (!newest)
		newest = prepare(database_open(SQLITE_OPEN_READONLY,
					 "PRAGMA wal_autocheckpoint=0"),
			"SELECT body FROM message WHERE session = ?1"
			" ORDER BY seq DESC LIMIT 20");
	sqlite3_bind_int(newest, 1, session);
	while (sqlite3_step(newest) == SQLITE_ROW) {
		size_t more = (size_t)sqlite3_column_bytes(newest, 0);

		must(length + more <= sizeof(body), "reading");
		memcpy(body + length, sqlite3_column_text(newest, 0), more);
		length += more;
	}
	sqlite3_reset(newest);
	return served_answer(
		connection, MHD_HTTP_OK, body, length, MHD_RESPMEM_MUST_COPY);
}

static enum MHD_Result arrive(struct exchange *exchange, const char *method,
	const char *data, size_t *size)
{
	if (*size) {
		must(exchange->length + *size <= sizeof(exchange->body),
			"a body of 4 KiB");
		memcpy(exchange->body + exchange->length, data, *size);
		exchange->length += *size;
		*size = 0;
		return MHD_YES;
	}
	if (strcmp(method, "POST") != 0)
		return answer_newest(exchange->connection, exchange->session);
	exchange->phase = QUEUED;
	MHD_suspend_connection(exchange->connection);
	pthread_mutex_lock(&lock);
	*queue_end = exchange;
	queue_end = &exchange->next;
	pthread_cond_signal(&filled);
	pthread_mutex_unlock(&lock);
	return MHD_YES;
}

static enum MHD_Result handle(void *nothing, struct MHD_Connection *connection,
	const char *url, const char *method, const char *version,
	const char *data, size_t *size, void **context)
{
	static const char reply[] = "{\"session\":\"s1\",\"version\":1,"
				    "\"messages\":[{\"seq\":1}]}";
	struct exchange *exchange = *context;

	(void)nothing;
	(void)version;
	if (exchange && exchange->phase == ARRIVING)
		return arrive(exchange, method, data, size);
	if (exchange)
		return served_answer(connection, MHD_HTTP_CREATED, reply,
			sizeof(reply) - 1, MHD_RESPMEM_PERSISTENT);
	exchange = calloc(1, sizeof(*exchange));
	must(exchange != NULL, "calloc");
	exchange->connection = connection;
	exchange->session =
		(int)strtol(url + strcspn(url, "0123456789"), NULL, 10) %
		SESSIONS;
	*context = exchange;
	return MHD_YES;
}

static void completed(void *nothing, struct MHD_Connection *connection,
	void **context, enum MHD_RequestTerminationCode code)
{
	(void)nothing;
	(void)connection;
	(void)code;
	free(*context);
	*context = NULL;
}

int main(int argc, char **argv)
{
	pthread_t writer;

	must(argc == 2, "floor FILE");
	path = argv[1];
	sqlite3_close(database_open(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
		"PRAGMA journal_mode=WAL; CREATE TABLE message("
		"id INTEGER PRIMARY KEY, session INTEGER NOT NULL,"
		"seq INTEGER NOT NULL, body TEXT NOT NULL,"
		"UNIQUE(session, seq)) STRICT"));
	must(pthread_create(&writer, NULL, write_forever, NULL) == 0, "thread");
	served_forever(handle, completed);
}
