/* SPDX-License-Identifier: MIT */
/*
 * ruled_window.h - what is in a window of a talk, by the rule written down a
 * second time and as slowly as it reads.
 */
#ifndef TESTS_UNIT_RULED_WINDOW_H
#define TESTS_UNIT_RULED_WINDOW_H

#include <string.h>

#include "core/history/window.h"
#include "schema/forms/parse.h"
#include "schema/tokens/tokens.h"
#include "tests/unit/random_talk.h"
#include "tests/unit/unit.h"

/* A talk, and what follows it: a part of `talk` that is not stored. */
struct ruled {
	struct talk talk;
	int count;   /* stored */
	int leading; /* system messages */
	int tokens[TALK_MOST][1 << SAID_IDS];
	unsigned masks[TALK_MOST]; /* of what is shown */
	bool shown[TALK_MOST];
	bool joins;		/* messages of calls are joined */
	int runs[TALK_MOST][2]; /* where the results of calls are */
	int callers[TALK_MOST]; /* of results, plus one; 0: none */
};

static bool is_result(const struct said *said)
{
	return said->type == MESSAGE_TOOL || said->type == MESSAGE_FUNCTION ||
	       (said->type == MESSAGE_HUMAN && said->count > 0);
}

static bool is_result_alone(const struct said *said)
{
	return is_result(said) && (said->type != MESSAGE_HUMAN ||
					  (said->words == 0 && !said->media));
}

/* Where the results of the calls at `at` end. */
static int end_of_run(const struct ruled *ruled, int at)
{
	int end = at + 1;

	while (end < ruled->talk.count &&
		is_result_alone(&ruled->talk.items[end]))
		end++;
	if (end < ruled->talk.count && is_result(&ruled->talk.items[end]))
		end++;
	return end;
}

/* Are results that belong into the run on their way? */
static bool is_open(const struct ruled *ruled, int from, int end)
{
	const struct said *items = ruled->talk.items;

	if (end < ruled->talk.count)
		return false;
	for (int i = from; i < end; i++)
		if (items[i].type == MESSAGE_HUMAN)
			return false;
	return true;
}

/* How many calls of its id stand before it in the message? */
static int calls_before(const struct said *calls, int call)
{
	int count = 0;

	for (int i = 0; i < call; i++)
		count += calls->ids[i] == calls->ids[call];
	return count;
}

/* Does a message between it and the results make a call of that id, too? */
static bool is_of_another(const struct ruled *ruled, int at, int call)
{
	const struct said *items = ruled->talk.items;

	for (int i = at + 1; i < ruled->runs[at][0]; i++)
		for (int j = 0; j < items[i].count; j++)
			if (items[i].ids[j] == items[at].ids[call])
				return true;
	return false;
}

/*
 * Shows the result of a call, the nth of its id, unless another message has it;
 * true, too, if the call is `open`.  What is stored of the second call and so
 * on gets another id.
 */
static bool answer(struct ruled *ruled, int at, int call, bool open)
{
	struct said *calls = &ruled->talk.items[at];
	int left = calls_before(calls, call);

	if (is_of_another(ruled, at, call))
		return false;
	for (int i = ruled->runs[at][0]; i < ruled->runs[at][1]; i++) {
		struct said *said = &ruled->talk.items[i];

		for (int j = 0; j < said->count; j++) {
			if (said->ids[j] != calls->ids[call] ||
				said->function != calls->function)
				continue;
			if (ruled->callers[i] != 0 &&
				ruled->callers[i] != at + 1)
				return false;
			if (left-- > 0)
				continue;
			ruled->callers[i] = at + 1;
			ruled->masks[i] |= 1u << j;
			if (i < ruled->count)
				said->nth[j] = calls->nth[call] =
					1 + (unsigned)calls_before(calls, call);
			return true;
		}
	}
	if (open && !calls->function)
		calls->nth[call] = 1 + (unsigned)calls_before(calls, call);
	return open;
}

static bool is_joinable(const struct said *said)
{
	return said->type == MESSAGE_AI && said->count > 0 && !said->function &&
	       said->form != SAID_BLOCKS && said->form != SAID_BOTH;
}

/* The results follow, or they follow the message that it is joined with. */
static void find_run(struct ruled *ruled, int at)
{
	const struct said *items = ruled->talk.items;

	ruled->runs[at][0] = at + 1;
	ruled->runs[at][1] = end_of_run(ruled, at);
	if (ruled->joins && at + 1 < ruled->count && is_joinable(&items[at]) &&
		is_joinable(&items[at + 1]) &&
		(ruled->masks[at + 1] != 0 || items[at + 1].words == 0))
		memcpy(ruled->runs[at], ruled->runs[at + 1],
			sizeof(ruled->runs[at]));
}

static void rule_calls(struct ruled *ruled, int at)
{
	const struct said *said = &ruled->talk.items[at];
	bool open;

	find_run(ruled, at);
	open = is_open(ruled, ruled->runs[at][0], ruled->runs[at][1]);
	for (int i = 0; i < said->count; i++)
		if (answer(ruled, at, i, open))
			ruled->masks[at] |= 1u << i;
}

/* What is shown of a window that begins at `start`. */
static void rule_window(struct ruled *ruled, int start)
{
	memset(ruled->masks, 0, sizeof(ruled->masks));
	memset(ruled->shown, 0, sizeof(ruled->shown));
	memset(ruled->callers, 0, sizeof(ruled->callers));
	for (int i = 0; i < ruled->talk.count; i++)
		memset(ruled->talk.items[i].nth, 0,
			sizeof(ruled->talk.items[i].nth));
	for (int i = ruled->count - 1; i >= start; i--)
		if (ruled->talk.items[i].type == MESSAGE_AI)
			rule_calls(ruled, i);
	for (int i = start; i < ruled->count; i++) {
		const struct said *said = &ruled->talk.items[i];

		ruled->shown[i] = said->count == 0 || ruled->masks[i] != 0 ||
				  (!is_result_alone(said) && said->words > 0) ||
				  said->media;
	}
}

static int count_tokens(const struct said *said, unsigned mask)
{
	struct message_list list = { 0 };
	struct text body = { 0 };
	int64_t tokens;

	text_string(&body, "[");
	said_put(&body, said, mask);
	text_string(&body, "]");
	ok(message_list_parse(&list, text_view(&body), &error));
	tokens = tokens_count(&list.items[0], NULL);
	message_list_clear(&list);
	text_clear(&body);
	return (int)tokens;
}

static int tokens_of(struct ruled *ruled, int at)
{
	int *known = &ruled->tokens[at][ruled->masks[at]];

	for (int i = 0; i < SAID_IDS; i++)
		if (ruled->talk.items[at].nth[i] > 1)
			return count_tokens(
				&ruled->talk.items[at], ruled->masks[at]);
	if (*known == 0)
		*known = count_tokens(&ruled->talk.items[at], ruled->masks[at]);
	return *known;
}

static int64_t tokens_from(struct ruled *ruled, int start)
{
	int64_t tokens = 0;

	rule_window(ruled, start);
	for (int i = start; i < ruled->count; i++)
		tokens += ruled->shown[i] ? tokens_of(ruled, i) : 0;
	return tokens;
}

static bool is_turn(const struct said *said)
{
	return said->type == MESSAGE_HUMAN && !is_result_alone(said);
}

static int later(int a, int b)
{
	return a > b ? a : b;
}

struct expected {
	struct text messages;
	int count;
	struct history_figures figures;
	/* The index of the first message; `limited`: a limit was reached. */
	int start;
	bool limited;
};

static void limit(struct expected *expected, int start, bool limited)
{
	expected->start = later(expected->start, start);
	expected->limited |= limited;
}

/* `front`: something stands before the messages that are counted. */
static void limit_last(const struct ruled *ruled, int64_t last, bool front,
	struct expected *expected)
{
	const int all = ruled->count - ruled->leading;

	if (last < all)
		limit(expected, ruled->count - (int)last, true);
	else
		limit(expected, ruled->leading, front && last == all);
}

static void limit_turns(const struct ruled *ruled, int64_t turns, bool front,
	struct expected *expected)
{
	int at = ruled->count;

	while (turns > 0 && at > ruled->leading)
		turns -= is_turn(&ruled->talk.items[--at]);
	limit(expected, at, turns == 0 && (front || at > ruled->leading));
}

/* The earliest start that the tokens allow. */
static void limit_tokens(struct ruled *ruled, int64_t front, int64_t most,
	struct expected *expected)
{
	int start = ruled->leading;

	while (start < ruled->count && front + tokens_from(ruled, start) > most)
		start++;
	limit(expected, start, start > ruled->leading || front > most);
}

static int newest_turn(const struct ruled *ruled, int start)
{
	int at = ruled->count - 1;

	while (at >= start && !is_turn(&ruled->talk.items[at]))
		at--;
	return at;
}

static int align_start(const struct ruled *ruled, int start, int64_t align)
{
	const struct said *items = ruled->talk.items;
	const int last = newest_turn(ruled, start);
	int64_t seq;

	if (start >= ruled->count || start >= last)
		return start;
	for (seq = items[start].seq;
		seq % align != 1 % align && seq < items[last].seq;)
		seq++;
	while (items[start].seq < seq)
		start++;
	return start;
}

static int human_start(const struct ruled *ruled, int start)
{
	while (start < ruled->count && !is_turn(&ruled->talk.items[start]))
		start++;
	return start;
}

static void expect_item(struct ruled *ruled, int at, struct expected *expected)
{
	const struct said *said = &ruled->talk.items[at];

	text_format(&expected->messages,
		"%s{\"seq\":%lld,\"type\":\"%s\",\"body\":",
		expected->count++ ? "," : "", (long long)said->seq,
		message_type_name(said->type));
	said_put_body(&expected->messages, said, ruled->masks[at]);
	text_string(&expected->messages, "}");
	expected->figures.tokens += tokens_of(ruled, at);
	if (expected->figures.first_seq == 0)
		expected->figures.first_seq = said->seq;
}

static int count_shown(const struct ruled *ruled, int start)
{
	int count = 0;

	for (int i = start; i < ruled->count; i++)
		count += ruled->shown[i];
	return count;
}

static void expect_start(struct ruled *ruled, const struct window *window,
	int64_t front, struct expected *expected)
{
	expected->start = ruled->leading;
	if (window->last >= 0)
		limit_last(ruled, window->last, front > 0, expected);
	if (window->turns >= 0)
		limit_turns(ruled, window->turns, front > 0, expected);
	if (window->max_tokens >= 0)
		limit_tokens(ruled, front, window->max_tokens, expected);
	if (window->align > 0 && expected->limited)
		expected->start =
			align_start(ruled, expected->start, window->align);
	if (window->human)
		expected->start = human_start(ruled, expected->start);
}

static void expect(struct ruled *ruled, const struct window *window,
	struct expected *expected)
{
	const bool kept = window->keep_system != 0;
	int64_t front = 0;

	for (int i = 0; i < ruled->leading && kept; i++)
		front += tokens_of(ruled, i);
	expect_start(ruled, window, front, expected);
	rule_window(ruled, expected->start);
	if (count_shown(ruled, expected->start) == 0 &&
		(expected->limited || window->human))
		return;
	for (int i = 0; i < ruled->leading && kept; i++)
		expect_item(ruled, i, expected);
	if (expected->limited ||
		(window->human && ruled->talk.items[expected->start].seq > 1))
		expected->figures.first_seq = 0;
	for (int i = expected->start; i < ruled->count; i++)
		if (ruled->shown[i])
			expect_item(ruled, i, expected);
}

#endif
