/* SPDX-License-Identifier: MIT */
/*
 * config_file.h - lines NAME=value, as an environment has them.
 *
 * It is the format of systemd's EnvironmentFile: empty lines and those that
 * begin with # or ; are skipped, and quotes around a value are taken off.
 */
#ifndef SERVER_CONFIG_CONFIG_FILE_H
#define SERVER_CONFIG_CONFIG_FILE_H

struct error;

/*
 * `*out` ends with NULL and is one piece of memory, the caller's to free.
 * ERROR_INVALID names the file or its line, and never shows a value.
 */
int config_file_read(char ***out, const char *path, struct error *error);

#endif
