/* SPDX-License-Identifier: MIT */
/*
 * random_history.h - histories of people, models and tools, as JSON and as a
 * table that needs no JSON to be read.
 *
 * Calls come in each of the ways that messages make them: one or several at
 * once, answered in any order, with other messages between.  In a hard
 * history ids come again, answers are missing, come twice or have no call.
 */
#ifndef TESTS_UNIT_RANDOM_HISTORY_H
#define TESTS_UNIT_RANDOM_HISTORY_H

#include <stdio.h>
#include <string.h>

#include "schema/message/message.h"

#define MOST  48
#define CALLS 3

static uint64_t state; /* of the random numbers */

static unsigned below(unsigned bound)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % bound;
}

/* A message as the test knows it, without reading JSON. */
struct item {
	int64_t seq;
	enum message_type type;
	int64_t tokens;
	char calls[CALLS][8]; /* an id, or "f" and a digit: a function */
	int call_count;
	char answers[8]; /* "": nothing */
};

struct history {
	struct item items[MOST];
	int count;
	struct text body; /* the messages so far, an array not yet closed */
	int ids;	  /* given so far */
	bool hard;
};

/* A twelfth of the letters is spelled as an escape. */
static void put_id(struct text *out, const char *id)
{
	text_string(out, "\"");
	for (; *id; id++) {
		if (below(12) == 0)
			text_format(out, "\\u%04x", (unsigned)*id);
		else
			text_format(out, "%c", *id);
	}
	text_string(out, "\"");
}

enum spelling { DATA, KWARGS, INVALID, OPENAI, SPELLINGS };

static void put_tool_calls(struct text *out, const struct item *item,
	enum spelling how, int64_t *points)
{
	size_t start;

	text_string(out,
		how == INVALID ? "\"invalid_tool_calls\":" : "\"tool_calls\":");
	start = out->length;
	for (int i = 0; i < item->call_count; i++) {
		text_string(out, i > 0 ? ",{\"id\":" : "[{\"id\":");
		put_id(out, item->calls[i]);
		text_string(out, how == OPENAI
					 ? ",\"function\":{\"name\":\"f\","
					   "\"arguments\":\"{}\"}}"
					 : "}");
	}
	text_string(out, "]");
	*points += (int64_t)(out->length - start);
	/* What counts is {"name":"f","args":{},"id":…,"type":"tool_call"}. */
	if (how == OPENAI)
		*points += item->call_count *
			   (int64_t)(sizeof(",'name':'f','args':{},"
					    "'type':'tool_call'") -
				     sizeof(",'function':{'name':'f',"
					    "'arguments':'{}'}"));
}

static void put_function_call(
	struct text *out, const struct item *item, int64_t *points)
{
	size_t start;

	text_string(out, "\"function_call\":");
	start = out->length;
	text_string(out, "{\"name\":");
	put_id(out, item->calls[0]);
	text_string(out, "}");
	*points += (int64_t)(out->length - start);
}

static void put_ai(struct history *history, struct item *item)
{
	struct text *out = &history->body;
	enum spelling how = (enum spelling)below(SPELLINGS);
	const bool function = item->calls[0][0] == 'f';
	int64_t points = (int64_t)below(30);

	if (function && how != OPENAI)
		how = KWARGS;
	text_string(out, how == OPENAI ? "{\"role\":\"assistant\""
				       : "{\"type\":\"ai\",\"data\":{\"x\":1");
	text_format(out, ",\"content\":\"%.*s\",", (int)points,
		"..............................");
	if (how == KWARGS)
		text_string(out, "\"additional_kwargs\":{");
	if (function)
		put_function_call(out, item, &points);
	else
		put_tool_calls(out, item, how, &points);
	text_string(out, how == KWARGS ? "}}}" : how == OPENAI ? "}" : "}}");
	item->tokens = (points + 3) / 4 + 3;
}

static void put_result(struct history *history, struct item *item)
{
	struct text *out = &history->body;
	const bool function = item->type == MESSAGE_FUNCTION;

	text_format(out, "{\"%s\":\"%s\",\"content\":\"%s\",\"%s\":",
		below(2) ? "role" : "type", function ? "function" : "tool",
		"42", function ? "name" : "tool_call_id");
	put_id(out, item->answers);
	text_string(out, "}");
	item->tokens = (2 + (int64_t)strlen(item->answers) + 3) / 4 + 3;
}

static void put_plain(struct history *history, struct item *item)
{
	const int points = (int)below(60);

	text_format(&history->body, "[\"%s\",\"%.*s\"]",
		item->type == MESSAGE_HUMAN ? "human"
		: item->type == MESSAGE_AI  ? "ai"
					    : "system",
		points,
		"............................................................");
	item->tokens = (points + 3) / 4 + 3;
}

/* A new id, a function's name, or in a hard history an old one. */
static void choose_call(struct history *history, struct item *item)
{
	const bool again = history->hard && history->ids > 0 && below(4) == 0;
	char *call = item->calls[item->call_count++];

	if (item->call_count == 1 && below(4) == 0)
		snprintf(call, sizeof(item->calls[0]), "f%u", below(3));
	else
		snprintf(call, sizeof(item->calls[0]), "c%u",
			again ? below((unsigned)history->ids)
			      : (unsigned)history->ids++);
}

/* One of the calls so far, or in a hard history maybe one of nobody's. */
static bool choose_answer(struct history *history, struct item *item)
{
	for (int tries = 0; tries < 6 && history->count > 0; tries++) {
		const int back = (int)below(history->hard ? MOST : 3);
		const int at = history->count - 1 - back;
		const struct item *made = &history->items[at < 0 ? 0 : at];

		if (made->call_count > 0) {
			memcpy(item->answers,
				made->calls[below((unsigned)made->call_count)],
				sizeof(item->answers));
			break;
		}
	}
	if (item->answers[0] == '\0' && history->hard)
		snprintf(item->answers, sizeof(item->answers), "c%u", below(9));
	item->type = item->answers[0] == 'f' ? MESSAGE_FUNCTION : MESSAGE_TOOL;
	return item->answers[0] != '\0';
}

static void add_item(struct history *history)
{
	struct item *item = &history->items[history->count];
	const unsigned kind = below(10);

	*item = (struct item){ .type = MESSAGE_HUMAN };
	text_string(&history->body, history->count > 0 ? "," : "[");
	if (history->count == 0 && below(2)) {
		item->type = MESSAGE_SYSTEM;
		put_plain(history, item);
	} else if (kind < 4 && choose_answer(history, item)) {
		put_result(history, item);
	} else if (kind < 7) {
		item->type = MESSAGE_AI;
		do
			choose_call(history, item);
		while (item->calls[0][0] != 'f' && item->call_count < CALLS &&
			below(2));
		put_ai(history, item);
	} else {
		item->type = kind == 7	 ? MESSAGE_AI
			     : below(20) ? MESSAGE_HUMAN
					 : MESSAGE_SYSTEM;
		put_plain(history, item);
	}
	history->count++;
}

static struct history random_history(void)
{
	struct history history = { .hard = below(2) };

	for (unsigned count = 1 + below(MOST - 1); count > 0; count--)
		add_item(&history);
	text_string(&history.body, "]");
	return history;
}

static bool makes(const struct item *item, const char *call)
{
	for (int i = 0; i < item->call_count; i++)
		if (strcmp(item->calls[i], call) == 0)
			return true;
	return false;
}

/* How often the call made in item `at` is made, and answered after it. */
static void count_call(const struct history *history, int at, const char *call,
	int *made, int *answered)
{
	*made = *answered = 0;
	for (int i = 0; i < history->count; i++) {
		*made += makes(&history->items[i], call);
		*answered +=
			i > at && strcmp(history->items[i].answers, call) == 0;
	}
}

/* Has it parallel, repeated, unanswered calls, or one answered twice? */
static bool is_hard(const struct history *history)
{
	for (int i = 0; i < history->count; i++) {
		const struct item *item = &history->items[i];
		int made, answered;

		if (item->call_count > 1)
			return true;
		if (item->call_count == 0)
			continue;
		count_call(history, i, item->calls[0], &made, &answered);
		if (made != 1 || answered != 1)
			return true;
	}
	return false;
}

#endif
