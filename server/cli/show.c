/* SPDX-License-Identifier: MIT */
/*
 * show.c - chatmem show: the messages of a session.
 *
 * All of them come page by page.  Only in the form of the default have they
 * numbers, by which pages follow each other; a page in another form is asked
 * for by the numbers of such a page.
 */
#include <stdio.h>
#include <string.h>

#include "schema/error.h"
#include "schema/json/value.h"
#include "server/cli/ask.h"
#include "server/cli/client.h"
#include "server/cli/command.h"
#include "server/cli/output.h"
#include "server/cli/print.h"
#include "server/cli/progress.h"
#include "server/config/config.h"

#define LIMIT 1000

struct show_pages {
	const struct config *config;
	struct client *client;
	struct progress progress;
	int64_t limit;
	int64_t after; /* the seq that the page begins behind */
	int64_t upto;  /* of a page that was read */
	int64_t count;
	bool more;
};

static bool show_is_text(const struct config *config)
{
	return config->query.format && !strcmp(config->query.format, "text");
}

/* --- asking ----------------------------------------------------------------
 */

static void show_number(struct ask *ask, const char *name, int64_t number)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%lld", (long long)number);
	ask_parameter(ask, name, digits);
}

/* The page behind `after`, up to `upto` if that is known; or the window. */
static int show_ask(const struct show_pages *pages, const char *format,
	struct text *answer, struct error *error)
{
	const struct config_query *query = &pages->config->query;
	struct ask ask = { .method = "GET" };
	int result;

	ask_path(&ask, "/sessions/");
	ask_name(&ask, pages->config->file);
	ask_path(&ask, "/messages");
	ask_parameter(&ask, "as_of", query->as_of);
	ask_parameter(&ask, "type", query->type);
	ask_parameter(&ask, "last", query->last);
	ask_parameter(&ask, "format", format);
	if (!format || !show_is_text(pages->config))
		ask.member = "messages";
	if (!query->last) {
		show_number(&ask, "limit", pages->limit);
		show_number(&ask, "after", pages->after);
	}
	if (!query->last && pages->upto)
		show_number(&ask, "before", pages->upto + 1);
	result = client_send(pages->client, &ask, answer, error);
	ask_clear(&ask);
	return result;
}

/* --- printing --------------------------------------------------------------
 */

static int show_print_text(struct text *out, struct text *answer)
{
	output_text(out, text_view(answer), true);
	if (answer->length > 0 && answer->data[answer->length - 1] != '\n')
		text_byte(out, '\n');
	return 0;
}

static int show_print_list(const struct config *config, struct text *out,
	struct slice answer, struct error *error)
{
	struct slice messages, message;
	struct json_walk walk;

	if (!json_find_kind(answer, "messages", JSON_KIND_ARRAY, &messages))
		return 0;
	walk = json_walk(messages);
	while (json_next_element(&walk, &message))
		if (config->json || config->query.format)
			print_json(out, message);
		else if (print_message(out, message, error))
			return -1;
	return 0;
}

static int show_print(
	struct show_pages *pages, struct text *answer, struct error *error)
{
	struct text out = { 0 };
	int result = show_is_text(pages->config)
			     ? show_print_text(&out, answer)
			     : show_print_list(pages->config, &out,
				       text_view(answer), error);

	if (result == 0)
		result = out.failed ? error_out_of_memory(error)
				    : output_write(text_view(&out), error);
	text_clear(&out);
	if (!output_is_terminal())
		progress_show(&pages->progress, pages->count, "messages");
	return result;
}

/* --- pages -----------------------------------------------------------------
 */

static bool show_has_more(struct slice answer)
{
	struct slice more;

	return json_kind(answer) == JSON_KIND_OBJECT &&
	       json_find(answer, "has_more", &more) &&
	       json_kind(more) == JSON_KIND_TRUE;
}

/* Notes where a page of the default form ends. */
static void show_note(struct show_pages *pages, struct slice answer)
{
	struct slice messages, message;
	struct json_walk walk;

	pages->more = show_has_more(answer);
	pages->upto = 0;
	if (!json_find_kind(answer, "messages", JSON_KIND_ARRAY, &messages))
		return;
	walk = json_walk(messages);
	for (; json_next_element(&walk, &message); pages->count++)
		json_int64(print_member(message, "seq"), &pages->upto);
}

/* A page is made smaller where it is too large in its form. */
static int show_in_form(
	struct show_pages *pages, struct text *answer, struct error *error)
{
	answer->length = 0;
	if (pages->upto == 0)
		return 0;
	if (show_ask(pages, pages->config->query.format, answer, error))
		return -1;
	if (show_is_text(pages->config) || !show_has_more(text_view(answer)))
		return show_print(pages, answer, error);
	pages->upto = pages->after;
	pages->more = true;
	if (pages->limit == 1)
		return error_set(error, ERROR_TOO_LARGE,
			"a message is too large for this form");
	pages->limit /= 2;
	return 0;
}

static int show_page(struct show_pages *pages, struct error *error)
{
	struct text answer = { 0 };
	int result;

	pages->upto = 0;
	result = show_ask(pages, NULL, &answer, error);
	if (result == 0) {
		show_note(pages, text_view(&answer));
		result = pages->config->query.format
				 ? show_in_form(pages, &answer, error)
				 : show_print(pages, &answer, error);
	}
	pages->after = pages->upto;
	text_clear(&answer);
	return result;
}

static int show_window(struct show_pages *pages, struct error *error)
{
	struct text answer = { 0 };
	int result =
		show_ask(pages, pages->config->query.format, &answer, error);

	if (result == 0)
		result = show_print(pages, &answer, error);
	text_clear(&answer);
	return result;
}

static int show_all(struct show_pages *pages, struct error *error)
{
	do
		if (show_page(pages, error))
			return -1;
	while (pages->more);
	if (!output_is_terminal())
		progress_end(pages->count, "messages");
	return 0;
}

int command_show(const struct config *config, struct error *error)
{
	struct show_pages pages = { .config = config, .limit = LIMIT };
	int result = client_open(&pages.client, config, error);

	if (result == 0)
		result = client_need_session(pages.client, config->file, error);
	if (result == 0)
		result = config->query.last ? show_window(&pages, error)
					    : show_all(&pages, error);
	client_close(pages.client);
	return result;
}
