/* SPDX-License-Identifier: MIT */
/*
 * postgresql.h - the engine PostgreSQL, 15 and later, inside.
 *
 * A handle is a connection in pipeline mode.  A statement that wants no answer
 * waits in a queue; the next statement that wants one, or the commit, sends all
 * of it in one round trip.  Nothing needs LISTEN, an advisory lock, a savepoint
 * or a prepared statement, so that poolers may stand between.
 */
#ifndef CORE_STORE_POSTGRESQL_POSTGRESQL_H
#define CORE_STORE_POSTGRESQL_POSTGRESQL_H

#include "core/store/engine.h"

#include <libpq-fe.h>

#define PG_PARAMETERS_MAX 20
/* Ids of sessions and histories are drawn so many at a time. */
#define ID_BLOCK	1000 /* the increment of the sequence store_id */
#define PG_PREPARED_MAX 128
#define PG_NAME		32 /* of a prepared statement, with its '\0' */

/*
 * The kinds of what may be bound.  Texts and bytes look alike on the wire, and
 * the server takes them for what the statement wants there.
 */
enum pg_type { PG_NULL, PG_NUMBER, PG_BYTES };

/* A bound value; borrowed until the statement is sent or has to wait. */
struct pg_value {
	enum pg_type type;
	int64_t number;
	struct slice bytes;
};

/* A statement, in the queue or not, and its answer. */
struct pg_statement {
	struct pg_statement *next;
	const char *text;
	struct pg_value bound[PG_PARAMETERS_MAX];
	int count; /* of these: the last bound one */
	struct text
		kept; /* what `text` or `bound` point into, if it must last */
	const char *lock;  /* the statement that goes before it, or NULL */
	bool writes;	   /* for a member */
	bool prepares;	   /* its plan is for any values, and kept */
	bool is_preparing; /* and is made now: there is an answer to that */
	uint64_t digest;   /* of text and types, if it prepares */
	bool forgets;	   /* all that is prepared */
	bool queued;
	bool waited_for;  /* somebody has it and takes the answer; else a run */
	PGresult *result; /* NULL: not answered */
	int row;	  /* the next */
	bool is_part;	  /* its result is another one's */
	int end;	  /* of a part: the row behind it */
	int64_t piece;	  /* at most so many come; -1: all */
	int further;	  /* pg_seal_column(): its sums are compared here */
};

/* The statements that only this engine has: statements.c. */
enum pg_own {
	PG_APPEND_ALL,
	PG_NEWEST,
	PG_WORDS_DUE,
	PG_WORDS_DONE,
	PG_WORDS_ADD,
	PG_WORDS_COUNT,
	PG_FORGET_LIVE,
	PG_FORGET_RETIRED,
	PG_WORDS_FIND,
	PG_VERSIONS,
	PG_TURN_JOIN,
	PG_TURN_LOOK,
	PG_TURN_LIVE,
	PG_TURN_PASS,
	PG_TURN_LEAVE,
	PG_TURN_END,
	PG_TURN_CHECK,
	PG_OWN_COUNT
};

/* The statements that the connection has prepared. */
struct pg_prepared {
	bool own;      /* the connection is ours alone */
	bool is_wrong; /* it has others */
	int refusals;
	int64_t since;
	uint64_t digests[PG_PREPARED_MAX];
	size_t count;
};

#define PG_HOSTS_LISTS 3

/* The hosts of a URL, its service or the environment. */
struct pg_hosts {
	char *lists[PG_HOSTS_LISTS]; /* with commas between; or NULL */
	size_t count;		     /* 0: not known yet */
};

/* Why a connection was not made. */
struct pg_reason {
	int64_t seconds; /* to find it out by steps: the caller's */
	char line[300];	 /* as the server and the library say it */
	const char *advice;
	bool is_final; /* it is no other one in a while */
};

struct postgresql {
	struct engine base;
	PGconn *connection;
	struct pg_prepared prepared;
	bool started; /* its errors are for clients now, not for an operator */
	struct pg_hosts hosts;
	size_t attempt;		 /* to connect: each begins at another host */
	struct pg_reason reason; /* at a start */
	char *texts[SQL_COUNT];	 /* with $1 for ?1 */
	char *own[PG_OWN_COUNT];

	struct pg_statement *first; /* of the queue */
	struct pg_statement **end;
	struct pg_statement **member; /* where the member's own begin */
	int owed; /* answers to rollbacks that nobody has waited for */

	bool batch; /* between begin and commit or rollback */
	bool open;  /* and the server knows of it */
	bool lost;
	bool again;   /* it may go well next time */
	bool sent;    /* something that this member writes */
	bool ended;   /* a read, with an answer that was to be all */
	bool keeps;   /* the next read is not to end so */
	bool hurries; /* a search: its statement has little time */
	int members;
	int64_t number;	  /* of the last batch, in the process's row */
	int64_t now;	  /* of the batch; 0: not asked yet */
	int64_t asked_at; /* CLOCK_BOOTTIME; 0: the clock is not known */
	int64_t ahead;	  /* of that, in milliseconds */
	struct pg_statement *greeting; /* the batch's own question */
	bool unconfirmed; /* the server warned that a commit is only its own */
	const char *promise; /* of a commit: pg_durability() */
	const char *setting; /* for each batch, so that it holds; or NULL */

	struct fts_tokenizer *tokenizer;

	char process[40];	  /* the id of this process's row */
	int64_t next_id, last_id; /* drawn already */
	int64_t waits;		  /* round trips so far */
	char wait[24];		  /* options.wait_ms */
	int64_t gone_at;	  /* when it was not there first; 0: it is */
	bool fresh;	 /* a new connection, on which no batch is done */
	int64_t tidy_at; /* CLOCK_MONOTONIC in ms; 0: not done yet */
};

static inline struct postgresql *pg_of(struct engine *engine)
{
	return (struct postgresql *)(void *)engine;
}

/*
 * All of a list, read once.  Of a limit that it does not know the planner
 * expects few rows: else it reads whole tables for the list's sake.  It takes
 * unnest() for ten rows, and others for a hundred or more.
 */
#define IN_ALL(list) " LIMIT (SELECT cardinality(" list "))"
/*
 * The sessions of ?1, their tenants, and ?2, their names, with their places
 * from 1; `lists` and `columns` are more of them.  The range is of the index of
 * names: of a table that has just been made the planner takes any that has the
 * tenant, and goes on so while the table grows.
 */
#define OF_NAMED(lists, columns)                                            \
	" FROM (SELECT * FROM unnest(?1::text[], ?2::text[]" lists          \
	") WITH ORDINALITY AS one (whose, named" columns ", place)" IN_ALL( \
		"?1::text[]") ") AS asked JOIN session ON tenant = whose"   \
			      " AND name = named AND (tenant, name) >="     \
			      " (whose, named)"

/* Texts in place of the common ones. */
extern const char *const postgresql_sql[SQL_COUNT];

/* --- the connection: connect.c, hosts.c, reason.c, refuse.c, durability.c - */

int pg_open(struct engine **out, const struct store_options *options,
	enum store_mode mode, const char *const *texts, struct error *error);
void pg_close(struct engine *engine);
int pg_plan_migration(const struct store_options *options,
	struct migration_plan *plan, struct error *error);
/* PostgreSQL does these itself: they are refused, and name its tools. */
int pg_backup(struct engine *engine, const char *path, struct error *error);
int pg_restore(const struct store_options *options, struct restoring *restoring,
	struct error *error);
/*
 * Tries all hosts of the URL, from that of pg->attempt on; how it went,
 * PQstatus() says, and at a start pg->reason.  -1: out of memory.
 */
int pg_start_connection(struct postgresql *pg, struct error *error);
void pg_forget_hosts(struct postgresql *pg);
/*
 * As PQconnectdbParams() with expand_dbname; if PQstatus() is not OK then
 * *reason says why.
 */
PGconn *pg_connect_or_say(const char *const *keys, const char *const *values,
	struct pg_reason *reason);
/* Connects anew if the connection has gone. */
int pg_connect(struct postgresql *pg, struct error *error);
/*
 * The same, and tries again for options.wait_ms from when it had gone: later
 * callers are refused at once.
 */
int pg_reach(struct postgresql *pg, struct error *error);
/*
 * Waits for the socket, and takes what came; 0: it is silent for so many
 * milliseconds (0: without end), -1: it is broken.
 */
int pg_poll(PGconn *connection, short events, int64_t wait);
/* The same, for options.wait_ms; -1 also when it is silent. */
int pg_wait(struct postgresql *pg, short events);
/* Between two attempts. */
void pg_pause(void);
/* Of the tables that this program knows. */
int64_t pg_newest_version(void);
/* Of those that are there; 0: there are none of ours. */
int pg_tables_version(
	struct postgresql *pg, int64_t *version, struct error *error);
/* The bytes that are copied while servers wait, to bring these up to date. */
int pg_ask_copied(struct postgresql *pg, int64_t version, int64_t *bytes,
	struct error *error);
/* Makes the tables, or brings them up to date; refuses newer ones. */
int pg_migrate(struct postgresql *pg, struct error *error);
/* Begins an epoch if the tables were made by a restore: restored.c. */
int pg_look_for_restore(struct postgresql *pg, struct error *error);
/* Are there tables of this version? */
int pg_check_version(struct postgresql *pg, struct error *error);
/*
 * The number of the last batch of this process that is there, for good; 0:
 * nobody knows, -1: it cannot be asked now.
 */
int pg_last_batch(struct postgresql *pg, int64_t *number, struct error *error);
/* Between batches, now and then: tidy.c. */
int pg_upkeep(
	struct engine *engine, enum store_upkeep how, struct error *error);
/* Can a password be told from the rest of it? */
int pg_check_url(const char *url, struct error *error);
/* In a sentence: why it was not made, and what to do.  NULL: out of memory. */
int pg_refuse_connection(const PGconn *connection,
	const struct pg_reason *reason, struct error *error);
/* Is it a server, and a database, as we need it? */
int pg_check_server(struct postgresql *pg, struct error *error);
/*
 * May we use what is there, or make it where nobody else's tables are?  Not in
 * pipeline mode, as the next one.
 */
int pg_check_rights(struct postgresql *pg, struct error *error);
/* Learns what a commit promises, and warns if that is less than it should. */
int pg_learn_durability(struct postgresql *pg, struct error *error);
/* A word for it. */
const char *pg_durability(const struct engine *engine);
/*
 * Asks outside of a pipeline, and waits.  The caller clears the rows with
 * PQclear(); NULL: ERROR_UNAVAILABLE in these words, the server's own are
 * warned of.
 */
PGresult *pg_ask_now(struct postgresql *pg, const char *question,
	const char *refusal, struct error *error);
/* A line for the operator. */
void pg_warn(const struct postgresql *pg, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* --- round trips: pipeline.c ---------------------------------------------- */

/* A statement of the engine's own, of a text that outlives it. */
struct pg_statement *pg_statement_new(const char *text);
void pg_statement_free(struct pg_statement *statement);
/* Copies what is bound, so that it may wait. */
int pg_statement_keep(struct pg_statement *statement);
/* Puts it last in the queue; what it borrows must outlive that. */
void pg_queue(struct postgresql *pg, struct pg_statement *statement);
/* Puts a text without parameters there, whose answer nobody wants. */
int pg_queue_text(struct postgresql *pg, const char *text, struct error *error);
/* Nothing from this place on waits any more. */
void pg_drop(struct postgresql *pg, struct pg_statement **from);
/*
 * A round trip: all that is queued is sent, in order, and answered.  -1: some
 * of it failed, and the batch is lost.
 */
int pg_ask(struct postgresql *pg, struct error *error);
/*
 * Describes, for a client, an answer that is an error, or that there is none
 * (NULL): failure.c.  Always -1.
 */
int pg_failed(
	struct postgresql *pg, const PGresult *result, struct error *error);
/* Nothing of the batch happened; the server is told without waiting. */
void pg_lose(struct postgresql *pg);
int pg_is_lost(struct error *error);
/* Fetches the next block of ids. */
int pg_fetch_ids(struct postgresql *pg, struct error *error);

/* Messages that wait one behind the other go as one statement: merge.c. */
void pg_merge(struct postgresql *pg);

/* --- prepared statements: prepare.c ----------------------------------------
 */

/* The best plan of these is the same for all values; in a batch only. */
extern const bool postgresql_prepared[SQL_COUNT];
extern const bool postgresql_own_prepared[PG_OWN_COUNT];
/* A new connection, not in pipeline mode yet. */
int pg_prepare_begin(struct postgresql *pg, struct error *error);
/* Queues, in a batch, that what was planned long ago is forgotten. */
int pg_prepare_anew(struct postgresql *pg, struct error *error);
/*
 * 1: it is to be sent by this name, and is prepared before if need be; 0: by
 * its text; -1: the connection failed.
 */
int pg_prepare(struct postgresql *pg, struct pg_statement *statement,
	const Oid *types, char name[PG_NAME]);
/* It was not prepared. */
void pg_prepare_failed(
	struct postgresql *pg, const struct pg_statement *statement);
/* That is sent now, and comes before all that follows it. */
void pg_prepare_forget(struct postgresql *pg);
/* Does this SQLSTATE mean that others are prepared than we know of? */
bool pg_prepare_is_refused(struct postgresql *pg, const char *state);

/* --- slots: statement.c, columns.c, lock.c -------------------------------- */

void pg_start(struct engine *engine, enum sql which, struct query_most most,
	struct query *query);
void pg_bind_number(struct query *query, int at, int64_t number);
void pg_bind_text(struct query *query, int at, struct slice text);
void pg_bind_blob(struct query *query, int at, struct slice bytes);
void pg_bind_null(struct query *query, int at);
int pg_step(struct query *query, struct error *error);
int64_t pg_number(const struct query *query, int column);
struct slice pg_text(const struct query *query, int column);
void pg_end(struct query *query);
int pg_run(struct query *query, struct error *error);
int pg_run_counting(struct query *query, int64_t *rows, struct error *error);
int pg_insert(struct query *query, int64_t *id, struct error *error);
void pg_ahead(struct query *query);
void pg_lock_owner(struct engine *engine, const struct engine_owner *owner,
	enum engine_lock how);
void pg_lock_history(
	struct engine *engine, int64_t history, enum engine_lock how);

/* It is waited for.  NULL: out of memory, which the next call says. */
struct pg_statement *pg_statement_begin(
	struct engine *engine, const char *text, struct query *query);
/* A statement of the engine's own, as pg_start() begins the others. */
void pg_start_own(
	struct engine *engine, enum pg_own which, struct query *query);

/* A value that is NULL is 0, and has no bytes, to the slots. */
bool pg_is_null(const struct query *query, int column);

/* --- sums of sessions: seal.c ----------------------------------------------
 */

/*
 * Where the columns are, behind those of a session, that its sum is of
 * besides; 0: the statement itself compares it.
 */
int pg_seal_column(enum sql which);
/* Has the row at hand this sum?  As enum sound says it. */
int pg_seal_sound(const struct query *query, int64_t sum, int further);

/* --- turns: turns.c -------------------------------------------------------
 */

extern const struct engine_turns pg_turns;
extern const struct engine_hints pg_hints;
extern const struct engine_lists pg_lists; /* lists.c */
int pg_versions(struct engine *engine, const struct session_ref *refs,
	size_t count, struct store_version *out, struct error *error);

/* --- the index of words: words.c, search.c ---------------------------------
 */

/* Texts with ?1, as the common ones. */
extern const char *const postgresql_own[PG_OWN_COUNT];
/* Appends a word as tsvector and tsquery read it. */
void pg_words_quote(struct text *out, struct slice word);
int pg_words_fill(
	struct engine *engine, int64_t now, int64_t rows, struct error *error);
int pg_words_forget(struct engine *engine, const struct engine_rows *rows,
	int64_t now, struct error *error);
int pg_words_are_stale(struct engine *engine, bool *stale, struct error *error);
int pg_words_merge(struct engine *engine, int64_t rows, struct error *error);
int pg_words_split(struct engine *engine, struct engine_text text,
	struct word_visitor visitor, struct error *error);
int pg_words_find(struct engine *engine, const struct engine_search *what,
	struct hit_visitor visitor, struct error *error);

#endif
