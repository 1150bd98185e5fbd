/* SPDX-License-Identifier: MIT */
/*
 * key.h - makes API keys.
 */
#ifndef SERVER_CLI_KEY_H
#define SERVER_CLI_KEY_H

struct config;
struct error;

/*
 * Prints a new key for the tenant config->file, and below it the line that
 * makes a server know it.
 */
int command_key(const struct config *config, struct error *error);

#endif
