/* SPDX-License-Identifier: MIT */
/*
 * migrate.h - chatmem migrate: the tables of an older file, brought up to date.
 */
#ifndef SERVER_CLI_MIGRATE_H
#define SERVER_CLI_MIGRATE_H

struct config;
struct error;

/*
 * Does what a start would do first, and no more; with --check it only says what
 * that takes.
 */
int command_migrate(const struct config *config, struct error *error);

#endif
