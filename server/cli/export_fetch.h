/* SPDX-License-Identifier: MIT */
/*
 * export_fetch.h - chatmem export --url: the lines as a server sends them.
 */
#ifndef SERVER_CLI_EXPORT_FETCH_H
#define SERVER_CLI_EXPORT_FETCH_H

#define EXPORT_NOUN "sessions and messages exported"

struct config;
struct error;

/* Prints them.  ERROR_DAMAGED: the last one names what the server left out. */
int export_fetch(const struct config *config, struct error *error);

#endif
