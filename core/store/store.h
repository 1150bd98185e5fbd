/* SPDX-License-Identifier: MIT */
/*
 * store.h - where sessions and their histories are kept.
 *
 * A store handle belongs to one thread.  A process has one handle that is open
 * for writing and any number for reading.  Writes happen between store_begin()
 * and store_commit(); each member of such a batch is bracketed by
 * store_enter() and store_leave().  Reads that must agree with each other
 * happen between store_begin() and store_rollback().
 *
 * No statement stays open between two calls, so that no reader can pin a
 * snapshot.  Errors are ERROR_UNAVAILABLE (try again), ERROR_STORAGE (the
 * disk is full), ERROR_QUOTA, ERROR_UNKNOWN (commit only), ERROR_DAMAGED (a row
 * or a page is not what was stored; what it names is said) or ERROR_INTERNAL;
 * the reason goes to the sink of struct store_options.
 */
#ifndef CORE_STORE_STORE_H
#define CORE_STORE_STORE_H

#include "schema/message/message.h"

struct error;
struct sqlite_options;
struct store;

enum store_mode { STORE_READ, STORE_WRITE };

struct store_options {
	const char *url;	 /* a plain path: a file of SQLite's */
	bool relaxed;		 /* a power cut may undo the last commits */
	bool replicated;	 /* commit only what a standby has, too */
	bool search;		 /* keep an index of words */
	int64_t step_rows;	 /* the most that one write moves; 0: 1024 */
	int64_t wait_ms;	 /* for a database elsewhere; 0: as that does */
	int64_t idempotency_max; /* kept for a tenant; 0: ten million */
	struct store_recent *recent; /* core/store/recent.h; or NULL */
	int64_t quota_sessions;	     /* of a tenant; 0: any number */
	int64_t quota_bytes;	     /* that it keeps; 0: any number */
	/* In their place: what the last store counted for them, count on. */
	bool quota_as_before;
	/* For that engine only: core/store/sqlite/options.h; or NULL. */
	const struct sqlite_options *sqlite;
	/* Gets a line for each thing that an operator should know. */
	void (*warn)(void *context, const char *line);
	/* And one each time that something damaged is met; or NULL. */
	void (*damaged)(void *context, const char *sentence);
	void *warn_context;
	/* How far a copy of a file or an upgrade of it is, `3 of 9 …`. */
	void (*progress)(void *context, int64_t done, const char *rest);
	void *progress_context;
};

/*
 * Opens the store; *out is the caller's to close, and borrows the URL until
 * then.  STORE_WRITE makes what is missing and must come before the first
 * STORE_READ.  Where no other process may write it is refused in words, as is
 * a store of a newer schema, or of another program.
 */
int store_open(struct store **out, const struct store_options *options,
	enum store_mode mode, struct error *error);

/* Closes; the writer's handle does all upkeep first.  Accepts NULL. */
void store_close(struct store *store);

/* --- batches ---------------------------------------------------------- */

int store_begin(struct store *store, struct error *error);
/*
 * ERROR_UNKNOWN: the disk failed; the batch may or may not be there after
 * recovery, and the process, unless it shares the store, must write no more.
 * Any other: nothing happened; ERROR_STORAGE, of store_begin() too: no room.
 */
int store_commit(struct store *store, struct error *error);
void store_rollback(struct store *store);

/*
 * Milliseconds since 1970 by the clock of the engine, which is the same for
 * every process that writes to it; within a batch that of the batch.
 */
int64_t store_now(const struct store *store);

/* Brackets a member of a batch, which may be undone alone. */
int store_enter(struct store *store, struct error *error);
int store_leave(struct store *store, bool keep, struct error *error);

/*
 * True when an error ended the whole batch behind our back (out of memory, an
 * I/O error, a damaged page): nothing of it happened, every member is to be run
 * again.
 */
bool store_batch_lost(const struct store *store);

/*
 * True, once, when a batch or a read was lost by what the next one may not meet
 * (another process, a broken connection, damage): it is to be run again.
 */
bool store_retries(struct store *store);

/*
 * True when the last call failed because it had too much to do for one write:
 * no reader sees the part that it did, which is to be kept, and the member to
 * be run again in a later batch, as often as it takes.
 */
bool store_unfinished(const struct store *store);

/* --- upkeep; the writer's handle only --------------------------------- */

enum store_upkeep {
	UPKEEP_PASSING, /* what is due, if it need not be waited for long */
	UPKEEP_EARLY,	/* and what will be: no request waits at the moment */
	UPKEEP_WHOLE,	/* all: the bytes of what was erased are gone then */
};
/*
 * Between batches.  1: it was done; 0: readers were in the way; -1, of these
 * ERROR_UNKNOWN: the disk failed, and the process must write no more.
 */
int store_upkeep(
	struct store *store, enum store_upkeep how, struct error *error);

/* Can it take a write?  Else ERROR_STORAGE or ERROR_UNAVAILABLE. */
int store_ready(struct store *store, struct error *error);
/*
 * A word for what commits promise, as /readyz says it: "replicated", "local",
 * "normal" or "none"; NULL: the options say it all.
 */
const char *store_durability(const struct store *store);
/*
 * Writes a row (in a batch of the caller's), the probe of /readyz, but not more
 * than one a second: who asks all the time costs no fsync each.
 */
int store_probe(struct store *store, int64_t now, struct error *error);

/* --- sessions --------------------------------------------------------- */

/* Whose session, and which; both are UTF-8, `tenant` may be empty. */
struct session_ref {
	struct slice tenant;
	struct slice name;
};

#define MARK_LENGTH 13 /* 8 random bytes in base32 */

/* A session as the tables have it; times in milliseconds since 1970. */
struct session {
	int64_t id; /* 0: there is none */
	int64_t history;
	int64_t last_seq; /* exact, also where the row's lags */
	int64_t edits;
	int64_t removed;
	int64_t created_at;
	int64_t touched_at;	/* true to the minute */
	int64_t inherited;	/* seqs up to this are of a base history */
	int64_t purged;		/* versions below this are no longer kept */
	int64_t retain_retired; /* seconds, never NULL here */
	int64_t ttl_seconds;	/* 0: it never expires */
	bool disowned;		/* erased with its owner */
	/* The newest message's; where nothing is written only if it expires. */
	int64_t appended_at;
	int64_t as_of; /* 0: now; else see store_session_as_of() */
	uint64_t key;  /* store_session_key(), on the writer's handle */
	char mark[MARK_LENGTH + 1];
	/* In ids of its history; another one since the store was restored. */
	char id_mark[MARK_LENGTH + 1];
};

/*
 * version = last_seq + edits; message_count = last_seq - removed, which is not
 * for views of the past: see store_message_count().
 */
int64_t session_version(const struct session *session);
int64_t session_message_count(const struct session *session);
/* ttl_seconds after the last write; 0: never. */
int64_t session_expires_at(const struct session *session);
/*
 * The time of a write at `now`: never before the session's last one, also when
 * the clock went back.  Of a session of the writer's handle.
 */
int64_t session_write_time(const struct session *session, int64_t now);
/* Has it expired, or has its owner been erased?  Then there is none. */
bool session_is_gone(const struct session *session, int64_t now);

/*
 * Finds the session; `out->id` is 0 when the tenant has none of this name or
 * it has expired.
 */
int store_session_find(struct store *store, struct session_ref ref, int64_t now,
	struct session *out, struct error *error);

/*
 * The same, in a batch: erases a session that has expired, so that its name
 * is free.  Comes before what makes a session or writes to it.
 */
int store_session_take(struct store *store, struct session_ref ref, int64_t now,
	struct session *out, struct error *error);

/* Makes it, with a new mark and an empty history, version 0 so far. */
int store_session_create(struct store *store, struct session_ref ref,
	int64_t now, struct session *out, struct error *error);

/*
 * Turns the session into a view of itself as it was at version `as_of`, for
 * reading: messages are listed, found and counted as they were then, and its
 * version is `as_of`.  ERROR_INVALID beyond its version, ERROR_GONE before
 * what is kept.
 */
int store_session_as_of(struct store *store, struct session *session,
	int64_t as_of, struct error *error);

/* A fork that is to be made. */
struct session_fork {
	struct session_ref ref;
	int64_t upto; /* a seq, from 0 to the parent's last */
	int64_t now;
};
/*
 * Makes a session that begins with the messages of `parent` up to
 * fork->upto, in constant time: they are shared
 * and keep their seqs, ids and times.  Owner, settings and metadata are
 * copied; the mark is new; versions before its first do not exist.  The
 * parent may be erased afterwards.  Below 32 forks of forks the parent first
 * gets a copy of what it shares, which may be unfinished.
 */
int store_session_fork(struct store *store, struct session *parent,
	const struct session_fork *fork, struct session *out,
	struct error *error);

/* A client may set these of a session. */
struct session_profile {
	struct slice owner;	/* empty: none */
	struct slice memory;	/* JSON objects, */
	struct slice metadata;	/* valid and compact */
	int64_t ttl_seconds;	/* 0: it never expires */
	int64_t retain_retired; /* seconds; -1: the default */
};

/* Reads it; the slices borrow from `buf`, which the caller clears. */
int store_session_profile(struct store *store, const struct session *session,
	struct text *buf, struct session_profile *out, struct error *error);

/*
 * Writes it, adds one to `edits` and touches the session.  Metadata of more
 * than 1000 members is ERROR_TOO_LARGE, an owner whose sessions are being
 * erased ERROR_UNAVAILABLE.
 */
int store_session_configure(struct store *store, struct session *session,
	const struct session_profile *profile, int64_t now,
	struct error *error);

/*
 * Removes the session: it is not found any more and its name is free.  Its
 * rows go in steps of maintenance, and their bytes are gone when these are done
 * and then an UPKEEP_WHOLE.
 */
int store_session_erase(struct store *store, const struct session *session,
	int64_t now, struct error *error);

/*
 * An erasure whose bytes may be left; erased_at is 0 if there is none.
 * ERROR_DAMAGED: it cannot go on, because of a damaged page.
 */
struct erasure {
	int64_t session, erased_at;
	int64_t deleted; /* messages that it had */
};
int store_erase_find(struct store *store, struct session_ref ref,
	struct erasure *out, struct error *error);

struct owner_ref {
	struct slice tenant;
	struct slice owner;
};

/* The figures of an owner at the erasure. */
struct owner_erasure {
	int64_t sessions;
	int64_t messages;
	int64_t erased_at;
};
/*
 * Erases all sessions of the owner, as store_session_erase() does one, with a
 * single row.  While the erasure of an earlier call goes on, a call that finds
 * no more sessions gives what the earlier one had.
 */
int store_owner_erase(struct store *store, struct owner_ref ref, int64_t now,
	struct owner_erasure *out, struct error *error);

/* Time of the last write: the newer of touched_at and the last message's. */
int store_session_updated(struct store *store, const struct session *session,
	int64_t *updated_at, struct error *error);

/* --- maintenance; the writer's handle only ---------------------------- */

/*
 * Does a step of the first maintenance that is due at `now`, looking at no more
 * than about so many rows; in a batch of the caller's.
 */
int store_maintenance_step(
	struct store *store, int64_t now, int64_t rows, struct error *error);
/* No maintenance is due before this time; INT64_MAX: there is none. */
int64_t store_maintenance_due(const struct store *store);
/* Is nothing due but words for the index?  They may come later. */
bool store_maintenance_may_wait(const struct store *store, int64_t now);
/*
 * The erasures that are going on are numbered in order: an erasure is
 * done when the oldest is a newer one, or 0.
 */
int store_erase_open(struct store *store, int64_t *oldest, int64_t *newest,
	struct error *error);

/* --- messages --------------------------------------------------------- */

/*
 * Appends one message at session->last_seq + 1 and counts it there.  Touches
 * the session's row only if that is older than 60 s.
 */
int store_message_append(struct store *store, struct session *session,
	const struct message *message, int64_t now, struct error *error);

/* Which messages of a history to read, in which order. */
struct message_query {
	int64_t after;	/* seq > after; 0: from the start */
	int64_t before; /* seq < before; 0: to the end */
	int64_t limit;	/* at most so many rows */
	unsigned types; /* bit 1 << type; 0: all */
	bool descending;
	/* Gets a damaged one, which is passed; NULL: it is the end. */
	void (*damaged)(void *context, int64_t seq, const struct error *why);
};

/* Is called for each message; returns 0 to go on and 1 to stop. */
struct message_visitor {
	int (*visit)(void *context, const struct message_row *row);
	void *context;
};

int store_message_list(struct store *store, const struct session *session,
	const struct message_query *what, struct message_visitor visitor,
	struct error *error);

/* The seq in an id that the server made of this mark ("MARK-17"), or 0. */
int64_t store_id_seq(struct slice id, const char *mark);

/* The message with this id, or with this seq when `id` is empty. */
struct message_ref {
	struct slice id; /* a client's, else the server's: MARK-SEQ */
	int64_t seq;
};
/* Visits the one message, but not when there is none. */
int store_message_find(struct store *store, const struct session *session,
	struct message_ref ref, struct message_visitor visitor,
	struct error *error);

/* The seq of the nth message, counted from the end; 0: there are fewer. */
int store_message_nth(struct store *store, const struct session *session,
	int64_t nth, int64_t *seq, struct error *error);

/* From the first to the last, both included. */
struct seq_range {
	int64_t first;
	int64_t last;
};
int store_message_count(struct store *store, const struct session *session,
	struct seq_range seqs, int64_t *count, struct error *error);

struct message_replacement {
	int64_t seq; /* of the message that is edited, which must be there */
	const struct message *message;
	int64_t now;
};
/*
 * Edits a message in place: it keeps its id and created_at.  The old one is
 * kept for time travel; one edit.  A fork gets a copy of what it shares from
 * there on, which may be unfinished.
 */
int store_message_replace(struct store *store, struct session *session,
	const struct message_replacement *replacement, struct error *error);

struct message_removal {
	struct seq_range seqs;
	int64_t now;
	bool archives;	 /* they are kept until the session is erased */
	int64_t removed; /* the result: so many messages were there */
};
/*
 * Removes the messages with these seqs, which are kept for time travel; one
 * edit, or none if there are none.  Their client ids are free again.  May be
 * unfinished, but not when many go from either end: then the session gets a
 * history that begins with the rest.
 */
int store_message_remove(struct store *store, struct session *session,
	struct message_removal *removal, struct error *error);

/*
 * Gives the session a new, empty history and leaves the old one for time
 * travel; one edit.  *deleted: so many messages it had; without any it stays.
 */
int store_history_clear(struct store *store, struct session *session,
	int64_t now, int64_t *deleted, struct error *error);

#endif
