/* SPDX-License-Identifier: MIT */
/*
 * engine.h - what a database must do for the store.
 *
 * core/store/sql knows what a session, a history and a fork are and asks in
 * SQL; an engine carries the statements out.  It is one folder, one struct
 * engine_ops and one row in engines.c.  A slot "must" be, or "may": or NULL.
 *
 * An engine's handle belongs to one thread.  Nothing here knows a network, but
 * nothing forbids one: a statement that wants no answer may wait, and the rows
 * of the others come in pieces.  The claim of a row of maintenance needs no
 * slot: SQL_MAINTENANCE_FIRST is overridden where several processes do it.
 */
#ifndef CORE_STORE_ENGINE_H
#define CORE_STORE_ENGINE_H

#include "core/store/search_text.h"
#include "core/store/statements.h"
#include "core/store/store.h"
#include "schema/json/scan.h"

struct engine_ops;
struct migration_plan;
struct restoring;
struct store_figures;
struct store_version;

/*
 * The index of words as both sides see it.  The store sets `due_at` earlier
 * when it wrote messages; whatever else is due waits while `merging`.
 */
struct engine_index {
	int64_t due_at; /* INT64_MAX: nothing is to be done, or there is none */
	bool merging;	/* words of what was erased are being removed */
	bool damaged;	/* as the last find or fill met it: to be made anew */
};

/* An engine's own struct begins with this. */
struct engine {
	const struct engine_ops *ops;
	struct store_options options;
	enum store_mode mode;
	struct engine_index index;
	struct json_scratch scratch; /* of all its scans; close clears it */
	bool estranged; /* others may have written: a begin says so, or fails */
	bool no_undo;	/* see store_expect_no_undo() */
	bool frees;	/* see store_begin_freeing(); of a begin */
	bool sole;	/* of a read: its next answer is all; begin clears it */
};

/* --- a statement in use ----------------------------------------------- */

/*
 * Begun by start, ended by end, run, run_counting or insert, on every path.
 * Several may be open at once, but each SQL_… only once.  Bound values
 * are borrowed until the end; an engine whose run waits copies them.  The first
 * failed binding sticks and is what the next call fails with.
 */
struct query {
	const struct engine_ops *ops;
	struct engine *engine;
	void *statement; /* the engine's */
	int state;	 /* the engine's */
	bool more;	 /* step gave 0 at the end of a piece only */
};

/* The most that the caller takes of the rows; 0: it does not know. */
struct query_most {
	int64_t rows;
	int64_t bytes;
};

enum engine_commit {
	COMMIT_DONE,	/* on the disk, or where it is safe */
	COMMIT_NOTHING, /* rolled back */
	COMMIT_UNKNOWN, /* one of these */
};

/* --- locks ------------------------------------------------------------- */

/* Shared by those that refer to a thing; its own for one that takes it away. */
enum engine_lock { LOCK_SHARED, LOCK_OWN };

/* An owner, by its tenant or by a session of that tenant. */
struct engine_owner {
	struct slice tenant;
	int64_t session; /* 0: the tenant is said */
	struct slice owner;
};

/* --- search ----------------------------------------------------------- */

/* A text that is split as the index does, and what it is. */
struct engine_text {
	struct slice text;
	enum { WORDS_OF_TEXT, WORDS_OF_QUERY, WORDS_OF_PREFIX } of;
};

/* Is called for each word, at this byte; returns 0, or 1 to stop. */
struct word_visitor {
	int (*visit)(void *context, struct slice word, size_t start);
	void *context;
};

/* Rows of one history that are about to go; those that a fork sees stay. */
struct engine_rows {
	bool retired; /* else live ones */
	int64_t history;
	int64_t after; /* retired: retired_at and id; live: seq */
	int64_t after_id;
	int64_t upto; /* the last of them */
	int64_t upto_id;
	bool archived; /* retired: also those that are archived */
};

#define SEARCH_PARTS_MAX 64 /* words and phrases of a query */

struct engine_search {
	const struct search_part *parts; /* each with a word at least */
	size_t part_count;
	struct slice tenant;
	const int64_t *histories; /* only in these; */
	size_t history_count;	  /* 0: in all of the tenant */
	int64_t steps;		  /* as in struct search_query */
};

/* A message that has it all, as its key. */
struct engine_hit {
	int64_t history;
	int64_t seq;
	int64_t born;
};

/* Is called for each hit; returns 0, 1 to stop, or -1. */
struct hit_visitor {
	int (*visit)(void *context, const struct engine_hit *hit,
		struct error *error);
	void *context;
};

/* --- the table -------------------------------------------------------- */

struct engine_ops {
	/* May: texts in place of the common ones, by enum sql; NULL: those. */
	const char *const *overrides;
	/*
	 * Others write to the tables too: what was read of a session is true
	 * for one batch, and its row must say its last seq.
	 */
	bool shared;

	/*
	 * Must.  Opens the database, which STORE_WRITE makes and brings up to
	 * date; *out is to be closed.  Borrows SQL_COUNT texts until then.
	 */
	int (*open)(struct engine **out, const struct store_options *options,
		enum store_mode mode, const char *const *texts,
		struct error *error);
	/* Must.  Never called within a batch. */
	void (*close)(struct engine *engine);
	/* Must.  Can it take a write? */
	int (*ready)(struct engine *engine, struct error *error);
	/* May; see store_durability(). */
	const char *(*durability)(const struct engine *engine);
	/* May; see store_upkeep(). */
	int (*upkeep)(struct engine *engine, enum store_upkeep how,
		struct error *error);
	/* May, within a read; fills what it knows: see store_figures(). */
	void (*figures)(struct engine *engine, struct store_figures *figures);
	/* May; see store_backup() and store_note_backup(). */
	int (*backup)(
		struct engine *engine, const char *path, struct error *error);
	int (*note_backup)(
		struct engine *engine, int64_t at, struct error *error);
	/* May; these three, and within a batch store_pack(), say what. */
	int (*restore)(const struct store_options *options,
		struct restoring *restoring, struct error *error);
	int (*plan)(const struct store_options *options,
		struct migration_plan *plan, struct error *error);
	int (*salvage)(
		struct engine *engine, const char *path, struct error *error);
	int (*pack)(struct engine *engine, int64_t now, int64_t rows,
		int64_t *due_at, struct error *error);
	/*
	 * May.  Visits, as sentences, what is wrong with the database itself,
	 * beneath its rows; `visit` gives 0 to go on and 1 to stop.
	 */
	int (*check)(struct engine *engine,
		int (*visit)(void *context, struct slice finding),
		void *context, struct error *error);
	/*
	 * May.  Makes the tables of what tenants keep anew, and empty, though
	 * their pages cannot be read; never called within a batch.
	 */
	int (*renew_usage)(struct engine *engine, struct error *error);

	/* Must.  A handle for reading sees one state until the rollback. */
	int (*begin)(struct engine *engine, struct error *error);
	/* Must; `error` is set unless it is COMMIT_DONE. */
	enum engine_commit (*commit)(
		struct engine *engine, struct error *error);
	/* Must; also when the batch is lost already. */
	void (*rollback)(struct engine *engine);
	/* Must.  A member begins. */
	int (*enter)(struct engine *engine, struct error *error);
	/*
	 * Must.  It ends, and is undone unless it is to be kept.  An engine
	 * that cannot undo what it has written may lose the batch.
	 */
	int (*leave)(struct engine *engine, bool keep, struct error *error);
	/* Must.  Has the batch ended behind our back? */
	bool (*lost)(const struct engine *engine);
	/*
	 * May.  True when that was others' doing, or the connection's: it may
	 * go well if it is run again.
	 */
	bool (*again)(const struct engine *engine);

	/*
	 * May.  Milliseconds since 1970, of the batch if there is one; without
	 * it this machine's clock is everybody's.
	 */
	int64_t (*now)(struct engine *engine);

	/* Must.  Cannot fail by itself: the first step or run does. */
	void (*start)(struct engine *engine, enum sql which,
		struct query_most most, struct query *query);
	/* Must. */
	void (*bind_number)(struct query *query, int at, int64_t number);
	void (*bind_text)(struct query *query, int at, struct slice text);
	void (*bind_blob)(struct query *query, int at, struct slice bytes);
	void (*bind_null)(struct query *query, int at);
	/*
	 * Must.  1: there is a row; 0: no more; -1.  After the most rows or
	 * bytes it may give 0 and set query->more: the caller goes on with a
	 * new statement behind the last row.
	 */
	int (*step)(struct query *query, struct error *error);
	/* Must.  Of the row at hand; NULL is 0, or empty. */
	int64_t (*number)(const struct query *query, int column);
	/* Borrowed until the next step. */
	struct slice (*text)(const struct query *query, int column);
	/* Must. */
	void (*end)(struct query *query);
	/*
	 * Must.  Ends it without an answer: it may wait until the next step,
	 * run_counting or commit, and what it fails with is then theirs.
	 */
	int (*run)(struct query *query, struct error *error);
	/* Must.  The rows that it wrote or deleted. */
	int (*run_counting)(
		struct query *query, int64_t *rows, struct error *error);
	/*
	 * Must.  Inserts one row and gives its id, which the engine draws: by
	 * the insert, or before, so that the insert may wait.
	 */
	int (*insert)(struct query *query, int64_t *id, struct error *error);
	/*
	 * May.  An id for a session or a history that is to be inserted,
	 * greater than those before it, so that the insert may wait.
	 */
	int64_t (*draw)(struct engine *engine);
	/*
	 * May.  The statement is bound, and its answer may come with the next
	 * one that is waited for.  Others of the same SQL_… may then be open.
	 */
	void (*ahead)(struct query *query);

	/*
	 * May, both or none: locks until the batch ends.  Asked for before the
	 * rows are read that others might take away meanwhile; a lock may wait
	 * as a run does.  An owner's keeps its erasure and its new sessions
	 * apart, a history's the deletion of its rows and new histories that
	 * begin with it.
	 */
	void (*lock_owner)(struct engine *engine,
		const struct engine_owner *owner, enum engine_lock how);
	void (*lock_history)(
		struct engine *engine, int64_t history, enum engine_lock how);

	/* May; see store_versions(). */
	int (*versions)(struct engine *engine, const struct session_ref *refs,
		size_t count, struct store_version *out, struct error *error);
	/* May: hints.h, turns.h: without them there is one process; lists.h. */
	const struct engine_hints *hints;
	const struct engine_turns *turns;
	const struct engine_lists *lists;

	/* May, all or none: an index of words, if options.search. */
	/* Takes up so many messages, or removes what has been stale long. */
	int (*fill)(struct engine *engine, int64_t now, int64_t rows,
		struct error *error);
	/* Before these rows go.  Their words may be found until a merge. */
	int (*forget)(struct engine *engine, const struct engine_rows *rows,
		int64_t now, struct error *error);
	/* Does it keep words of what is no more? */
	int (*is_stale)(
		struct engine *engine, bool *stale, struct error *error);
	/* Removes some of these, unless index.merging is then false: all. */
	int (*merge)(struct engine *engine, int64_t rows, struct error *error);
	/* The best of the newest first. */
	int (*find)(struct engine *engine, const struct engine_search *what,
		struct hit_visitor visitor, struct error *error);
	/* Splits the text. */
	int (*words)(struct engine *engine, struct engine_text text,
		struct word_visitor visitor, struct error *error);
};

/* Messages are to be taken up at this time. */
static inline void engine_index_due(struct engine *engine, int64_t at)
{
	if (engine->options.search && at < engine->index.due_at)
		engine->index.due_at = at;
}

/* --- the slots of a statement, spelled shorter ------------------------- */

static inline void query_number(struct query *query, int at, int64_t number)
{
	query->ops->bind_number(query, at, number);
}

static inline void query_text(struct query *query, int at, struct slice text)
{
	query->ops->bind_text(query, at, text);
}

static inline void query_blob(struct query *query, int at, struct slice bytes)
{
	query->ops->bind_blob(query, at, bytes);
}

/* NULL when empty. */
static inline void query_optional(
	struct query *query, int at, struct slice text)
{
	if (text.length)
		query->ops->bind_text(query, at, text);
	else
		query->ops->bind_null(query, at);
}

static inline int query_step(struct query *query, struct error *error)
{
	return query->ops->step(query, error);
}

static inline int64_t query_get_number(const struct query *query, int column)
{
	return query->ops->number(query, column);
}

static inline struct slice query_get_text(const struct query *query, int column)
{
	return query->ops->text(query, column);
}

static inline void query_end(struct query *query)
{
	query->ops->end(query);
}

static inline int query_run(struct query *query, struct error *error)
{
	return query->ops->run(query, error);
}

static inline int query_run_counting(
	struct query *query, int64_t *rows, struct error *error)
{
	return query->ops->run_counting(query, rows, error);
}

/* A hint: it is asked for ahead of the first step. */
static inline void query_ahead(struct query *query)
{
	if (query->ops->ahead)
		query->ops->ahead(query);
}

static inline int query_insert(
	struct query *query, int64_t *id, struct error *error)
{
	return query->ops->insert(query, id, error);
}

/* --- the engines ------------------------------------------------------ */

/* An engine, and how the URLs of its stores begin: "" for a plain path. */
struct engine_row {
	const char *scheme;
	const struct engine_ops *ops; /* NULL: it is not built in */
};
/* All of them, in engines.c; the last is the one of plain paths. */
extern const struct engine_row store_engines[];

extern const struct engine_ops engine_sqlite;
extern const struct engine_ops engine_postgresql; /* if it is built in */

#endif
