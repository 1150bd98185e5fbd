/* SPDX-License-Identifier: MIT */
/* change.c - what commands have in common that change a session. */
#include "server/cli/change.h"

#include "schema/error.h"
#include "server/cli/client.h"
#include "server/cli/output.h"
#include "server/cli/print.h"
#include "server/config/config.h"

static int change_print(struct slice answer, struct error *error)
{
	struct text out = { 0 };
	int result;

	print_json(&out, answer);
	result = out.failed ? error_out_of_memory(error)
			    : output_write(text_view(&out), error);
	text_clear(&out);
	return result;
}

int change_send(struct client *client, const struct config *config,
	const struct ask *ask, change_teller *tell, struct error *error)
{
	struct text answer = { 0 };
	int result = client_send(client, ask, &answer, error);

	if (result == 0)
		result = config->json ? change_print(text_view(&answer), error)
				      : tell(config, text_view(&answer), error);
	text_clear(&answer);
	return result;
}

int change_make(const struct config *config, const struct ask *ask,
	change_teller *tell, struct error *error)
{
	struct client *client;
	int result = client_open(&client, config, error);

	if (result == 0)
		result = change_send(client, config, ask, tell, error);
	client_close(client);
	return result;
}

int change_tell(const struct config *config, const char *before,
	const char *after, struct error *error)
{
	struct text out = { 0 };
	int result;

	text_string(&out, before);
	output_text(&out, slice_of(config->file), false);
	text_string(&out, after);
	text_byte(&out, '\n');
	result = out.failed ? error_out_of_memory(error)
			    : output_write(text_view(&out), error);
	text_clear(&out);
	return result;
}
