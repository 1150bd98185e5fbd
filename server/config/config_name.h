/* SPDX-License-Identifier: MIT */
/*
 * config_name.h - settings by their names, and by what was meant for one.
 *
 * This header is private to its folder.
 */
#ifndef SERVER_CONFIG_CONFIG_NAME_H
#define SERVER_CONFIG_CONFIG_NAME_H

#include <stdbool.h>

#include "schema/text.h"

#define LABEL_MAX 64

struct config_row;
struct error;

bool config_has_flag(const struct config_row *setting);
bool config_has_variable(const struct config_row *setting);

/* Writes CHATMEM_MAX_BODY for max-body. */
void config_variable_name(
	const struct config_row *setting, char name[static LABEL_MAX]);

/* Is it one of these words, with spaces between?  `words` may be NULL. */
bool config_name_is_among(struct slice name, const char *words);

/* The row of --max-body, or of -h; NULL: there is none. */
const struct config_row *config_find_flag(struct slice flag);

/* Refuses a flag that is none, and names the one that was meant. */
int config_refuse_flag(struct slice flag, struct error *error);

/* Writes the variable that `name`, up to its '=', was meant to be. */
bool config_variable_meant(const char *name, char meant[static LABEL_MAX]);

#endif
