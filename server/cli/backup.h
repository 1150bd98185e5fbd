/* SPDX-License-Identifier: MIT */
/*
 * backup.h - what backup and restore share: looking at a copy.
 */
#ifndef SERVER_CLI_BACKUP_H
#define SERVER_CLI_BACKUP_H

#include <stdint.h>

struct config;
struct error;

/* Looks at all rows of the copy at `path`, and adds what is damaged. */
int backup_read(const struct config *config, const char *path,
	int64_t *findings, struct error *error);

#endif
