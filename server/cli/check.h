/* SPDX-License-Identifier: MIT */
/*
 * check.h - chatmem check: is what is stored what was stored?
 */
#ifndef SERVER_CLI_CHECK_H
#define SERVER_CLI_CHECK_H

#include <stdint.h>

struct error;
struct store_options;

/*
 * Prints a line for each thing that is damaged of this store, and adds to
 * *findings.
 */
int check_store(const struct store_options *options, int64_t *findings,
	struct error *error);

#endif
