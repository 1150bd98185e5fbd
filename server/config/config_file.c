/* SPDX-License-Identifier: MIT */
/*
 * config_file.c - lines NAME=value, as an environment has them.
 */
#include "server/config/config_file.h"

#include <stdlib.h>
#include <string.h>

#include "schema/error.h"
#include "schema/text.h"
#include "server/config/whole_file.h"

#define FILE_MAX ((size_t)1 << 20)

/* The last line may have no end of its own. */
static int config_file_read_bytes(
	struct text *bytes, const char *path, struct error *error)
{
	if (whole_file_read(bytes, path, FILE_MAX, error))
		return -1;
	text_append(bytes, "\n", 1);
	return bytes->failed ? error_out_of_memory(error) : 0;
}

static struct slice config_file_trim(struct slice text)
{
	while (text.length && strchr(" \t\r", text.data[text.length - 1]))
		text.length--;
	while (text.length && strchr(" \t", *text.data)) {
		text.data++;
		text.length--;
	}
	return text;
}

static struct slice config_file_unquote(struct slice value)
{
	const char quote = value.length > 1 ? *value.data : '\0';

	if ((quote == '"' || quote == '\'') &&
		value.data[value.length - 1] == quote) {
		value.data++;
		value.length -= 2;
	}
	return value;
}

/* Writes `NAME=value` and its end; NULL: the line has no =. */
static char *config_file_write(char *out, struct slice line)
{
	const char *equal = memchr(line.data, '=', line.length);
	struct slice name = line, value = line;

	if (!equal)
		return NULL;
	name.length = (size_t)(equal - line.data);
	value.data = equal + 1;
	value.length = line.length - name.length - 1;
	name = config_file_trim(name);
	value = config_file_unquote(config_file_trim(value));
	out = mempcpy(out, name.data, name.length);
	*out++ = '=';
	out = mempcpy(out, value.data, value.length);
	*out++ = '\0';
	return out;
}

static bool config_file_is_skipped(struct slice line)
{
	return !line.length || *line.data == '#' || *line.data == ';';
}

/* The text comes behind the pointers, and is never longer than the file. */
static int config_file_split(
	char **lines, char *out, struct slice bytes, size_t *number)
{
	const char *const end = bytes.data + bytes.length;
	const char *stop;

	for (const char *at = bytes.data; at < end; at = stop + 1) {
		struct slice line = { at, 0 };

		stop = memchr(at, '\n', (size_t)(end - at));
		line.length = (size_t)(stop - at);
		line = config_file_trim(line);
		++*number;
		if (config_file_is_skipped(line))
			continue;
		*lines++ = out;
		out = config_file_write(out, line);
		if (!out)
			return -1;
	}
	*lines = NULL;
	return 0;
}

static size_t config_file_count(struct slice bytes)
{
	size_t count = 0;

	for (size_t i = 0; i < bytes.length; i++)
		count += bytes.data[i] == '\n';
	return count;
}

int config_file_read(char ***out, const char *path, struct error *error)
{
	struct text bytes = { 0 };
	size_t pointers, number = 0;
	char **lines = NULL;
	int result = config_file_read_bytes(&bytes, path, error);

	if (result)
		goto out;
	pointers = config_file_count(text_view(&bytes)) + 1;
	lines = malloc(pointers * sizeof(*lines) + bytes.length + 1);
	result = lines ? 0 : error_out_of_memory(error);
	if (result)
		goto out;
	if (config_file_split(lines, (char *)(lines + pointers),
		    text_view(&bytes), &number))
		result = error_set(error, ERROR_INVALID,
			"%s: line %zu is not NAME=value", path, number);
out:
	text_clear(&bytes);
	if (result)
		free(lines);
	else
		*out = lines;
	return result;
}
