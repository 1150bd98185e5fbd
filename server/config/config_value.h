/* SPDX-License-Identifier: MIT */
/*
 * config_value.h - the value of a setting, from its text.
 *
 * A value that does not fit is ERROR_INVALID, in words that follow the
 * setting's name and a colon.
 */
#ifndef SERVER_CONFIG_CONFIG_VALUE_H
#define SERVER_CONFIG_CONFIG_VALUE_H

#include <stdbool.h>
#include <stdint.h>

struct error;

/* Both ends belong to it. */
struct value_range {
	int64_t least;
	int64_t most;
};

int value_number(const char *text, const struct value_range *range,
	int64_t *out, struct error *error);
/* The same, and K, M or G behind the digits. */
int value_bytes(const char *text, const struct value_range *range, int64_t *out,
	struct error *error);

/* true, 1, false, 0. */
int value_switch(const char *text, bool *out, struct error *error);

/* The index of `text` in a list that ends with NULL. */
int value_choice(const char *text, const char *const words[], int *out,
	struct error *error);

/*
 * Adds a text to the list, which is emptied first if it holds those of
 * another source: a flag does not add to a variable.
 */
struct config_list;
int value_list(const char *value, int source, struct config_list *list,
	struct error *error);

#endif
