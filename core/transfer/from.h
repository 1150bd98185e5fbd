/* SPDX-License-Identifier: MIT */
/*
 * from.h - the conversations of other products, as lines of import.h.
 *
 * A format is a file, core/transfer/from_NAME.c, which ends in its struct
 * from_format, and a row in from.c.  Each takes one conversation, valid and
 * compact JSON, and writes a list of messages that names its session: by the
 * conversation's own id or else by its place in the file, so that the same
 * file imported again changes nothing.  Times are those of the client.
 */
#ifndef CORE_TRANSFER_FROM_H
#define CORE_TRANSFER_FROM_H

#include "schema/text.h"

struct error;
struct from_format;

/* Where a conversation stands, and what its session may be called. */
struct from_place {
	int64_t number; /* in its file, from 1 */
	/* Names begin with it and a "-"; empty: with nothing, or the format. */
	struct slice session;
};

/* The format of this name, "auto" too; NULL: there is none. */
const struct from_format *from_named(struct slice name);
/* Appends the names: `auto, chatgpt or …`. */
void from_names(struct text *out);

/*
 * Appends the line, without a newline.  ERROR_INVALID names the member: what
 * was appended by then is of no use.
 */
int from_write(struct text *out, const struct from_format *format,
	struct slice conversation, const struct from_place *place,
	struct error *error);

#endif
