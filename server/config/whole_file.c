/* SPDX-License-Identifier: MIT */
/* whole_file.c - all bytes of a file that has to fit into memory. */
#include "server/config/whole_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "schema/error.h"
#include "schema/text.h"

int whole_file_read(
	struct text *bytes, const char *path, size_t most, struct error *error)
{
	FILE *file = fopen(path, "re");
	char part[1 << 14];
	size_t size;
	int failed;

	if (!file)
		return error_set(error, ERROR_INVALID, "cannot open %s: %s",
			path, strerror(errno));
	do {
		size = fread(part, 1, sizeof(part), file);
		text_append(bytes, part, size);
	} while (size == sizeof(part) && bytes->length <= most);
	failed = ferror(file) ? errno : 0;
	fclose(file);
	if (failed)
		return error_set(error, ERROR_INVALID, "cannot read %s: %s",
			path, strerror(failed));
	if (bytes->length > most)
		return error_set(error, ERROR_INVALID,
			"%s is over the bound of %zu bytes", path, most);
	return bytes->failed ? error_out_of_memory(error) : 0;
}
