/* SPDX-License-Identifier: MIT */
/*
 * overlap_model.h - the rule of what is new in a request, as section 7 of the
 * API says it: every run is tried, and nothing is clever.
 *
 * A message is a kind, a text, and the call that it makes or answers.
 */
#ifndef TESTS_UNIT_OVERLAP_MODEL_H
#define TESTS_UNIT_OVERLAP_MODEL_H

#include "core/history/overlap.h"

#define TOLD_MOST 96

enum told_kind { TOLD_SYSTEM, TOLD_USER, TOLD_BOT, TOLD_RESULT };

struct told {
	enum told_kind kind;
	int text; /* 0: none */
	int call; /* that a bot makes, or a result answers; 0: none */
	bool answer;
	int64_t seq;
};

struct told_list {
	struct told items[TOLD_MOST];
	size_t count;
};

static bool told_same(const struct told *a, const struct told *b)
{
	return a->kind == b->kind && a->text == b->text && a->call == b->call;
}

static bool told_speaks(const struct told *told)
{
	return told->kind == TOLD_BOT && (told->text != 0 || told->call == 0);
}

/* Without the system messages in front; *floor is the last one's seq. */
static struct told_list told_without_front(
	const struct told_list *list, int64_t *floor)
{
	struct told_list rest = { .count = 0 };
	size_t at = 0;

	while (at < list->count && list->items[at].kind == TOLD_SYSTEM)
		*floor = list->items[at++].seq;
	while (at < list->count)
		rest.items[rest.count++] = list->items[at++];
	return rest;
}

/* Without calls and results that the request has nowhere. */
static struct told_list told_passing_over(
	const struct told_list *history, const struct told_list *request)
{
	struct told_list rest = { .count = 0 };

	for (size_t i = 0; i < history->count; i++) {
		struct told told = history->items[i];
		bool called = false, answered = false;

		for (size_t j = 0; j < request->count; j++) {
			const struct told *other = &request->items[j];

			called |= other->kind == TOLD_BOT &&
				  other->call == told.call;
			answered |= told_same(other, &told);
		}
		if (told.kind == TOLD_RESULT && !answered)
			continue;
		if (told.kind == TOLD_BOT && told.call != 0 && !called) {
			told.call = 0;
			if (told.text == 0)
				continue;
		}
		rest.items[rest.count++] = told;
	}
	return rest;
}

static size_t told_alike(
	const struct told_list *history, const struct told_list *request)
{
	size_t at = 0;

	while (at < history->count && at < request->count &&
		told_same(&history->items[at], &request->items[at]))
		at++;
	return at;
}

/* Does the run of this length, which ends the history, stand there? */
static bool told_stands(const struct told_list *history,
	const struct told_list *request, size_t length, size_t first)
{
	bool assistant = false;

	if (first + length > request->count || length > history->count)
		return false;
	for (size_t i = 0; i < length; i++) {
		const struct told *told = &request->items[first + i];

		assistant |= told->kind == TOLD_BOT;
		if (!told_same(
			    &history->items[history->count - length + i], told))
			return false;
	}
	return first == 0 ||
	       (assistant && first + length > told_alike(history, request));
}

/* The length of the longest; *first is where it stands. */
static size_t told_longest(const struct told_list *history,
	const struct told_list *request, size_t *first)
{
	for (size_t length = request->count; length > 0; length--) {
		if (told_stands(history, request, length, 0)) {
			*first = 0;
			return length;
		}
		for (size_t at = request->count; at > 0; at--)
			if (told_stands(history, request, length, at)) {
				*first = at;
				return length;
			}
	}
	return 0;
}

/* Behind the last assistant message, and its results, of the first items. */
static size_t told_answered(const struct told_list *request, size_t count)
{
	size_t last = 0;

	for (size_t i = 0; i < count; i++)
		if (request->items[i].kind == TOLD_BOT ||
			(request->items[i].kind == TOLD_RESULT && last == i &&
				i > 0))
			last = i + 1;
	return last;
}

/* A text is written from its last digit on, so that 12 begins as 312 does. */
static bool told_shorter(int text, int whole)
{
	for (; text > 0; text /= 10, whole /= 10)
		if (whole == 0 || text % 10 != whole % 10)
			return false;
	return true;
}

struct model_question {
	enum overlap_send send;
	struct told_list history; /* all that is live */
	struct told_list request;
	int64_t arrived; /* the last seq when the request arrived */
};

struct model_answer {
	size_t known; /* of the request without its front */
	size_t own_first, own_end;
	int64_t archive_after;
	bool shortens;
};

static struct told_list model_then(
	const struct told_list *history, int64_t arrived)
{
	struct told_list then = { .count = 0 };

	for (size_t i = 0; i < history->count; i++)
		if (history->items[i].seq <= arrived)
			then.items[then.count++] = history->items[i];
	return then;
}

static void model_go_back(const struct told_list *history,
	const struct told_list *request, size_t alike, int64_t floor,
	struct model_answer *answer)
{
	answer->known = alike;
	if (alike < history->count && alike < request->count &&
		told_speaks(&history->items[alike]) &&
		told_speaks(&request->items[alike])) {
		answer->archive_after = history->items[alike].seq - 1;
		answer->shortens = history->items[alike].answer &&
				   told_shorter(request->items[alike].text,
					   history->items[alike].text);
	} else if (alike > 0)
		answer->archive_after = history->items[alike - 1].seq;
	else
		answer->archive_after = floor;
}

/* An answer that was still coming when the request arrived, cut short in it. */
static bool model_was_left(const struct told_list *history,
	const struct told_list *then, const struct told_list *request)
{
	const size_t alike = told_alike(history, request);

	return history->count > then->count && alike >= then->count &&
	       alike + 1 == history->count && alike < request->count &&
	       history->items[alike].answer &&
	       told_speaks(&history->items[alike]) &&
	       told_speaks(&request->items[alike]) &&
	       told_shorter(
		       request->items[alike].text, history->items[alike].text);
}

static void model_beginnings(const struct told_list *then,
	const struct told_list *request, bool grown, int64_t floor,
	struct model_answer *answer)
{
	const size_t alike = told_alike(then, request);
	bool answered = false;

	for (size_t i = 0; i < alike; i++)
		answered |= then->items[i].answer;
	answered |= alike > 0 && alike < then->count &&
		    alike < request->count &&
		    told_speaks(&then->items[alike]) &&
		    told_speaks(&request->items[alike]);
	answer->known = told_answered(request, alike);
	if (!answered)
		return;
	model_go_back(then, request, alike, floor, answer);
	if (grown) {
		answer->archive_after = -1;
		answer->shortens = false;
	}
	if (grown && alike == request->count)
		answer->known = told_answered(request, alike);
}

static struct model_answer model_all(const struct told_list *then,
	const struct told_list *request, bool grown, int64_t floor)
{
	struct model_answer answer = { .archive_after = -1 };

	answer.known = told_alike(then, request);
	if (answer.known == then->count)
		return answer;
	if (!grown)
		model_go_back(then, request, answer.known, floor, &answer);
	else if (answer.known == request->count)
		answer.known = told_answered(request, answer.known);
	return answer;
}

static struct model_answer model_decide(const struct model_question *question)
{
	struct model_answer answer = { .archive_after = -1 };
	int64_t floor = 0, ignored;
	const struct told_list request =
		told_without_front(&question->request, &ignored);
	struct told_list history =
		told_without_front(&question->history, &floor);
	struct told_list then;
	size_t length, longer, first = 0, at = 0;
	const size_t live = question->history.count;
	const bool grown = live > 0 && question->history.items[live - 1].seq >
					       question->arrived;

	if (question->send == OVERLAP_NEW)
		return answer;
	if (question->send == OVERLAP_FIND)
		history = told_passing_over(&history, &request);
	then = model_then(&history, question->arrived);
	if (question->send == OVERLAP_ALL)
		return model_all(&then, &request, grown, floor);
	if (grown && model_was_left(&history, &then, &request)) {
		model_go_back(&history, &request,
			told_alike(&history, &request), floor, &answer);
		return answer;
	}
	length = told_longest(&then, &request, &first);
	longer = told_longest(&history, &request, &at);
	if (longer > length) {
		length = longer;
		first = at;
	}
	if (length == 0) {
		model_beginnings(&then, &request, grown, floor, &answer);
		return answer;
	}
	at = told_alike(&history, &request);
	answer.known = first + length;
	answer.own_first = at < first ? at : first;
	answer.own_end = first;
	return answer;
}

#endif
