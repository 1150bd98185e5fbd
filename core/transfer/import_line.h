/* SPDX-License-Identifier: MIT */
/*
 * import_line.h - what the files of the import share.
 *
 * import_line.c reads a line, which is valid and compact JSON, and
 * import_read.c all of them; nothing of that needs a store.  import_message.c
 * stores messages, import.c the rest.
 */
#ifndef CORE_TRANSFER_IMPORT_LINE_H
#define CORE_TRANSFER_IMPORT_LINE_H

#include "core/session/profile.h"
#include "core/transfer/import.h"

enum line_kind {
	LINE_SESSION,
	LINE_DROPPED,
	LINE_LOST,    /* so many messages of the session were damaged */
	LINE_DAMAGED, /* what an export left out */
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

/* The number in a line's member, which must be 0 or more. */
int line_number_read(const char *member, struct slice value, int64_t *out,
	struct error *error);

/* The line of a message. */
struct message_line {
	size_t index; /* of the message in its list */
	int64_t seq;
	int64_t created_at;
	int64_t updated_at;
	int64_t archived; /* the version that no longer showed it, or 0 */
};

/* Reads it and adds its message, whose id may be one of the server's. */
int message_line_read(struct message_line *out, struct message_list *list,
	struct slice line, struct error *error);

/* The line of a list of messages. */
struct list_line {
	struct text name; /* of the session */
	struct slice metadata;
	int64_t after; /* the seq before its first message */
	size_t index;  /* of its first message */
	size_t count;
};

/* A line that is not empty. */
struct import_entry {
	int64_t line; /* its number */
	enum line_kind kind;
	union {
		struct session_line *session; /* the dropped one's, too */
		struct message_line message;
		struct list_line list;
		int64_t lost; /* messages */
	} is;
};

/* Says `why` of the line, unless it is no fault of the line's; -1. */
int import_refuse(int64_t line, const struct error *why, struct error *error);

/* Stores a message, a list of messages. */
int import_store_message(struct importer *importer,
	const struct import_input *input, const struct import_entry *entry,
	struct error *error);
int import_store_list(struct importer *importer,
	const struct import_input *input, const struct import_entry *entry,
	struct error *error);

/* May messages be added to the session at hand? */
bool import_may_follow(const struct importer *importer);
/* No more lines of it follow; then it is not at hand any more. */
int import_end_session(struct importer *importer, struct error *error);
void import_forget_session(struct importer *importer);

#endif
