/* SPDX-License-Identifier: MIT */
/* load.c - chatmem load: what a session's memory hands to a model. */
#include "schema/error.h"
#include "schema/json/value.h"
#include "server/cli/ask.h"
#include "server/cli/client.h"
#include "server/cli/command.h"
#include "server/cli/output.h"
#include "server/cli/print.h"
#include "server/config/config.h"

/* A string as it is, else JSON; with its name if there are several. */
static void load_print(struct text *out, struct slice answer)
{
	struct json_walk walk = json_walk(answer);
	struct slice name, value;

	while (json_next_member(&walk, &name, &value)) {
		if (json_count(answer) > 1) {
			output_style(out, STYLE_STRONG);
			print_string(out, name, false);
			text_string(out, ":\n");
			output_style(out, STYLE_PLAIN);
		}
		if (json_kind(value) != JSON_KIND_STRING) {
			print_json(out, value);
			continue;
		}
		print_string(out, value, true);
		text_byte(out, '\n');
	}
}

static int load_print_answer(
	const struct config *config, struct slice answer, struct error *error)
{
	struct text out = { 0 };
	int result;

	if (config->json || json_kind(answer) != JSON_KIND_OBJECT)
		print_json(&out, answer);
	else
		load_print(&out, answer);
	result = out.failed ? error_out_of_memory(error)
			    : output_write(text_view(&out), error);
	text_clear(&out);
	return result;
}

int command_load(const struct config *config, struct error *error)
{
	struct ask ask = { .method = "GET" };
	struct text answer = { 0 };
	struct client *client;
	int result = client_open(&client, config, error);

	ask_path(&ask, "/sessions/");
	ask_name(&ask, config->file);
	ask_path(&ask, "/load");
	ask_parameter(&ask, "last", config->query.last);
	ask_parameter(&ask, "as_of", config->query.as_of);
	if (result == 0)
		result = client_need_session(client, config->file, error);
	if (result == 0)
		result = client_send(client, &ask, &answer, error);
	if (result == 0)
		result = load_print_answer(config, text_view(&answer), error);
	client_close(client);
	ask_clear(&ask);
	text_clear(&answer);
	return result;
}
