/* SPDX-License-Identifier: MIT */
/*
 * sql.h - what the files of the store's logic share.
 *
 * A statement is used through a query, which is ended on every path; so no
 * statement outlives a call.
 */
#ifndef CORE_STORE_SQL_SQL_H
#define CORE_STORE_SQL_SQL_H

#include "core/store/engine.h"
#include "core/store/hold.h"
#include "core/store/idempotency.h"
#include "core/store/lists.h"
#include "core/store/sql/epoch.h"
#include "core/store/sql/expect_newest.h"
#include "core/store/sql/recent.h"
#include "core/store/sql/rows.h"
#include "core/store/sql/usage.h"
#include "schema/error.h"

#define STORE_TOUCH_AFTER 60000 /* milliseconds */
#define STORE_INDEX_AFTER 500	/* milliseconds */

/* Of a list: a remote engine gives so many rows first, then so many bytes. */
#define STORE_PIECE_ROWS  32
#define STORE_PIECE_BYTES ((int64_t)1 << 20)

/*
 * The common texts, by subject; each statement is in one of these tables.  The
 * file of a table says what a statement is given and what its columns are.
 */
extern const char *const archive_sql[SQL_COUNT];
extern const char *const as_of_sql[SQL_COUNT];
extern const char *const batch_sql[SQL_COUNT];
extern const char *const change_feed_sql[SQL_COUNT];
extern const char *const check_sql[SQL_COUNT];
extern const char *const checksum_fill_sql[SQL_COUNT];
extern const char *const copy_on_write_sql[SQL_COUNT];
extern const char *const edit_sql[SQL_COUNT];
extern const char *const epoch_sql[SQL_COUNT];
extern const char *const erase_sql[SQL_COUNT];
extern const char *const erased_sql[SQL_COUNT];
extern const char *const expect_sql[SQL_COUNT];
extern const char *const expect_sessions_sql[SQL_COUNT];
extern const char *const expiry_sql[SQL_COUNT];
extern const char *const find_ids_sql[SQL_COUNT];
extern const char *const fork_sql[SQL_COUNT];
extern const char *const gc_history_sql[SQL_COUNT];
extern const char *const gc_sql[SQL_COUNT];
extern const char *const history_sql[SQL_COUNT];
extern const char *const idempotency_purge_sql[SQL_COUNT];
extern const char *const idempotency_sql[SQL_COUNT];
extern const char *const item_sessions_sql[SQL_COUNT];
extern const char *const list_sql[SQL_COUNT];
extern const char *const maintenance_sql[SQL_COUNT];
extern const char *const memory_state_sql[SQL_COUNT];
extern const char *const message_sql[SQL_COUNT];
extern const char *const owner_sql[SQL_COUNT];
extern const char *const response_sql[SQL_COUNT];
extern const char *const restore_sql[SQL_COUNT];
extern const char *const rows_sql[SQL_COUNT];
extern const char *const schedule_sql[SQL_COUNT];
extern const char *const seal_fill_sql[SQL_COUNT];
extern const char *const search_sql[SQL_COUNT];
extern const char *const segment_sql[SQL_COUNT];
extern const char *const session_find_sql[SQL_COUNT];
extern const char *const session_sql[SQL_COUNT];
extern const char *const settle_sql[SQL_COUNT];
extern const char *const stuck_sql[SQL_COUNT];
extern const char *const tags_sql[SQL_COUNT];
extern const char *const usage_count_sql[SQL_COUNT];
extern const char *const usage_sql[SQL_COUNT];
/* Gives the text of each statement that an engine prepares. */
void store_texts(const struct engine_ops *ops, const char *texts[SQL_COUNT]);

struct store_cache;
struct store_expectations;
struct maintenance_row;

/* The last seq of a session that this batch appended to. */
struct settle_seq {
	int64_t session;
	int64_t last_seq, appended_at;
	int64_t seq_before, at_before; /* this member; 0: not in this batch */
	uint64_t member;	       /* that appended last */
};

struct settle_list {
	struct settle_seq *seqs;
	size_t count, capacity;
	uint64_t member;
};

/* Maintenance that meets a damaged page: stuck.c. */
struct stuck {
	int64_t row;	 /* that is to be put aside; 0: none */
	int64_t session; /* of the row; 0: it is part of an owner's */
	bool careful;	 /* the last step met damage: one thing a step */
	unsigned parts;	 /* of maintenance.c, that are left out */
	bool retried;	 /* what the last process put aside */
	bool receipts;	 /* cannot be removed */
};

/* Their newest message is lost: a batch run again does not ask for its time. */
#define SHUNNED_MOST 4
struct shunned {
	uint64_t keys[SHUNNED_MOST]; /* store_session_key(); 0: none */
	bool owners;		     /* nor does the count of an owner's */
	unsigned turn;		     /* the place that the next one takes */
};

/* Checksums are filled in: checksum_fill.c. */
struct filling {
	int64_t most; /* rows of a step: a damaged page is near; 0: any */
	int64_t pass; /* ids that are passed: they are on one */
	bool ended;   /* all rows have theirs, or cannot get it */
};

struct store {
	struct engine *engine;
	const struct engine_ops *ops; /* the engine's */
	struct store_options options;
	enum store_mode mode;
	bool batch; /* between begin and commit or rollback */
	bool unfinished;
	bool retries; /* see store_retries() */
	struct shunned shunned;
	int64_t due_at;		/* no maintenance is due before */
	struct stuck stuck;	/* the writer's */
	int64_t held_from;	/* see store_hold() */
	struct filling filling; /* the writer's */
	bool sealed;		/* the writer's: seal_fill.c has ended */
	struct store_epochs epochs;
	struct store_cache *cache;	/* the writer's */
	struct recent_reading *reading; /* with options.recent; or NULL, */
	struct recent_writing *writing; /* as the writer's */
	struct settle_list settle;
	struct usage_list usage;		 /* the writer's */
	struct store_expectations *expectations; /* of the batch; or NULL */
	struct expected_newest newest;		 /* a reader's */
	const char *texts[SQL_COUNT];
};

/* Every statement begins here: statements.c. */
void store_start(struct store *store, enum sql which, struct query_most most,
	struct query *query);

/* How this engine reads a list of values. */
static inline const struct engine_value_list *store_value_list(
	const struct store *store)
{
	return store->ops->lists ? store->ops->lists->values : &value_list_json;
}

/* A statement that reads so many rows at most. */
static inline struct query query_rows(
	struct store *store, enum sql which, int64_t rows)
{
	struct query query;

	store_start(store, which, (struct query_most){ .rows = rows }, &query);
	return query;
}

/* A statement that writes, or reads one row. */
static inline struct query query_start(struct store *store, enum sql which)
{
	return query_rows(store, which, 1);
}

/* Hints, before what they protect is read. */
static inline void store_lock_history(
	struct store *store, int64_t history, enum engine_lock how)
{
	if (store->ops->lock_history)
		store->ops->lock_history(store->engine, history, how);
}

static inline void store_lock_owner(struct store *store,
	const struct engine_owner *owner, enum engine_lock how)
{
	if (store->ops->lock_owner && owner->owner.length)
		store->ops->lock_owner(store->engine, owner, how);
}

/* --- sessions: session.c, erase.c ----------------------------------------- */

/* The row of this name, though its session may be gone. */
int store_session_look_up(struct store *store, struct session_ref ref,
	struct session *out, struct error *error);
/* Writes when it was last written to. */
int store_session_touch(struct store *store, struct session *session,
	int64_t at, struct error *error);
/* Writes what an edit changes of the session's row. */
int store_session_write(struct store *store, const struct session *session,
	struct error *error);
/*
 * Makes a history of the session, to be seen from this version on; `base` is
 * what it begins with, NULL: it is empty.
 */
struct segment;
int store_history_make(struct store *store, struct session *session,
	int64_t from_version, const struct segment *base, struct error *error);
/* The session shows the history that was made for it. */
int store_session_show(struct store *store, const struct session *session,
	struct error *error);
/* Copies the profile; `to` borrows its texts from `buf`. */
int store_profile_copy(const struct session_profile *from, struct text *buf,
	struct session_profile *to, struct error *error);
/*
 * Notes in the journal that the session is erased, or, when it is imported
 * again, that it is not, whatever epoch its mark is of.
 */
int store_erased_note(struct store *store, const struct session *session,
	int64_t now, struct error *error);
int store_erased_forget(struct store *store, const struct session *session,
	struct error *error);
/*
 * Removes the receipts of sessions that are out of the tables, if there are any
 * (1; else 0); between batches, when their bytes are gone.  Until then a
 * request that comes again finds them.
 */
int store_erase_forget(struct store *store, struct error *error);
/* As store_session_erase(), but nobody waits for its bytes. */
int store_session_expire(struct store *store, const struct session *session,
	int64_t now, struct error *error);
enum taken_column { TAKEN_TENANT, TAKEN_NAME };
/*
 * Takes the session whose tenant and name the query's first row has, and ends
 * it.  1: there was a row; 0; -1, with its id in *out if that is damaged.
 */
int store_take_first(struct store *store, struct query *query, int64_t now,
	struct session *out, struct error *error);

/* --- what a batch expects: expect.c, expectations.c ----------------------- */

void store_expect_end(struct store *store);
/* It is known not to be there; false: it may be. */
bool store_expect_no_session(struct store *store, struct session_ref ref);
bool store_expect_no_record(struct store *store, struct idempotency_key key);
/* No record without a key has this digest. */
bool store_expect_no_newest(
	struct store *store, int64_t session, struct slice digest);
bool store_expect_no_id(
	struct store *store, const struct session *session, struct slice id);
/* The session's profile; NULL: it is not known. */
const struct session_profile *store_expect_profile(
	struct store *store, int64_t session);
/* The tenant's records, to be counted on; NULL: it is not known. */
int64_t *store_expect_count(struct store *store, struct slice tenant);
/* Something was made: `empty` if the session began without messages. */
void store_expect_made(struct store *store, struct session_ref ref,
	const struct session *session, bool empty);
void store_expect_kept(struct store *store, struct idempotency_key key,
	const struct idempotency_record *record);
void store_expect_appended(
	struct store *store, int64_t session, struct slice id);
void store_expect_configured(struct store *store, int64_t session,
	const struct session_profile *profile);
/* The member at hand is undone. */
void store_expect_undo(struct store *store);

/* --- last seqs: settle.c -------------------------------------------------- */

/* The session has a new last seq, which its row is to say in the end. */
int store_settle_note(struct store *store, const struct session *session,
	struct error *error);
/* The member at hand is undone. */
void store_settle_undo(struct store *store);
/* Before the commit. */
int store_settle(struct store *store, struct error *error);
/* The row was read, which lags behind what this batch appended. */
void store_settle_correct(const struct store *store, struct session *session);

/* --- tags: tags.c --------------------------------------------------------- */

/* Makes the rows of the lists by metadata what the metadata is. */
int store_tags_write(struct store *store, const struct session *session,
	struct slice metadata, struct error *error);
int store_tags_erase(struct store *store, const struct session *session,
	struct error *error);
/* A fork begins with the tags of its parent. */
int store_tags_copy(struct store *store, const struct session *parent,
	const struct session *fork, struct error *error);

/* --- what memory classes keep: memory_state.c ----------------------------- */

/* A fork has what is made of the messages that it begins with. */
int store_memory_state_copy(struct store *store, const struct session *parent,
	const struct session *fork, struct error *error);
/* Removes so many of a session that is no more; *count: so many it found. */
int store_memory_state_erase(struct store *store, int64_t session, int64_t most,
	int64_t *count, struct error *error);

/* --- responses: response.c ------------------------------------------------ */

/* Removes so many of a session that is no more; *count: so many it found. */
int store_response_erase(struct store *store, int64_t session, int64_t most,
	int64_t *count, struct error *error);
/* Removes some that have expired; *rows is lowered for them. */
int store_response_purge(
	struct store *store, int64_t now, int64_t *rows, struct error *error);

/* --- idempotency records: idempotency.c ----------------------------------- */

#define IDEMPOTENCY_DUE (IDEMPOTENCY_KEPT + 60000) /* some at a time */
/* Counts so many more of the tenant's. */
int store_idempotency_count(struct store *store, struct slice tenant,
	int64_t more, struct error *error);
/* Removes those of a session that is no more; *rows is lowered for each. */
int store_idempotency_erase(struct store *store, int64_t session, int64_t *rows,
	struct error *error);
/* Removes those that are over a day old. */
int store_idempotency_purge(
	struct store *store, int64_t now, int64_t *rows, struct error *error);

/* --- what is due: schedule.c ---------------------------------------------- */

/* Maintenance is due at this time. */
void store_due(struct store *store, int64_t due_at);
/* Sees to it that maintenance comes when it expires. */
void store_expiry_due(struct store *store, const struct session *session);
/* Maintenance is done in this order; the numbers are in the table. */
enum maintenance_stage {
	STAGE_OWNED = 1, /* a session of an owner that is being erased */
	STAGE_ERASURE,	 /* somebody waits for it, */
	STAGE_WORDS,	 /* and then for the index; never due: for the log */
	STAGE_TIMED,	 /* at its time */
};
/*
 * Goes through the session's histories when it is due; `again` if a pass that
 * is going on does not count.
 */
int store_gc_schedule(struct store *store, int64_t session, int64_t due_at,
	bool again, struct error *error);
/* The same for a session that goes with its owner: before all else. */
int store_gc_schedule_owned(
	struct store *store, int64_t session, int64_t now, struct error *error);

/* Meets an error in this row of maintenance, which may be damage. */
void store_stuck_note(struct store *store, const struct maintenance_row *row,
	const struct error *error);
/* The first thing of a step; 1: such a row is put aside, which is all of it. */
int store_stuck_settle(struct store *store, struct error *error);

/* --- steps of maintenance: owner.c, expiry.c ------------------------------ */

/* Removes the next session of the owner of this row; 1; 0: it has none; -1. */
int store_owner_step(
	struct store *store, int64_t row, int64_t now, struct error *error);
/* Removes sessions that have expired; *rows is lowered for each looked at. */
int store_expire_step(
	struct store *store, int64_t now, int64_t *rows, struct error *error);

/*
 * Gives a checksum to so many rows at most that were written before there were
 * any.  After ERROR_DAMAGED the next call goes around what was met.
 */
int store_checksum_fill(struct store *store, int64_t most, struct error *error);
/* The same for so many sessions, or histories. */
int store_seal_fill(struct store *store, int64_t most, struct error *error);

/* --- the index of words, where the engine has one ------------------------- */

/* Messages were written. */
void store_index_due(struct store *store, int64_t now);

/* These rows are about to go. */
static inline int store_index_forget(struct store *store,
	const struct engine_rows *rows, int64_t now, struct error *error)
{
	return store->ops->forget
		       ? store->ops->forget(store->engine, rows, now, error)
		       : 0;
}

/* Are there words in it that no message has any more? */
static inline int store_index_is_stale(
	struct store *store, bool *stale, struct error *error)
{
	*stale = false;
	return store->ops->is_stale
		       ? store->ops->is_stale(store->engine, stale, error)
		       : 0;
}

#endif
