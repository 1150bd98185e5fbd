/* SPDX-License-Identifier: MIT */
/*
 * tail.c - chatmem tail: messages as they come.
 *
 * A server that stops or is out of reach is asked again until it is there, for
 * what comes behind the last event that was printed.
 */
#include <stdio.h>
#include <time.h>

#include "schema/error.h"
#include "schema/json/value.h"
#include "schema/llm/sse.h"
#include "server/cli/ask.h"
#include "server/cli/client.h"
#include "server/cli/command.h"
#include "server/cli/output.h"
#include "server/cli/print.h"
#include "server/config/config.h"

#define LAST	  "10" /* messages that are shown first */
#define WAIT_MOST 16   /* seconds between two questions */

struct tail {
	const struct config *config;
	struct client *client;
	struct sse sse;
	struct text out;
	int64_t seq;	 /* of the newest that was there first */
	struct text id;	 /* a line of a head: the last event; empty: none yet */
	unsigned waited; /* seconds, before this question; 0: it is well */
	bool ended;	 /* the session was erased */
	bool failed;	 /* here, and not the server */
};

static int tail_print(
	struct tail *tail, struct slice message, struct error *error)
{
	if (tail->config->json) {
		print_json(&tail->out, message);
		return 0;
	}
	return print_message(&tail->out, message, error);
}

static int tail_write(struct tail *tail, struct error *error)
{
	const int result = tail->out.failed
				   ? error_out_of_memory(error)
				   : output_write(text_view(&tail->out), error);

	tail->out.length = 0;
	return result;
}

/* --- what is there ---------------------------------------------------------
 */

static int tail_print_page(
	struct tail *tail, struct slice answer, struct error *error)
{
	struct slice messages, message;
	struct json_walk walk;

	if (!json_find_kind(answer, "messages", JSON_KIND_ARRAY, &messages))
		return 0;
	walk = json_walk(messages);
	while (json_next_element(&walk, &message)) {
		json_int64(print_member(message, "seq"), &tail->seq);
		if (tail_print(tail, message, error))
			return -1;
	}
	return tail_write(tail, error);
}

static int tail_begin(struct tail *tail, struct error *error)
{
	const char *last = tail->config->query.last;
	struct ask ask = { .method = "GET", .member = "messages" };
	struct text answer = { 0 };
	int result;

	ask_path(&ask, "/sessions/");
	ask_name(&ask, tail->config->file);
	ask_path(&ask, "/messages");
	ask_parameter(&ask, "last", last ? last : LAST);
	result = client_send(tail->client, &ask, &answer, error);
	if (result == 0)
		result = tail_print_page(tail, text_view(&answer), error);
	ask_clear(&ask);
	text_clear(&answer);
	return result;
}

/* --- what happens ----------------------------------------------------------
 */

static void tail_print_notice(struct tail *tail, struct slice event)
{
	struct slice seqs;

	output_style(&tail->out, STYLE_FAINT);
	if (json_find_kind(event, "seqs", JSON_KIND_ARRAY, &seqs)) {
		text_string(&tail->out, "deleted: ");
		output_text(&tail->out, seqs, false);
	} else {
		text_string(&tail->out, "the history was changed: show it");
	}
	output_style(&tail->out, STYLE_PLAIN);
	text_byte(&tail->out, '\n');
}

/* The head of the next question says this. */
static int tail_note_id(struct tail *tail)
{
	if (tail->sse.id.length == 0)
		return 0;
	tail->id.length = 0;
	text_string(&tail->id, "Last-Event-ID: ");
	text_slice(&tail->id, text_view(&tail->sse.id));
	text_byte(&tail->id, '\0');
	return tail->id.failed ? -1 : 0;
}

/* A message has a seq; the end of a session is its version 0. */
static int tail_take_event(
	void *context, struct slice event, struct error *error)
{
	struct tail *tail = context;

	if (tail_note_id(tail))
		return error_out_of_memory(error);
	if (slice_is(event, "{\"version\":0}"))
		tail->ended = true;
	else if (tail->config->json)
		print_json(&tail->out, event);
	else if (print_member(event, "seq").length == 0)
		tail_print_notice(tail, event);
	else
		return tail_print(tail, event, error);
	return 0;
}

static int tail_take(void *context, struct slice bytes, struct error *error)
{
	struct tail *tail = context;

	tail->waited = 0;
	tail->failed =
		sse_read(&tail->sse, bytes, tail_take_event, tail, error) ||
		tail_write(tail, error);
	return tail->failed || tail->ended;
}

/* An answer of the server, to its end.  -1: why it has ended. */
static int tail_follow_once(struct tail *tail, struct error *error)
{
	struct ask ask = { .method = "GET" };
	char seq[24];
	int result;

	snprintf(seq, sizeof(seq), "%lld", (long long)tail->seq);
	ask_path(&ask, "/sessions/");
	ask_name(&ask, tail->config->file);
	ask_path(&ask, "/events");
	if (tail->id.length > 0)
		ask.header = tail->id.data;
	else
		ask_parameter(&ask, "after", seq);
	sse_clear(&tail->sse);
	result = client_follow(tail->client, &ask, tail_take, tail, error);
	ask_clear(&ask);
	if (tail->ended)
		return error_set(error, ERROR_NOT_FOUND, "\"%s\" was erased",
			tail->config->file);
	if (result)
		return -1;
	return error_set(error, ERROR_UNAVAILABLE, "the server has ended it");
}

/* A store has no server that could come back. */
static bool tail_can_go_on(const struct tail *tail, const struct error *error)
{
	return tail->config->url && !tail->failed && !tail->ended &&
	       (error->code == ERROR_UNAVAILABLE || error->code == ERROR_RATE);
}

static void tail_wait(struct tail *tail, const struct error *error)
{
	if (tail->waited == 0)
		fprintf(stderr, "chatmem: %s; it is asked again\n",
			error->message);
	tail->waited = tail->waited == 0	  ? 1
		       : tail->waited < WAIT_MOST ? tail->waited * 2
						  : WAIT_MOST;
	nanosleep(&(struct timespec){ .tv_sec = tail->waited }, NULL);
}

static int tail_follow(struct tail *tail, struct error *error)
{
	while (tail_follow_once(tail, error)) {
		if (!tail_can_go_on(tail, error))
			return -1;
		tail_wait(tail, error);
		*error = (struct error){ 0 };
	}
	return 0;
}

int command_tail(const struct config *config, struct error *error)
{
	struct tail tail = { .config = config };
	int result = client_open(&tail.client, config, error);

	if (result == 0)
		result = client_need_session(tail.client, config->file, error);
	if (result == 0)
		result = tail_begin(&tail, error);
	if (result == 0)
		result = tail_follow(&tail, error);
	client_close(tail.client);
	sse_clear(&tail.sse);
	text_clear(&tail.out);
	text_clear(&tail.id);
	return result;
}
