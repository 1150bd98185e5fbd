/* SPDX-License-Identifier: MIT */
/*
 * check.h - chatmem check: is what is stored what was stored?
 */
#ifndef SERVER_CLI_CHECK_H
#define SERVER_CLI_CHECK_H

#include <stdint.h>

struct config;
struct error;

/*
 * Reads the whole store, also beside a server, and prints a line for each thing
 * that is damaged.  ERROR_DAMAGED if there is any.
 */
int command_check(const struct config *config, struct error *error);

struct store_options;
/* Prints so too what is damaged of this store, and adds to *findings. */
int check_store(const struct store_options *options, int64_t *findings,
	struct error *error);

#endif
