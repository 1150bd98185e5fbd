/* SPDX-License-Identifier: MIT */
/* overrides.h - the texts that an engine PostgreSQL would have of its own. */
#ifndef TESTS_POSTGRESQL_OVERRIDES_H
#define TESTS_POSTGRESQL_OVERRIDES_H

#include "core/store/statements.h"

extern const char *const postgresql_sql[SQL_COUNT];

#endif
