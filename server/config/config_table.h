/* SPDX-License-Identifier: MIT */
/*
 * config_table.h - a row for each setting.
 *
 * This header is private to its folder.
 */
#ifndef SERVER_CONFIG_CONFIG_TABLE_H
#define SERVER_CONFIG_CONFIG_TABLE_H

#include <stddef.h>

#include "server/config/config_value.h"

enum config_kind {
	KIND_TEXT,
	KIND_ADDRESS,
	KIND_SECRET, /* a text, in the environment only */
	KIND_OPTION, /* a text, as a flag only */
	KIND_SWITCH,
	KIND_ACTION, /* a switch, as a flag only */
	KIND_CHOICE,
	KIND_NUMBER,
	KIND_BYTES,
	KIND_LIST, /* texts: given several times, or with commas */
};

struct config_row {
	const char *name;
	enum config_kind kind;
	size_t offset;	      /* in struct config */
	const char *standard; /* spelled as a value; NULL: none or off */
	const char *value;    /* the help's word for it; NULL: no value */
	const char *help;
	struct value_range range; /* KIND_NUMBER, KIND_BYTES */
	const char *const *words; /* KIND_CHOICE; ends with NULL */
	char letter;		  /* a flag too: -h; 0: none */
	const char *also;	  /* names that other programs have for it */
	const char *needs;   /* has no effect without this one; NULL: none */
	const char *heading; /* of the rows from this one on */
	bool options;	     /* only the commands have it that say so */
};

extern const struct config_row config_rows[];
extern const size_t config_row_count;

#endif
