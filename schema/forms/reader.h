/* SPDX-License-Identifier: MIT */
/*
 * reader.h - what the forms share when they read a message.
 */
#ifndef SCHEMA_FORMS_READER_H
#define SCHEMA_FORMS_READER_H

#include "schema/error.h"
#include "schema/message/message.h"

/* A message while it is read. */
struct form_reader {
	struct message_list *list;
	struct error *error;
	const char *path; /* where it stands in the request, for the errors */
};

/* Takes the message if it has what its form and type need. */
int form_add(struct form_reader *reader, const struct message *message);

/* Reads the client's id of a message. */
int form_read_id(struct form_reader *reader, struct message *message,
	struct slice value);

/* Reads the name of a type of LangChain's; ERROR_INVALID: there is none. */
int form_read_type(struct form_reader *reader, struct message *message,
	struct slice value);

/*
 * Refuse what says neither its type nor its role, or another than there is, and
 * say how such is sent here; schema/forms/foreign.c.  Are -1.
 */
int form_untyped(struct form_reader *reader, struct slice object);
int form_mistyped(struct form_reader *reader, struct slice type);

/* The type that a name stands for in one of the forms. */
struct form_word {
	const char *name; /* NULL: the last row, for all other names */
	enum message_type type;
};
const struct form_word *form_word_find(
	const struct form_word *words, struct slice json_string);

#endif
