/* SPDX-License-Identifier: MIT */
/*
 * config_entry.h - the settings as people are told of them: help, completion
 * and the manual are made of this.
 */
#ifndef SERVER_CONFIG_CONFIG_ENTRY_H
#define SERVER_CONFIG_CONFIG_ENTRY_H

#include <stdbool.h>
#include <stddef.h>

#include "schema/text.h"

#define ENTRY_NAME_MAX 64

/* The texts are literals, but for the variable's name. */
struct config_entry {
	const char *name;  /* without dashes */
	const char *value; /* the word for it; NULL: it takes none */
	const char *help;
	const char *standard; /* NULL: none or off */
	const char *heading;  /* of the entries from this on; NULL: goes on */
	const char *const *words;      /* that the value may be; NULL: any */
	char letter;		       /* a flag too: -h; 0: none */
	bool option;		       /* belongs to the commands that say so */
	bool flag;		       /* else only the variable */
	char variable[ENTRY_NAME_MAX]; /* "": none */
};

/* The rows of the table, in the order of the help.  False: it ends before. */
bool config_entry_at(size_t at, struct config_entry *entry);

/* Is the name one of these words, with spaces between? */
bool config_entry_is_among(const struct config_entry *entry, const char *words);

#endif
