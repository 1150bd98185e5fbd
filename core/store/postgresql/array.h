/* SPDX-License-Identifier: MIT */
/* array.h - an array of one dimension, as array_recv() reads it. */
#ifndef CORE_STORE_POSTGRESQL_ARRAY_H
#define CORE_STORE_POSTGRESQL_ARRAY_H

#include "core/store/value_list.h"

#include <stddef.h>
#include <stdint.h>

/* The type of its values: the row of pg_type. */
enum array_of { OF_BYTES = 17, OF_NUMBERS = 20, OF_TEXTS = 25 };

/* So many values follow. */
void pg_array_begin(struct text *out, enum array_of of, size_t count);
void pg_array_number(struct text *out, int64_t number);
void pg_array_bytes(struct text *out, struct slice bytes);
void pg_array_null(struct text *out);

/* An array for a list of values. */
extern const struct engine_value_list pg_value_list;

#endif
