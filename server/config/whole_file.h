/* SPDX-License-Identifier: MIT */
/* whole_file.h - all bytes of a file that has to fit into memory. */
#ifndef SERVER_CONFIG_WHOLE_FILE_H
#define SERVER_CONFIG_WHOLE_FILE_H

#include <stddef.h>

struct error;
struct text;

/*
 * Appends the bytes of the file at `path`, `most` or less; ERROR_INVALID names
 * the path.
 */
int whole_file_read(
	struct text *bytes, const char *path, size_t most, struct error *error);

#endif
