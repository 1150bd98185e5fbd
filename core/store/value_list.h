/* SPDX-License-Identifier: MIT */
/* value_list.h - a list of values that is one parameter of a statement. */
#ifndef CORE_STORE_VALUE_LIST_H
#define CORE_STORE_VALUE_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "schema/text.h"

enum value_list_of { LIST_OF_NUMBERS, LIST_OF_TEXTS };

/*
 * Appends a list to `out`, which is bound as text when it is whole.  `begin`
 * says how many values are put before `end`; texts are UTF-8 without U+0000.
 */
struct engine_value_list {
	void (*begin)(struct text *out, enum value_list_of of, size_t count);
	void (*number)(struct text *out, int64_t number);
	void (*text)(struct text *out, struct slice text);
	void (*end)(struct text *out);
};

/* Of an engine that has none of its own: an array in JSON; value_list.c. */
extern const struct engine_value_list value_list_json;

#endif
