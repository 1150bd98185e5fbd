/* SPDX-License-Identifier: MIT */
/*
 * secret.c - what lets us in at somebody else's server, from a file of its own.
 */
#include "server/auth/secret.h"

#include "schema/error.h"
#include "server/observe/log.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const struct secret_words secret_llm_key = {
	.open = "everybody may read the key",
	.instead = "--llm-key-file and CHATMEM_LLM_KEY_FILE name a file; the"
		   " key itself goes into CHATMEM_LLM_KEY",
	.kind = "key",
};

const struct secret_words secret_db_url = {
	.open = "everybody may read the URL of the database",
	.instead = "--db-url-file and CHATMEM_DB_URL_FILE name a file; the URL"
		   " itself goes into CHATMEM_DB",
	.kind = "URL",
};

const struct secret_words secret_api_key = {
	.open = "everybody may read the API key",
	.instead = "--key-file and CHATMEM_KEY_FILE name a file; the key itself"
		   " goes into CHATMEM_KEY",
	.kind = "key",
};

/* NULL: it cannot be read, or holds nothing. */
static char *secret_read_line(FILE *file)
{
	char *line = NULL;
	size_t capacity = 0;

	if (getline(&line, &capacity, file) > 0)
		line[strcspn(line, "\r\n")] = '\0';
	else if (line)
		*line = '\0';
	if (line && *line)
		return line;
	free(line);
	return NULL;
}

/* A secret that stands where its file belongs is seldom like a path. */
static bool secret_is_path(const char *text)
{
	return strpbrk(text, "/.") != NULL && strchr(text, ':') == NULL;
}

static void secret_refuse(
	const char *path, const struct secret_words *words, struct error *error)
{
	const char *reason = strerror(errno);

	if (errno != ENOENT)
		error_describe(error, ERROR_INVALID, "cannot open %s: %s", path,
			reason);
	else if (secret_is_path(path))
		error_describe(error, ERROR_INVALID, "cannot open %s: %s; %s",
			path, reason, words->instead);
	else
		error_describe(error, ERROR_INVALID,
			"there is no such file; %s", words->instead);
}

FILE *secret_open(
	const char *path, const struct secret_words *words, struct error *error)
{
	FILE *file = fopen(path, "re");
	struct stat status;

	if (!file)
		secret_refuse(path, words, error);
	else if (!fstat(fileno(file), &status) && (status.st_mode & S_IROTH))
		log_line(LOG_WARNING, words->open, "file", path, NULL);
	return file;
}

int secret_read(char **out, const char *path, const struct secret_words *words,
	struct error *error)
{
	FILE *file = secret_open(path, words, error);

	if (!file)
		return -1;
	setvbuf(file, NULL, _IONBF, 0);
	*out = secret_read_line(file);
	fclose(file);
	if (*out)
		return 0;
	return error_set(error, ERROR_INVALID,
		"the first line of %s holds no %s", path, words->kind);
}

int secret_check_header(
	const char *key, const struct secret_words *words, struct error *error)
{
	for (; key && *key; key++)
		if ((unsigned char)*key < ' ' || *key == '\177')
			return error_set(error, ERROR_INVALID,
				"the key holds the end of a line, or another "
				"character that no header may have; %s",
				words->instead);
	return 0;
}

void secret_free(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}
