/* SPDX-License-Identifier: MIT */
/*
 * bare.c - what the HTTP library alone can send.
 *
 * Each file is the body of the reply at its name, byte for byte; a POST's body
 * is read and thrown away.  The table of `tests/run bench` has it send what
 * chatmem has answered.
 *
 *	bare FILE…	prints the port it listens on
 */
#include "tests/bench/served.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILES 16

struct reply {
	const char *name;
	char *body;
	size_t length;
};

static struct reply replies[FILES];

static void bare_read(struct reply *reply, const char *path)
{
	FILE *file = fopen(path, "rb");
	long length;

	must(file && fseek(file, 0, SEEK_END) == 0, path);
	length = ftell(file);
	must(length >= 0, path);
	rewind(file);
	reply->name = strrchr(path, '/') ? strrchr(path, '/') : path;
	reply->length = (size_t)length;
	reply->body = malloc(reply->length + 1);
	must(reply->body && fread(reply->body, 1, reply->length, file) ==
				    reply->length,
		path);
	fclose(file);
}

static const struct reply *bare_find(const char *url)
{
	for (size_t i = 0; i < FILES && replies[i].name; i++)
		if (strcmp(replies[i].name, url) == 0)
			return &replies[i];
	return &replies[0];
}

static enum MHD_Result bare_handle(void *nothing,
	struct MHD_Connection *connection, const char *url, const char *method,
	const char *version, const char *data, size_t *size, void **context)
{
	static char seen;
	const struct reply *reply;

	(void)nothing;
	(void)version;
	(void)data;
	if (!*context || *size) {
		*context = &seen;
		*size = 0;
		return MHD_YES;
	}
	reply = bare_find(url);
	return served_answer(connection,
		strcmp(method, "POST") == 0 ? MHD_HTTP_CREATED : MHD_HTTP_OK,
		reply->body, reply->length, MHD_RESPMEM_PERSISTENT);
}

int main(int argc, char **argv)
{
	must(argc > 1 && argc <= FILES + 1, "bare FILE…");
	for (int i = 1; i < argc; i++)
		bare_read(&replies[i - 1], argv[i]);
	served_forever(bare_handle, NULL);
}
