/* SPDX-License-Identifier: MIT */
/*
 * import_line.h - what the files of the import share.
 *
 * import_line.c reads a line, which is valid and compact JSON; what is read
 * borrows from it.  import_message.c stores messages, import.c the rest.
 */
#ifndef CORE_TRANSFER_IMPORT_LINE_H
#define CORE_TRANSFER_IMPORT_LINE_H

#include "core/session/profile.h"
#include "core/transfer/import.h"

enum line_kind {
	LINE_SESSION,
	LINE_DROPPED,
	LINE_MESSAGE,
	LINE_CONVERSATION, /* messages as clients send them, in a list */
};

/* Tells the kind of a line; ERROR_INVALID: it is none of these. */
int line_kind(struct slice line, enum line_kind *kind, struct error *error);

/* The line of a session; of one that was dropped only name and mark. */
struct session_line {
	struct text name; /* UTF-8 */
	char mark[MARK_LENGTH + 1];
	int64_t version;
	int64_t last_seq;
	int64_t count; /* of its messages */
	int64_t created_at;
	int64_t updated_at;
	struct profile_draft draft;
};

/* Reads it; `out` is to be cleared, after a failure as well. */
int session_line_read(struct session_line *out, struct slice line,
	enum line_kind kind, const struct memories *memories,
	struct error *error);
void session_line_clear(struct session_line *line);

/* May a session have this name?  The second decodes a JSON string. */
int session_name_check(struct slice name, struct error *error);
int session_name_read(
	struct text *out, struct slice value, struct error *error);

/* The line of a message. */
struct message_line {
	struct message_row row; /* its id may be one of the server's */
	struct message_list list;
};

/* Reads it; `out` is to be cleared, after a failure as well. */
int message_line_read(
	struct message_line *out, struct slice line, struct error *error);
void message_line_clear(struct message_line *line);

/* Takes the line of a message, a list of messages. */
int import_message(
	struct importer *importer, struct slice line, struct error *error);
int import_list(
	struct importer *importer, struct slice line, struct error *error);

/* May messages be added to the session at hand? */
bool import_may_follow(const struct importer *importer);
/* No more lines of it follow; then it is not at hand any more. */
int import_end_session(struct importer *importer, struct error *error);
void import_forget_session(struct importer *importer);

#endif
