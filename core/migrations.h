/* SPDX-License-Identifier: MIT */
/*
 * migrations.h - the files schema/NNNN_name.sql, in order, embedded by CMake.
 */
#ifndef CORE_MIGRATIONS_H
#define CORE_MIGRATIONS_H

#include <stddef.h>

/* migrations[n] leads from user_version n to n + 1; ends with NULL. */
extern const char *const migrations[];

#endif
