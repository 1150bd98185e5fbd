/* SPDX-License-Identifier: MIT */
/*
 * migrations.h - the tables of schema/sql/sqlite, in order, embedded by CMake.
 */
#ifndef CORE_STORE_SQLITE_MIGRATIONS_H
#define CORE_STORE_SQLITE_MIGRATIONS_H

#include <stddef.h>

/* migrations[n] leads from user_version n to n + 1; ends with NULL. */
extern const char *const migrations[];

#endif
