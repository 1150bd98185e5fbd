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
#include "schema/tokens/approx.h"

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

/* The tokens of a message whose texts take so many hundredths of a token. */
static int64_t tokens_for(int64_t hundredths)
{
	return (hundredths + 99) / 100 + 3;
}

static int64_t hundredths_of(const char *text, int length)
{
	return approx_hundredths((struct slice){ text, (size_t)length });
}

/* Puts the calls; gives the hundredths of their OpenAI form. */
static int64_t put_tool_calls(
	struct text *out, const struct item *item, enum spelling how)
{
	const char *const function = ",\"function\":{\"name\":\"f\","
				     "\"arguments\":\"{}\"}}";
	const char *const converted = ",\"type\":\"function\",\"function\":{"
				      "\"name\":\"\",\"arguments\":\"\"}}";
	struct text openai = { 0 };
	int64_t hundredths;
	size_t start;

	text_string(out,
		how == INVALID ? "\"invalid_tool_calls\":" : "\"tool_calls\":");
	for (int i = 0; i < item->call_count; i++) {
		text_string(out, i > 0 ? ",{\"id\":" : "[{\"id\":");
		text_string(&openai, i > 0 ? ",{\"id\":" : "[{\"id\":");
		start = out->length;
		put_id(out, item->calls[i]);
		text_append(&openai, out->data + start, out->length - start);
		text_string(out, how == OPENAI ? function : "}");
		text_string(&openai, how == OPENAI   ? function
				     : how == KWARGS ? "}"
						     : converted);
	}
	text_string(out, "]");
	text_string(&openai, "]");
	hundredths = approx_hundredths(text_view(&openai));
	text_clear(&openai);
	return hundredths;
}

static int64_t put_function_call(struct text *out, const struct item *item)
{
	size_t start;

	text_string(out, "\"function_call\":");
	start = out->length;
	text_string(out, "{\"name\":");
	put_id(out, item->calls[0]);
	text_string(out, "}");
	return hundredths_of(out->data + start, (int)(out->length - start));
}

static const char dots[] =
	"............................................................";

static void put_ai(struct history *history, struct item *item)
{
	struct text *out = &history->body;
	enum spelling how = (enum spelling)below(SPELLINGS);
	const bool function = item->calls[0][0] == 'f';
	const int points = (int)below(30);
	int64_t hundredths = hundredths_of(dots, points);

	if (function && how != OPENAI)
		how = KWARGS;
	text_string(out, how == OPENAI ? "{\"role\":\"assistant\""
				       : "{\"type\":\"ai\",\"data\":{\"x\":1");
	text_format(out, ",\"content\":\"%.*s\",", points, dots);
	if (how == KWARGS)
		text_string(out, "\"additional_kwargs\":{");
	hundredths += function ? put_function_call(out, item)
			       : put_tool_calls(out, item, how);
	text_string(out, how == KWARGS ? "}}}" : how == OPENAI ? "}" : "}}");
	item->tokens = tokens_for(hundredths);
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
	item->tokens = tokens_for(
		hundredths_of("42", 2) +
		hundredths_of(item->answers, (int)strlen(item->answers)));
}

static void put_plain(struct history *history, struct item *item)
{
	const int points = (int)below(60);

	text_format(&history->body, "[\"%s\",\"%.*s\"]",
		item->type == MESSAGE_HUMAN ? "human"
		: item->type == MESSAGE_AI  ? "ai"
					    : "system",
		points, dots);
	item->tokens = tokens_for(hundredths_of(dots, points));
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

/* Gives one of the calls so far, or in a hard history maybe one of nobody's. */
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
