/* SPDX-License-Identifier: MIT */
/*
 * backup.h - chatmem backup and restore: the whole store as a file.
 */
#ifndef SERVER_CLI_BACKUP_H
#define SERVER_CLI_BACKUP_H

#include <stdint.h>

struct config;
struct error;

/*
 * Copies the store into config->file, also beside a server, and reads the copy.
 * ERROR_DAMAGED if what it has is damaged; it is kept all the same.
 */
int command_backup(const struct config *config, struct error *error);
/* Looks at all rows of the copy at `path`, and adds what is damaged. */
int backup_read(const struct config *config, const char *path,
	int64_t *findings, struct error *error);
/* Removes what a handle leaves beside a file that nobody else has open. */
void backup_tidy(const char *path);
/* Puts the backup config->file in the place of the store. */
int command_restore(const struct config *config, struct error *error);

#endif
