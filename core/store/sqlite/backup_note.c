/* SPDX-License-Identifier: MIT */
/*
 * backup_note.c - when the newest good backup was begun: a line in a file
 * beside the database, which a server reads whoever made the backup.
 *
 * It is no part of the database: a backup changes nothing there, and its note
 * does not go with a copy to another place.
 */
#include "core/store/sqlite/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of the file that a link leads to, as its log; to be freed. */
static char *backup_note_name(const struct sqlite *sqlite, const char *suffix)
{
	char *real = realpath(sqlite->path, NULL), *name = NULL;

	if (real && asprintf(&name, "%s.backed-up%s", real, suffix) < 0)
		name = NULL;
	free(real);
	return name;
}

/* Root gives the line to the user who has the file. */
static int backup_note_write(
	const struct sqlite *sqlite, const char *name, const struct text *line)
{
	struct stat like;
	int fd, failed;

	if (stat(sqlite->path, &like) || (unlink(name) && errno != ENOENT))
		return -1;
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	failed = (geteuid() == 0 && fchown(fd, like.st_uid, like.st_gid)) ||
		 fchmod(fd, like.st_mode & 0666) ||
		 write(fd, line->data, line->length) != (ssize_t)line->length;
	return close(fd) || failed ? -1 : 0;
}

/* There is the line of before or this one, whenever it is killed. */
int sqlite_note_backup(struct engine *engine, int64_t at, struct error *error)
{
	const struct sqlite *sqlite = sqlite_of(engine);
	char *name = backup_note_name(sqlite, "");
	char *partial = backup_note_name(sqlite, ".partial");
	struct text line = { 0 };
	int result = 0;

	text_time(&line, at);
	text_string(&line, "\n");
	if (!name || !partial || line.failed) {
		result = error_out_of_memory(error);
	} else if (backup_note_write(sqlite, partial, &line) ||
		   rename(partial, name)) {
		result = error_set(error, ERROR_UNAVAILABLE,
			"cannot write \"%s\": %s", name, strerror(errno));
		unlink(partial);
	}
	text_clear(&line);
	free(partial);
	free(name);
	return result;
}

int64_t sqlite_noted_backup(const struct sqlite *sqlite)
{
	char *name = backup_note_name(sqlite, "");
	const int fd = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
	char line[64];
	ssize_t length = 0;
	int64_t at;

	free(name);
	if (fd >= 0) {
		length = read(fd, line, sizeof(line));
		close(fd);
	}
	if (length < 1 || line[length - 1] != '\n' ||
		!slice_time((struct slice){ line, (size_t)length - 1 }, &at))
		return -1;
	return at / 1000;
}
