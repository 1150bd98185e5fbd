/* SPDX-License-Identifier: MIT */
/* export_fetch.c - an export that a server makes. */
#include "server/cli/export_fetch.h"

#include <stdbool.h>

#include "schema/error.h"
#include "server/cli/ask.h"
#include "server/cli/client.h"
#include "server/cli/command.h"
#include "server/cli/output.h"
#include "server/cli/progress.h"
#include "server/config/config.h"

/* The last line begins so if anything was left out; see export_line.c. */
static const char export_fetch_mark[] = "{\"damaged\":";

#define MARK_LENGTH (sizeof(export_fetch_mark) - 1)

struct export_fetch_state {
	struct progress progress;
	int64_t lines;
	/* Bytes of the line so far, all of them the mark's; beyond: others. */
	size_t marked;
	bool damaged;
};

static void export_fetch_look(struct export_fetch_state *state, char byte)
{
	if (byte == '\n') {
		state->lines++;
		state->marked = 0;
	} else if (state->marked < MARK_LENGTH) {
		state->marked = byte == export_fetch_mark[state->marked]
					? state->marked + 1
					: MARK_LENGTH + 1;
		state->damaged |= state->marked == MARK_LENGTH;
	}
}

static int export_fetch_print(
	void *context, struct slice bytes, struct error *error)
{
	struct export_fetch_state *state = context;

	if (state->lines == 0 && state->marked == 0 && bytes.length > 0 &&
		bytes.data[0] != '{')
		return error_set(error, ERROR_UNAVAILABLE,
			"the answer is no export: is that a chatmem?");
	for (size_t i = 0; i < bytes.length; i++)
		export_fetch_look(state, bytes.data[i]);
	progress_show(&state->progress, state->lines, EXPORT_NOUN);
	return output_write(bytes, error);
}

static int export_fetch_end(
	const struct export_fetch_state *state, struct error *error)
{
	progress_end(state->lines, EXPORT_NOUN);
	if (state->lines == 0)
		command_warn(NULL, "the server has no sessions for this key");
	return state->damaged ? error_set(error, ERROR_DAMAGED,
					"what is damaged was left out; the "
					"last line names it")
			      : 0;
}

int export_fetch(const struct config *config, struct error *error)
{
	struct export_fetch_state state = { .lines = 0 };
	struct ask ask = { .method = "GET" };
	struct client *client;
	int result = client_open(&client, config, error);

	if (config->session) {
		ask_path(&ask, "/sessions/");
		ask_name(&ask, config->session);
	}
	ask_path(&ask, "/export");
	if (result == 0)
		result = client_follow(
			client, &ask, export_fetch_print, &state, error);
	if (result == 0)
		result = export_fetch_end(&state, error);
	client_close(client);
	ask_clear(&ask);
	return result;
}
