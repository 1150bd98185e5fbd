/* SPDX-License-Identifier: MIT */
/* greet.c - the first lines for a person. */
#include "server/greet.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void greet(const char *file, const char *host, unsigned port)
{
	const bool bare = strchr(host, ':') != NULL; /* of IPv6 */
	char *path = NULL;

	if (!isatty(STDERR_FILENO))
		return;
	if (file)
		path = realpath(file, NULL);
	if (path)
		fprintf(stderr,
			"chatmem: %s keeps everything; its log, its lock and "
			"the ballast for a full disk lie beside it\n",
			path);
	for (int line = 0; line < 2; line++)
		fprintf(stderr, "chatmem: %s%s%s%s:%u/%s\n",
			line ? "or open http://" : "try  curl http://",
			bare ? "[" : "", host, bare ? "]" : "", port,
			line ? " in a browser"
			     : "sessions/alice/messages -d "
			       "'{\"type\":\"human\",\"content\":\"Hi!\"}'");
	free(path);
}
