/* SPDX-License-Identifier: MIT */
/* erase.c - chatmem erase: a session is gone for good. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "schema/error.h"
#include "schema/text.h"
#include "server/cli/ask.h"
#include "server/cli/change.h"
#include "server/cli/client.h"
#include "server/cli/command.h"
#include "server/cli/output.h"
#include "server/config/config.h"

/* A person types the name again; a script has said what it wants. */
static int erase_confirm(
	struct client *client, const struct config *config, struct error *error)
{
	struct error none = { 0 };
	struct text question = { 0 };
	char *line = NULL;
	size_t size = 0;
	ssize_t length;
	bool same;

	if (config->yes || !isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return 0;
	/* A damaged session can be erased. */
	if (client_need_session(client, config->file, &none) &&
		none.code == ERROR_NOT_FOUND)
		return error_set(error, none.code, "%s", none.message);
	text_string(&question, "This cannot be undone. Type the name \"");
	output_text(&question, slice_of(config->file), false);
	text_string(&question, "\" to erase it: ");
	fprintf(stderr, "%.*s", (int)question.length,
		question.failed ? "" : question.data);
	text_clear(&question);
	length = getline(&line, &size, stdin);
	if (length > 0 && line[length - 1] == '\n')
		line[length - 1] = '\0';
	same = length > 0 && !strcmp(line, config->file);
	free(line);
	return same ? 0
		    : error_set(error, ERROR_UNAVAILABLE,
			      "that is not the name: nothing was erased");
}

static int erase_tell(
	const struct config *config, struct slice answer, struct error *error)
{
	(void)answer;
	return change_tell(config, "erased \"", "\"", error);
}

static int erase_send(
	struct client *client, const struct config *config, struct error *error)
{
	struct ask ask = { .method = "DELETE", .member = "erased_at" };
	int result;

	ask_path(&ask, "/sessions/");
	ask_name(&ask, config->file);
	result = change_send(client, config, &ask, erase_tell, error);
	ask_clear(&ask);
	return result;
}

int command_erase(const struct config *config, struct error *error)
{
	struct client *client;
	int result = client_open(&client, config, error);

	if (result == 0)
		result = erase_confirm(client, config, error);
	if (result == 0)
		result = erase_send(client, config, error);
	client_close(client);
	return result;
}
