/* SPDX-License-Identifier: MIT */
/*
 * import_parts.h - a file of lines, cut into parts that are imported one by
 * one.
 *
 * Parts end at line ends; a part that begins inside a session repeats that
 * session's line.
 */
#ifndef SERVER_CLI_IMPORT_PARTS_H
#define SERVER_CLI_IMPORT_PARTS_H

#include <stdio.h>

#include "core/transfer/import_line.h"
#include "schema/json/scan.h"

struct error;
struct from_format;

struct parts {
	size_t max_bytes; /* of a part, but not of a session and a message */
	/* Takes the part whose first line has this number in the file. */
	int (*take)(void *context, struct slice lines, int64_t line,
		struct error *error);
	void *context;

	struct json_scratch scratch;
	struct text lines;   /* the part at hand */
	struct text session; /* the line of its last session; empty: none */
	size_t session_at;   /* in `lines`, where that ends them; else 0 */
	int64_t line;	     /* the last that was read */
	int64_t first_line;  /* of the part at hand */
	int64_t sessions;    /* in it */
	int64_t messages;
	int64_t nameless; /* lists in the file that name no session */
	bool pending;	  /* a session's line ends the part at hand */
};

/*
 * Reads the file to its end.  The struct starts with the first three members,
 * the rest {0}.
 */
int parts_read(struct parts *parts, FILE *file, struct error *error);

/* Another product's file; see core/transfer/from.h. */
struct from_source {
	const struct from_format *format;
	struct slice session; /* what the names of sessions begin with */
};
/* The same, of a file that is read value by value. */
int parts_read_from(struct parts *parts, FILE *file,
	const struct from_source *source, struct error *error);
void parts_clear(struct parts *parts);

/* Adds a line, valid and compact JSON, whose number is parts->line. */
int parts_take_line(struct parts *parts, struct slice line, enum line_kind kind,
	struct error *error);
/* Has the part at hand taken, unless it is empty. */
int parts_end_part(struct parts *parts, struct error *error);

#endif
