/* SPDX-License-Identifier: MIT */
/*
 * sqlite.h - what the files of the SQLite store share.
 *
 * All SQL is in core/store/sqlite/statements.c and _pragmas.c.  A statement is
 * used through a query, which is ended on every path; so no statement outlives
 * a call.
 */
#ifndef CORE_STORE_SQLITE_SQLITE_H
#define CORE_STORE_SQLITE_SQLITE_H

#include "core/store/idempotency.h"
#include "schema/error.h"

#include <sqlite3.h>

#define STORE_PAGE_BYTES    4096
#define STORE_LOG_BYTES	    ((int64_t)64 << 20) /* the log's usual bound */
#define STORE_BUSY_MS	    5000
#define STORE_RESTART_MS    100
#define STORE_TRUNCATE_MS   200
#define STORE_TOUCH_AFTER   60000	      /* milliseconds */
#define STORE_RETAIN	    2592000	      /* seconds: 30 days */
#define STORE_INDEX_AFTER   500		      /* milliseconds */
#define STORE_INDEX_TEXT    ((size_t)1 << 20) /* bytes of a message */
#define STORE_INDEX_STEP    ((size_t)1 << 18) /* bytes, then it rests */
#define STORE_MERGE_AFTER   3600000 /* milliseconds; erasures do not wait */
#define STORE_CHECKED_BYTES ((int64_t)64 << 20)

enum sql {
	SQL_BEGIN_READ,
	SQL_BEGIN_WRITE,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_ENTER,
	SQL_KEEP,
	SQL_UNDO,
	SQL_APPLICATION,
	SQL_VERSION,
	SQL_OBJECTS,
	SQL_PAGES,
	SQL_CHECK,
	SQL_FTS5,
	SQL_PREPARED, /* those before it need no tables, those after do */
	SQL_PROBE = SQL_PREPARED,
	SQL_BACKUP,
	SQL_SESSION_FIND,
	SQL_SESSION_CREATE,
	SQL_SESSION_FORK,
	SQL_SESSION_RESTORE,
	SQL_SESSION_HISTORY,
	SQL_SESSION_PROFILE,
	SQL_SESSION_CONFIGURE,
	SQL_SESSION_TOUCH,
	SQL_SESSION_EDIT,
	SQL_SESSION_UPDATED,
	SQL_SESSIONS_BY_NAME,
	SQL_SESSIONS_BY_TOUCH,
	SQL_SESSIONS_BY_OWNER,
	SQL_SESSIONS_BY_TAG,
	SQL_OWNER_COUNT,
	SQL_OWNER_ERASE,
	SQL_OWNER_MAINTENANCE,
	SQL_OWNER_FIND,
	SQL_OWNER_CLASH,
	SQL_OWNER_SESSION,
	SQL_OWNERS_DONE,
	SQL_SESSION_EXPIRED,
	SQL_TAG_CREATE,
	SQL_TAGS_COPY,
	SQL_TAGS_ERASE,
	SQL_SESSION_ERASE,
	SQL_SESSION_PURGED,
	SQL_HISTORY_CREATE,
	SQL_HISTORY_END,
	SQL_HISTORY_FROM,
	SQL_HISTORY_AT,
	SQL_HISTORY_BELOW,
	SQL_HISTORY_SEEN,
	SQL_HISTORY_DELETE,
	SQL_HISTORY_REBASE,
	SQL_HISTORY_NARROW,
	SQL_MESSAGE_APPEND,
	SQL_MESSAGE_RESTORE,
	SQL_MESSAGES_UP,
	SQL_MESSAGES_DOWN,
	SQL_MESSAGE_BY_ID,
	SQL_MESSAGE_BY_SEQ,
	SQL_MESSAGES_COUNT,
	SQL_MESSAGES_NTH,
	SQL_AS_OF_NTH,
	SQL_AS_OF_UP,
	SQL_AS_OF_DOWN,
	SQL_AS_OF_BY_ID,
	SQL_AS_OF_BY_SEQ,
	SQL_AS_OF_COUNT,
	SQL_MESSAGE_REPLACE,
	SQL_MESSAGES_RETIRE,
	SQL_MESSAGES_REMOVE,
	SQL_MESSAGES_COPY,
	SQL_IDEMPOTENCY_BY_KEY,
	SQL_IDEMPOTENCY_NEWEST,
	SQL_IDEMPOTENCY_KEEP,
	SQL_IDEMPOTENCY_FREE,
	SQL_IDEMPOTENCY_COUNT,
	SQL_IDEMPOTENCY_ERASE,
	SQL_IDEMPOTENCY_OLDEST,
	SQL_IDEMPOTENCY_RENEW,
	SQL_IDEMPOTENCY_PURGE,
	SQL_MAINTENANCE_ADD,
	SQL_MAINTENANCE_ERASE,
	SQL_ERASURE_BY_NAME,
	SQL_ERASURES_OPEN,
	SQL_MAINTENANCE_DUE,
	SQL_MAINTENANCE_FIRST,
	SQL_MAINTENANCE_SAVE,
	SQL_GC_NEXT_HISTORY,
	SQL_GC_REMAINS,
	SQL_GC_LIVE_ROWS,
	SQL_GC_RETIRED_ROWS,
	SQL_GC_DELETE_LIVE,
	SQL_GC_DELETE_RETIRED,
	SQL_GC_OLDEST,
	SQL_MAINTENANCE_LATER,
	SQL_MAINTENANCE_DONE,
	SQL_FEED_HISTORY,
	SQL_FEED_NEW,
	SQL_FEED_EDITED,
	SQL_FEED_RETIRED,
	SQL_FEED_REMOVED,
	SQL_ERASURE_WORDS,
	SQL_ERASURES_DONE,
	SQL_INDEX_STATE,
	SQL_INDEX_STATE_WRITE,
	SQL_INDEX_NEXT,
	SQL_INDEX_OF_LIVE,
	SQL_INDEX_OF_RETIRED,
	SQL_INDEX_ADD,
	SQL_INDEX_FORGET,
	SQL_INDEX_MERGE,
	SQL_INDEX_DROP,
	SQL_SEARCH,
	SQL_SEARCH_MESSAGE,
	SQL_SEARCH_SESSIONS,
	SQL_STATE_FIND,
	SQL_STATE_ITEMS,
	SQL_STATE_KEEP,
	SQL_STATE_FORGET,
	SQL_ITEMS_FORGET,
	SQL_STATE_LOWER,
	SQL_STATE_COPY,
	SQL_STATES_ERASE,
	SQL_COUNT
};
extern const char *const store_sql[SQL_COUNT];

/* What a connection is; a pragma applies where all bits of `when` are. */
enum {
	STORE_IS_READER = 1,
	STORE_IS_WRITER = 2,
	STORE_IS_LOGGED = 4, /* journal_mode=WAL */
	STORE_IS_UNLOGGED = 8,
	STORE_IS_FULL = 16,
	STORE_IS_NORMAL = 32,
};

/* Set on every connection and read back; ends with a NULL. */
struct store_pragma {
	const char *set;
	const char *get;
	const char *want;
	unsigned when;
};
extern const struct store_pragma store_pragmas[];

struct store_cache;

struct store {
	struct store_options options;
	enum store_mode mode;
	char *path; /* resolved; for the writer */
	int lock;   /* the lock file's descriptor or -1 */
	bool ready; /* opened, and no commit has failed since */
	bool batch; /* between begin and commit or rollback */
	bool unfinished;
	int frames;  /* in the log after the last commit */
	int settled; /* of these, copied into the file */
	bool ballast;
	int64_t due_at;	  /* no maintenance is due before */
	int64_t index_at; /* nor the index */
	bool merging;	  /* the rest waits until all of the index is */
	struct store_words *words;
	sqlite3 *db;
	struct store_cache *cache; /* the writer's */
	sqlite3_stmt *sql[SQL_COUNT];
};

/* --- a statement in use: sqlite.c --------------------------------------- */

/* Starts with query_start(); the first failed binding sticks. */
struct query {
	struct store *store;
	sqlite3_stmt *statement;
	int rc;
};

struct query query_start(struct store *store, enum sql which);
void query_number(struct query *query, int at, int64_t number);
/* The text is borrowed until query_end(). */
void query_text(struct query *query, int at, struct slice text);
void query_blob(struct query *query, int at, struct slice bytes);
/* NULL when empty. */
void query_optional(struct query *query, int at, struct slice text);
/* 1: there is a row; 0: no more; -1. */
int query_step(struct query *query, struct error *error);
int64_t query_get_number(const struct query *query, int column);
/* Borrowed until the next step; empty for NULL. */
struct slice query_get_text(const struct query *query, int column);
void query_end(struct query *query);
/* Steps to the end and ends it. */
int query_run(struct query *query, struct error *error);

/* Describes what SQLite returned, logs the details, is -1. */
int store_failed(struct store *store, int rc, struct error *error);
void store_warn(const struct store *store, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* --- sessions and messages: core/store/sql/session.c, _message.c, _edit.c --
 */

/*
 * Makes a history of the session, to be seen from this version on; `base` is
 * what it begins with, NULL: it is empty.
 */
struct segment;
int store_history_make(struct store *store, struct session *session,
	int64_t from_version, const struct segment *base, struct error *error);
int store_session_show(struct store *store, const struct session *session,
	struct error *error);
int store_mark_make(char mark[MARK_LENGTH + 1], struct error *error);
/* The type alone, without the body's pages; then the whole row. */
enum message_type store_message_type(const struct query *query);
void store_message_read(const struct query *query, struct message_row *row);

/* --- sessions: core/store/sql/session.c, _list.c, _metadata.c, _end.c ----- */

/* The columns that begin every statement which finds sessions. */
void store_read_session(const struct query *query, struct session *out);
#define STORE_SESSION_COLUMNS 14

/* Writes when it was last written to. */
int store_session_touch(struct store *store, struct session *session,
	int64_t at, struct error *error);
/* The erasure of an owner: removes its next session, or ends. */
int store_owner_step(
	struct store *store, int64_t row, int64_t now, struct error *error);
/* ERROR_UNAVAILABLE if the session may not be given to the owner now. */
int store_owner_check(struct store *store, const struct session *session,
	struct slice owner, struct error *error);
/* Sees to it that maintenance comes when it expires. */
void store_expiry_due(struct store *store, const struct session *session);
/* Removes sessions that have expired; *rows is lowered for each looked at. */
int store_expire_step(
	struct store *store, int64_t now, int64_t *rows, struct error *error);

/* Makes the rows of the lists by metadata what the metadata is. */
int store_tags_write(struct store *store, const struct session *session,
	struct slice metadata, struct error *error);
/* A fork begins with the tags of its parent. */
int store_tags_copy(struct store *store, const struct session *parent,
	const struct session *fork, struct error *error);

/* --- what memory classes keep: core/store/sql/memory_state.c
 * -------------------- */

/* Removes what is made of messages from seq `first` on. */
int store_memory_state_forget(struct store *store,
	const struct session *session, int64_t first, struct error *error);
/* A fork has what is made of the messages that it begins with. */
int store_memory_state_copy(struct store *store, const struct session *parent,
	const struct session *fork, struct error *error);

/* --- maintenance: core/store/sql/gc.c ---------------------------------- */

/*
 * Goes through the session's histories when it is due; `again` if a pass that
 * is going on does not count.
 */
int store_gc_schedule(struct store *store, int64_t session, int64_t due_at,
	bool again, struct error *error);
/*
 * Removes the replies that the query deletes and returns, with tenant and
 * whether there is a key, and ends it; *rows is lowered by their number.
 */
int store_idempotency_remove(struct store *store, struct query *query,
	int64_t *rows, struct error *error);
/* Removes replies that are over a day old. */
int store_idempotency_purge(
	struct store *store, int64_t now, int64_t *rows, struct error *error);
#define IDEMPOTENCY_DUE (IDEMPOTENCY_KEPT + 60000) /* some at a time */
/* Maintenance is due at this time. */
void store_due(struct store *store, int64_t due_at);
/* As store_session_erase(), but nobody waits for its bytes. */
int store_session_expire(struct store *store, const struct session *session,
	int64_t now, struct error *error);

/* An erasure has only words of the index left, or nothing. */
int store_erasure_end(struct store *store, int64_t row, struct error *error);

/* --- search: core/store/sqlite/search_index.c, core/store/sqlite/words.c
 * ----------------- */

/* Messages were written. */
void store_index_due(struct store *store, int64_t now);
/* Takes up so many messages, or merges what has been stale for long. */
int store_index_step(
	struct store *store, int64_t now, int64_t rows, struct error *error);
/* Forgets the messages of a bound query of SQL_INDEX_OF_…, and ends it. */
int store_index_forget(struct store *store, struct query *rows, int64_t now,
	struct error *error);
/* Are there words in it that no message has any more? */
int store_index_is_stale(struct store *store, bool *stale, struct error *error);
/* Merges about so many pages; when it has ended there are none. */
int store_index_merge(struct store *store, int64_t pages, struct error *error);
/* Goes on with a merge; drops what is there if search is off. */
int store_index_open(struct store *store, struct error *error);

#define SEARCH_PARTS_MAX 64  /* words and phrases of a query */
#define SEARCH_WORDS_MAX 256 /* in all of these */

/* The tokenizer and the rank, of every connection. */
int store_words_open(struct store *store, struct error *error);
void store_words_close(struct store *store);
/* Calls `each` as FTS5 does, for a reason of its own: FTS5_TOKENIZE_…. */
int store_words_each(struct store *store, struct slice text, int why,
	int (*each)(void *context, int flags, const char *word, int length,
		int start, int end),
	void *context, struct error *error);

/* --- the file: core/store/sqlite/file.c --------------------------------------
 */

/* Makes the file, takes its lock, refuses file systems; sets store->path. */
int store_file_take(struct store *store, struct error *error);
void store_file_leave(struct store *store);
/* ERROR_STORAGE when less than the floor is free. */
int store_file_room(struct store *store, struct error *error);
/* Removes the ballast; true if there was one. */
bool store_ballast_release(struct store *store);
/* Makes the ballast if it is missing and there is room for it. */
void store_ballast_make(struct store *store);

/* --- the connection: core/store/sqlite/connect.c, core/store/sqlite/scrub.c
 * ------- */

/* Opens store->db with every limit, switch and pragma that it must have. */
int store_connect(struct store *store, struct error *error);
/* The reason why it cannot be opened, in SQLite's words; -1. */
int store_open_failed(struct store *store, struct error *error);
int store_run(struct store *store, const char *sql, struct error *error);
/* The first value of the first row, as text, cut to fit; "" for none. */
int store_ask(struct store *store, const char *sql, char answer[32],
	struct error *error);
int store_ask_number(
	struct store *store, enum sql which, int64_t *out, struct error *error);

#define STORE_VFS "chatmem"
/* Makes the VFS that leaves no deleted bytes in the file; once. */
bool store_scrub_register(void);

/* --- the log: core/store/sqlite/log.c ------------------------------------- */

/* Counts the frames of every commit from now on. */
void store_log_watch(struct store *store);

/* --- the writer's sessions: core/store/sql/session_cache.c
 * ------------------------ */

int store_cache_new(struct store *store, struct error *error);
void store_cache_free(struct store *store);
bool store_cache_find(struct store *store, struct slice tenant,
	struct slice name, struct session *out);
/* Keeps a session just read or made; sets session->key. */
void store_cache_put(struct store *store, struct slice tenant,
	struct slice name, struct session *session);
/* The session was changed in this member. */
void store_cache_changed(struct store *store, const struct session *session);
/* The session is no more; many are. */
void store_cache_drop(struct store *store, const struct session *session);
void store_cache_drop_all(struct store *store);
/* A member begins, is undone; the whole batch begins, is undone. */
void store_cache_enter(struct store *store);
void store_cache_undo(struct store *store);
void store_cache_begin(struct store *store);
void store_cache_undo_all(struct store *store);

#endif
