/* SPDX-License-Identifier: MIT */
/* migrations.h - schema/sql/postgresql, in order, made by CMakeLists.txt. */
#ifndef CORE_STORE_POSTGRESQL_MIGRATIONS_H
#define CORE_STORE_POSTGRESQL_MIGRATIONS_H

#include <stddef.h>

/* Text n makes tables of version n into those of n + 1; ended with NULL. */
extern const char *const postgresql_migrations[];

#endif
