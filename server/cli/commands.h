/* SPDX-License-Identifier: MIT */
/*
 * commands.h - commands that work on the store's file.
 */
#ifndef SERVER_CLI_COMMANDS_H
#define SERVER_CLI_COMMANDS_H

struct config;
struct error;
struct store_options;

/* Prints sessions as lines of JSON. */
int command_export(const struct config *config, struct error *error);
/* Reads config->file, and stores its lines or posts them to config->url. */
int command_import(const struct config *config, struct error *error);

/*
 * The store that the settings name, for any quota: a command may not be told
 * of the server's.  Warns on standard error.
 */
struct store_options command_store(const struct config *config);
/* The same without the index of words, which may be damaged. */
struct store_options command_store_to_copy(const struct config *config);

#endif
