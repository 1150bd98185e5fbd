/* SPDX-License-Identifier: MIT */
/*
 * backup.h - chatmem backup and restore: the whole store as a file.
 */
#ifndef SERVER_CLI_BACKUP_H
#define SERVER_CLI_BACKUP_H

struct config;
struct error;

/*
 * Copies the store into config->file, also beside a server, and reads the copy.
 * ERROR_DAMAGED if what it has is damaged; it is kept all the same.
 */
int command_backup(const struct config *config, struct error *error);
/* Puts the backup config->file in the place of the store. */
int command_restore(const struct config *config, struct error *error);

#endif
