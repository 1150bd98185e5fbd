/* SPDX-License-Identifier: MIT */
/* sessions.c - chatmem sessions: the list of them. */
#include <stdio.h>

#include "schema/error.h"
#include "schema/json/value.h"
#include "server/cli/ask.h"
#include "server/cli/client.h"
#include "server/cli/command.h"
#include "server/cli/output.h"
#include "server/cli/print.h"
#include "server/cli/progress.h"
#include "server/config/config.h"

#define PAGE "1000"

struct sessions_list {
	const struct config *config;
	struct client *client;
	struct progress progress;
	struct text cursor; /* of the next page; empty: there is none */
	int64_t count;
	int64_t damaged;
};

/* Columns for a person, names at their end; tabs for a script. */
static void sessions_print(struct text *out, struct slice session)
{
	const struct slice count = print_member(session, "message_count");
	const struct slice at = print_member(session, "updated_at");
	struct text age = { 0 };

	if (output_is_terminal()) {
		print_age(&age, at);
		output_style(out, STYLE_FAINT);
		text_format(out, "%8.*s  %8.*s  ", (int)count.length,
			count.data, (int)age.length, age.data ? age.data : "");
		output_style(out, STYLE_PLAIN);
		print_string(out, print_member(session, "id"), false);
	} else {
		print_string(out, print_member(session, "id"), false);
		text_byte(out, '\t');
		text_slice(out, count);
		text_byte(out, '\t');
		print_time(out, at);
	}
	text_byte(out, '\n');
	out->failed |= age.failed;
	text_clear(&age);
}

static void sessions_begin(struct text *out, const struct config *config)
{
	if (!config->json && output_is_terminal()) {
		output_style(out, STYLE_STRONG);
		text_string(out, "messages       ago  session\n");
		output_style(out, STYLE_PLAIN);
	}
}

/* Prints what the server says of those that are damaged. */
static int sessions_warn(
	struct sessions_list *list, struct slice answer, struct error *error)
{
	struct slice damaged, one;
	struct text sentence = { 0 };
	struct json_walk walk;
	bool failed;

	if (!json_find_kind(answer, "damaged", JSON_KIND_ARRAY, &damaged))
		return 0;
	walk = json_walk(damaged);
	for (; json_next_element(&walk, &one); list->damaged++) {
		sentence.length = 0;
		print_string(&sentence, print_member(one, "message"), false);
		text_byte(&sentence, '\0');
		if (!sentence.failed)
			command_warn(NULL, sentence.data);
	}
	failed = sentence.failed;
	text_clear(&sentence);
	return failed ? error_out_of_memory(error) : 0;
}

static int sessions_print_page(
	struct sessions_list *list, struct slice answer, struct error *error)
{
	struct slice sessions, session, cursor;
	struct text out = { 0 };
	struct json_walk walk;
	int result;

	if (list->count == 0)
		sessions_begin(&out, list->config);
	if (json_find_kind(answer, "sessions", JSON_KIND_ARRAY, &sessions)) {
		walk = json_walk(sessions);
		for (; json_next_element(&walk, &session); list->count++)
			if (list->config->json)
				print_json(&out, session);
			else
				sessions_print(&out, session);
	}
	list->cursor.length = 0;
	if (json_find_kind(answer, "next_cursor", JSON_KIND_STRING, &cursor))
		json_decode(&list->cursor, cursor);
	if (list->cursor.length > 0)
		text_byte(&list->cursor, '\0');
	result = out.failed || list->cursor.failed
			 ? error_out_of_memory(error)
			 : output_write(text_view(&out), error);
	if (result == 0)
		result = sessions_warn(list, answer, error);
	text_clear(&out);
	return result;
}

static int sessions_ask(struct sessions_list *list, struct error *error)
{
	const struct config *config = list->config;
	struct ask ask = { .method = "GET", .member = "sessions" };
	struct text answer = { 0 };
	int result;

	ask_path(&ask, "/sessions");
	ask_parameter(&ask, "prefix", config->file);
	ask_parameter(&ask, "limit",
		config->query.limit ? config->query.limit : PAGE);
	if (list->cursor.length > 0)
		ask_parameter(&ask, "cursor", list->cursor.data);
	result = client_send(list->client, &ask, &answer, error);
	if (result == 0)
		result = sessions_print_page(list, text_view(&answer), error);
	if (!output_is_terminal())
		progress_show(&list->progress, list->count, "sessions");
	ask_clear(&ask);
	text_clear(&answer);
	return result;
}

int command_sessions(const struct config *config, struct error *error)
{
	struct sessions_list list = { .config = config };
	int result = client_open(&list.client, config, error);

	if (result == 0)
		do
			result = sessions_ask(&list, error);
		while (result == 0 && list.cursor.length > 0 &&
			!config->query.limit);
	if (result == 0 && !output_is_terminal())
		progress_end(list.count, "sessions");
	if (result == 0 && list.damaged > 0)
		result = error_set(error, ERROR_DAMAGED,
			"%lld sessions are damaged; `chatmem check` says more",
			(long long)list.damaged);
	if (result == 0 && list.count == 0)
		command_warn_none(config, "there are no such sessions");
	client_close(list.client);
	text_clear(&list.cursor);
	return result;
}
