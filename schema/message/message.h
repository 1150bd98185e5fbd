/* SPDX-License-Identifier: MIT */
/*
 * message.h - a message: what a client gave, and what we know of it.
 *
 * A message is kept as the bytes that came in, in one of the forms of forms.h
 * (section 3 of the API; schema/forms reads and writes them).  All slices are
 * borrowed from the request's body or from the row they were read from.
 */
#ifndef SCHEMA_MESSAGE_MESSAGE_H
#define SCHEMA_MESSAGE_MESSAGE_H

#include "schema/message/forms.h"
#include "schema/text.h"

struct error;

/* The numbers are kept in the store: append only. */
enum message_type {
	MESSAGE_HUMAN = 1,
	MESSAGE_AI = 2,
	MESSAGE_SYSTEM = 3,
	MESSAGE_TOOL = 4,
	MESSAGE_FUNCTION = 5,
	MESSAGE_GENERIC = 6,
};

struct message {
	enum message_form form;
	enum message_type type;
	/*
	 * The type as it was sent (UTF-8) where the JavaScript name of `type`
	 * is not it: "chat", "AIMessageChunk", a tuple's "user".  Else empty.
	 */
	struct slice type_sent;
	struct slice body; /* JSON, valid and compact; see forms.h */
	/* Decoded UTF-8, 1 to 128 bytes; empty: the client gave none. */
	struct slice id;
	/* A JSON string, RFC 3339, as it was sent; empty: none. */
	struct slice client_created_at;
	bool answer; /* a model gave it here, to a request for it */
};

/* Is the body the content alone, without members beside it? */
bool message_is_content(const struct message *message);

/*
 * The content of LangChain's data, or of an OpenAI message; where there is
 * none, the content_blocks that LangChain 1 has in its place.
 */
bool message_find_content(struct slice data, struct slice *content);

/* A message as the store has it. */
struct message_row {
	struct message message;
	int64_t seq;
	int64_t created_at; /* milliseconds since 1970 */
	int64_t updated_at; /* 0: never edited */
	int64_t born;	    /* the version of its history that it came with */
	/* The version that no longer showed it; 0: it is not archived. */
	int64_t archived;
	/* The server's own id of it begins so; see history.h. */
	struct slice mark;
};

/* Messages that came with one request; schema/forms/parse.h.  Starts as {0}. */
struct message_list {
	struct message *items;
	size_t count;
	size_t capacity;
	/* The envelope's "metadata": a merge patch; empty: none. */
	struct slice metadata;
	/* Decoded ids and types; `items` borrow from here. */
	struct text *strings;
	size_t string_count;
	size_t string_capacity;
};

/* At most; both are bounds of the API, named in the refusal. */
#define MESSAGES_PER_REQUEST 10000
#define MESSAGE_MAX_BYTES    (8u << 20)

void message_list_clear(struct message_list *list);

/*
 * Adds one message of form MESSAGE_STORED made of `body` (a data object)
 * which must outlive the list; for /save.
 */
int message_list_add(struct message_list *list, enum message_type type,
	struct slice body, struct error *error);

/*
 * Has the body of the message what its form and type need?  `path` names the
 * message in the errors.
 */
int message_check(
	const struct message *message, const char *path, struct error *error);

/* Adds a message that has been checked. */
int message_list_push(struct message_list *list, const struct message *message,
	struct error *error);

/*
 * Decodes a JSON string, into memory of the list if it must.  *whole is false
 * if it held half a surrogate pair.
 */
int message_list_decode(struct message_list *list, struct slice string,
	struct slice *out, bool *whole, struct error *error);

/* "human", "generic". */
const char *message_type_name(enum message_type type);

/* Python's name: "chat" for the latter, "AIMessageChunk" if that was sent. */
const char *message_type_python(const struct message *message);

/* The type that a name stands for in stored and flat form, or 0. */
enum message_type message_type_of(struct slice name);

/* That of LangChain's class, as AIMessage or AIMessageChunk, or 0. */
enum message_type message_type_of_class(struct slice name);

/* An id that a client may give: UTF-8, 1 to 128 bytes, not only digits. */
bool message_id_valid(struct slice id);

/* An RFC 3339 date-time between quotes. */
bool message_time_valid(struct slice json_string);

#endif
