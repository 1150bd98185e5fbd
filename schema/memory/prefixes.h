/* SPDX-License-Identifier: MIT */
/* prefixes.h - how the settings of a memory spell its buffer string. */
#ifndef SCHEMA_MEMORY_PREFIXES_H
#define SCHEMA_MEMORY_PREFIXES_H

#include "schema/forms/form.h"

struct settings;

/* Borrows from the settings; media are not named. */
struct format_prefixes settings_prefixes(const struct settings *settings);

#endif
