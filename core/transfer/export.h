/* SPDX-License-Identifier: MIT */
/*
 * export.h - sessions as lines of JSON, bit by bit.
 *
 * A session is a line of its own, then one for each message, oldest first:
 *
 *	{"session":"a","mark":"…","version":2,"last_seq":2,"message_count":2,
 *	 "created_at":"…","updated_at":"…","owner":null,"ttl_seconds":null,
 *	 "retain_retired":2592000,"memory":{},"metadata":{}}
 *	{"seq":1,"id":"…","created_at":"…","message":"Hi!"}
 *
 * all as of the version that it had when its own line was written.
 * Archived messages stand among them, with the version that no longer showed
 * them:
 *
 *	{"seq":2,"id":"…","created_at":"…","archived":5,"message":"Hi!"}
 *
 * A session that can no longer be shown so, because it is erased or retains
 * nothing, ends with
 *
 *	{"session":"a","mark":"…","dropped":true}
 *
 * and its reader is to forget it.  If it is still there it begins
 * anew.  Nothing is read ahead and nothing stays open between two bits.
 *
 * Messages that are damaged are left out; such a session ends with
 *
 *	{"session":"a","mark":"…","lost":2}
 *
 * so many being all that its reader is to do without, and the last line of all
 * says what is damaged:
 *
 *	{"damaged":[{"session":"a","seq":7,"message":"…"},{"session":"b",…}]}
 */
#ifndef CORE_TRANSFER_EXPORT_H
#define CORE_TRANSFER_EXPORT_H

#include "core/store/store.h"

/* Where an export is. */
struct exporter {
	struct slice tenant; /* borrowed */
	bool one;	     /* only the session `name` */
	bool ended;
	struct text name; /* of the session at hand, else of the last seen */
	int64_t session;  /* 0: between two */
	char mark[MARK_LENGTH + 1]; /* of the newest; "": there was none */
	int64_t version;	    /* as of which it is written */
	int64_t seq;		    /* written up to here */
	int64_t last_seq;	    /* the session's then */
	int64_t left;		    /* messages to be written */
	int attempts;		    /* to write this session */
	int skipped;  /* sessions that have expired, in this bit */
	int64_t lost; /* messages of this session that are damaged */

	/*
	 * A damaged page ends a step as ERROR_DAMAGED, for the caller to go on
	 * with what store_salvage() made of it; else its session ends there.
	 */
	bool halts;
	int64_t damaged;     /* sessions and messages */
	struct text damages; /* the first of them, as they are written */
	/* May be NULL: gets a sentence for each. */
	void (*report)(const char *sentence);
};

/*
 * Begins with all sessions of the tenant, in the order of their names, or
 * with the one of this name.
 */
void export_all(struct exporter *exporter, struct slice tenant);
int export_one(struct exporter *exporter, struct slice tenant,
	struct slice name, struct error *error);
/* Starts as {0}; accepts that. */
void export_clear(struct exporter *exporter);

/*
 * {"session","seq","message"}: what is damaged, for people.  `seq` is 0 for the
 * whole session, or the rest of it; no name: of none.
 */
void export_write_damage(
	struct text *out, struct slice name, int64_t seq, const char *sentence);

/* After it halted: what was lost with the page is told, and it halts no more.
 */
void export_pass_page(struct exporter *exporter, const char *sentence);

/* A step of an export, inside a read that the caller has begun. */
struct export_step {
	struct store *store;
	int64_t now;  /* milliseconds since 1970 */
	size_t bytes; /* about so many are appended */
	struct text *out;
};

/*
 * Appends lines; none if there is much to be skipped.  exporter->ended when
 * these are the last.
 */
int export_next(struct exporter *exporter, const struct export_step *step,
	struct error *error);

#endif
