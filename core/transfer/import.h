/* SPDX-License-Identifier: MIT */
/*
 * import.h - lines become sessions again.
 *
 * The lines are those of export.h; ids, times, marks and versions are as they
 * were.  A line that is there already with the same bytes is skipped, so that
 * an import which broke off is run again.  A line may also be a list of
 * messages in any form that clients send, or an object with such "messages":
 * they are the first messages of the session that its "session" names, or
 * those that follow the seq that its "after" says.
 */
#ifndef CORE_TRANSFER_IMPORT_H
#define CORE_TRANSFER_IMPORT_H

#include "core/store/store.h"

struct from_format;
struct memories;
struct import_entry;

/* Lines that are to be read. */
struct import_source {
	/* Valid and compact JSON with a newline between; some may be empty. */
	struct slice lines;
	int64_t line; /* number of the first */
	/*
	 * For one list that names no session; with `from`, what the names of
	 * sessions begin with.
	 */
	struct slice name;
	/* Another product's: see from.h.  NULL: the lines are as above. */
	const struct from_format *from;
	const struct memories *memories;
};

/* Lines that were read, which borrow from their text. */
struct import_input {
	struct import_entry *entries;
	size_t count;
	size_t capacity;
	struct message_list messages; /* of all of them */
	struct text *made;	      /* lines of other products' */
	size_t made_count;
	size_t made_capacity;
};

/* At most, in one input: sessions and lists together, and messages. */
#define IMPORT_LINES_MOST 10000

/*
 * Reads what no store has to do with; the error begins with the number of the
 * line.  `out` is to be cleared, after a failure as well.
 */
int import_read(struct import_input *out, const struct import_source *source,
	struct error *error);
/* The bytes of memory that it takes. */
size_t import_size(const struct import_input *input);
void import_input_clear(struct import_input *input);

/* An import, and what has been done; starts with the first three. */
struct importer {
	struct store *store;
	struct slice tenant;
	int64_t now;
	int64_t sessions; /* made */
	int64_t messages; /* stored */
	int64_t skipped;  /* messages that were there */
	int64_t lost;	  /* messages that the export had not, as damaged */
	/* The last session lacks messages, whose lines must follow. */
	bool incomplete;

	/* The session whose messages are being stored. */
	struct session session;
	struct slice session_name; /* empty: none */
	int64_t edits;		   /* as its line has them */
	int64_t last_seq;
	int64_t count;
	int64_t updated_at;
	int64_t stored; /* of its messages */
	bool made;
	bool gone; /* it has expired: its lines are skipped */
};

/*
 * Stores all lines.  Runs in a batch of the caller's, who undoes it when this
 * fails: the error begins with the number of the line.  ERROR_KEY_REUSED: a
 * message is there with other bytes, or the session is another one.
 */
int import_store(struct importer *importer, const struct import_input *input,
	struct error *error);

#endif
