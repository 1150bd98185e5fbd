/* SPDX-License-Identifier: MIT */
/* search.c - chatmem search: messages by their words. */
#include "schema/error.h"
#include "schema/json/value.h"
#include "server/cli/ask.h"
#include "server/cli/client.h"
#include "server/cli/command.h"
#include "server/cli/output.h"
#include "server/cli/print.h"
#include "server/config/config.h"

/* Session, number and snippet. */
static void search_print(struct text *out, struct slice result)
{
	output_style(out, STYLE_STRONG);
	print_string(out, print_member(result, "session"), false);
	output_style(out, STYLE_PLAIN);
	text_string(out, output_is_terminal() ? " #" : "\t");
	text_slice(out, print_member(result, "seq"));
	text_string(out, output_is_terminal() ? "  " : "\t");
	print_string(out, print_member(result, "snippet"), false);
	text_byte(out, '\n');
}

static int search_print_results(
	const struct config *config, struct slice answer, struct error *error)
{
	struct slice results, found;
	struct text out = { 0 };
	struct json_walk walk;
	int result;

	if (json_find_kind(answer, "results", JSON_KIND_ARRAY, &results)) {
		walk = json_walk(results);
		while (json_next_element(&walk, &found))
			if (config->json)
				print_json(&out, found);
			else
				search_print(&out, found);
	}
	if (out.length == 0)
		command_warn(NULL, "no message has these words");
	result = out.failed ? error_out_of_memory(error)
			    : output_write(text_view(&out), error);
	text_clear(&out);
	return result;
}

/* The words, with spaces between; ends with a 0. */
static void search_join(struct text *words, const struct config *config)
{
	for (size_t i = 0; i < config->operand_count; i++)
		text_format(words, "%s%s", i ? " " : "", config->operands[i]);
	text_byte(words, '\0');
}

static int search_ask(
	struct client *client, const struct config *config, struct error *error)
{
	struct ask ask = { .method = "GET", .member = "results" };
	struct text words = { 0 }, answer = { 0 };
	int result;

	search_join(&words, config);
	if (config->session) {
		ask_path(&ask, "/sessions/");
		ask_name(&ask, config->session);
	}
	ask_path(&ask, "/search");
	ask_parameter(&ask, "q", words.failed ? "" : words.data);
	ask_parameter(&ask, "limit", config->query.limit);
	result = words.failed ? error_out_of_memory(error)
			      : client_send(client, &ask, &answer, error);
	if (result == 0)
		result =
			search_print_results(config, text_view(&answer), error);
	ask_clear(&ask);
	text_clear(&words);
	text_clear(&answer);
	return result;
}

int command_search(const struct config *config, struct error *error)
{
	struct client *client;
	int result = client_open(&client, config, error);

	if (result == 0 && config->session)
		result = client_need_session(client, config->session, error);
	if (result == 0)
		result = search_ask(client, config, error);
	client_close(client);
	return result;
}
