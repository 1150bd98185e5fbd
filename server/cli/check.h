/* SPDX-License-Identifier: MIT */
/*
 * check.h - chatmem check: is what is stored what was stored?
 */
#ifndef SERVER_CLI_CHECK_H
#define SERVER_CLI_CHECK_H

struct config;
struct error;

/*
 * Reads the whole store, also beside a server, and prints a line for each thing
 * that is damaged.  ERROR_DAMAGED if there is any.
 */
int command_check(const struct config *config, struct error *error);

#endif
