/* SPDX-License-Identifier: MIT */
/*
 * import.h - lines become sessions again.
 *
 * The lines are those of export.h; ids, times, marks and versions are as they
 * were.  A line that is there already with the same bytes is skipped, so that
 * an import which broke off is run again.  A line may also be a list of
 * messages in any form that clients send, or an object with such "messages":
 * they are the first messages of the session that its "session" names.
 */
#ifndef CORE_TRANSFER_IMPORT_H
#define CORE_TRANSFER_IMPORT_H

#include "core/store/store.h"

struct memories;

/* An import, and what has been done; starts with the first six. */
struct importer {
	struct store *store;
	const struct memories *memories;
	struct slice tenant;
	int64_t now;
	struct slice name; /* for one list that names no session */
	int64_t line;	   /* number of the line at hand; 0: before the first */
	int64_t sessions;  /* made */
	int64_t messages;  /* stored */
	int64_t skipped;   /* messages that were there */
	/* The last session lacks messages, whose lines must follow. */
	bool incomplete;

	/* The session whose messages are being read. */
	struct session session;
	struct text session_name; /* empty: none */
	int64_t edits;		  /* as its line has them */
	int64_t last_seq;
	int64_t count;
	int64_t updated_at;
	int64_t stored; /* of its messages */
	bool made;
	bool gone;  /* it has expired: its lines are skipped */
	bool named; /* `name` is used up */
};

/* At most, of either. */
#define IMPORT_LINES_MOST 10000

/*
 * Takes all lines, valid and compact JSON with a newline between them; empty
 * ones are none.  Runs in a batch of the caller's, who undoes it when this
 * fails: the error begins with the number of the line.  ERROR_KEY_REUSED: a
 * message is there with other bytes, or the session is another one.
 */
int import_lines(
	struct importer *importer, struct slice lines, struct error *error);
/* Accepts {0}. */
void import_clear(struct importer *importer);

#endif
