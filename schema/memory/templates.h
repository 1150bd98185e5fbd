/* SPDX-License-Identifier: MIT */
/* templates.h - which variables the templates among the settings have. */
#ifndef SCHEMA_MEMORY_TEMPLATES_H
#define SCHEMA_MEMORY_TEMPLATES_H

#include "schema/text.h"

struct error;
struct settings;

/*
 * Can the setting of this name be filled, if it is a template with variables
 * of its own?  ERROR_INVALID names the setting, the variable and, where a
 * brace was meant, how that is written.
 */
int templates_check(const struct settings *settings, struct slice name,
	struct error *error);

#endif
