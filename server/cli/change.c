/* SPDX-License-Identifier: MIT */
/* change.c - what commands have in common that change a session. */
#include "server/cli/change.h"

#include "schema/error.h"
#include "server/cli/client.h"
#include "server/cli/output.h"
#include "server/cli/print.h"
#include "server/config/config.h"

int change_send(struct client *client, const struct config *config,
	const struct ask *ask, struct text *answer, struct error *error)
{
	struct text out = { 0 };
	int result = client_send(client, ask, answer, error);

	if (result || !config->json)
		return result;
	print_json(&out, text_view(answer));
	result = out.failed ? error_out_of_memory(error)
			    : output_write(text_view(&out), error);
	text_clear(&out);
	return result;
}

int change_tell(const struct config *config, const char *before,
	const char *after, struct error *error)
{
	struct text out = { 0 };
	int result;

	if (config->json)
		return 0;
	text_string(&out, before);
	output_text(&out, slice_of(config->file), false);
	text_string(&out, after);
	text_byte(&out, '\n');
	result = out.failed ? error_out_of_memory(error)
			    : output_write(text_view(&out), error);
	text_clear(&out);
	return result;
}
