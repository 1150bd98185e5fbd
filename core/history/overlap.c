/* SPDX-License-Identifier: MIT */
/* overlap.c - the rule of what is new. */
#include "core/history/overlap.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "schema/error.h"

/* A run that ends the history, in the request. */
struct overlap_run {
	size_t first, end;
};

static size_t overlap_length(const struct overlap_run *run)
{
	return run->end - run->first;
}

static size_t overlap_least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool overlap_same(
	const struct overlap_item *a, const struct overlap_item *b)
{
	return a->word != 0 && a->word == b->word;
}

/* So many items do both begin with. */
static size_t overlap_beginning(
	const struct overlap_list *history, const struct overlap_list *request)
{
	const size_t most = overlap_least(history->count, request->count);
	size_t at = 0;

	while (at < most &&
		overlap_same(&history->items[at], &request->items[at]))
		at++;
	return at;
}

/* --- the longest run ------------------------------------------------------ */

/*
 * The history's end backwards, a 0, and the request backwards: the lengths of
 * what the text and its own rest begin with are those of the runs.
 */
struct overlap_search {
	uint32_t *text;
	size_t *lengths;
	size_t pattern; /* items of the history */
	size_t count;
};

/* No run reaches beyond what the request has nowhere. */
static size_t overlap_pattern(const struct overlap_question *question,
	const struct overlap_list *history)
{
	const size_t most =
		overlap_least(history->count, question->request.count);
	size_t length = 0;

	while (length < most &&
		history->items[history->count - 1 - length].word != 0)
		length++;
	return length;
}

static int overlap_search_make(struct overlap_search *search,
	const struct overlap_question *question,
	const struct overlap_list *history, struct error *error)
{
	const struct overlap_list *request = &question->request;
	size_t at = 0;

	search->pattern = overlap_pattern(question, history);
	search->count = search->pattern + 1 + request->count;
	search->text = calloc(search->count, sizeof(*search->text));
	search->lengths = calloc(search->count, sizeof(*search->lengths));
	if (search->text == NULL || search->lengths == NULL)
		return error_out_of_memory(error);
	for (size_t i = 0; i < search->pattern; i++)
		search->text[at++] =
			history->items[history->count - 1 - i].word;
	search->text[at++] = 0;
	for (size_t i = request->count; i > 0; i--)
		search->text[at++] = request->items[i - 1].word;
	return 0;
}

static void overlap_search_clear(struct overlap_search *search)
{
	free(search->text);
	free(search->lengths);
}

/* The Z algorithm (Gusfield 1997): each comparison that succeeds is the last
 * of its item. */
static void overlap_measure(struct overlap_search *search)
{
	size_t first = 0, end = 0; /* the match that reaches farthest */

	for (size_t at = 1; at < search->count; at++) {
		size_t length = 0;

		if (at < end)
			length = overlap_least(
				search->lengths[at - first], end - at);
		while (at + length < search->count &&
			search->text[length] == search->text[at + length])
			length++;
		search->lengths[at] = length;
		if (at + length > end) {
			first = at;
			end = at + length;
		}
	}
}

/* The length of the run that ends there in the request. */
static size_t overlap_length_at(const struct overlap_search *search,
	const struct overlap_list *request, size_t end)
{
	return search->lengths[search->pattern + 1 + request->count - end];
}

/* Of several runs of one length that at the front counts, else the last. */
static void overlap_choose(const struct overlap_search *search,
	const struct overlap_list *request, size_t beginning,
	struct overlap_run *best)
{
	size_t assistant = 0; /* behind the last one so far */

	*best = (struct overlap_run){ 0 };
	for (size_t end = 1; end <= request->count; end++) {
		const size_t length = overlap_length_at(search, request, end);
		const struct overlap_run run = { end - length, end };
		const size_t longest = overlap_length(best);

		if (request->items[end - 1].assistant)
			assistant = end;
		if (run.first > 0 &&
			(assistant <= run.first || end <= beginning))
			continue;
		if (length > longest ||
			(length == longest && length > 0 && best->first > 0))
			*best = run;
	}
}

static int overlap_find_run(const struct overlap_question *question,
	const struct overlap_list *history, struct overlap_run *best,
	struct error *error)
{
	const size_t beginning = overlap_beginning(history, &question->request);
	struct overlap_search search = { 0 };
	const int result =
		overlap_search_make(&search, question, history, error);

	if (result == 0) {
		overlap_measure(&search);
		overlap_choose(&search, &question->request, beginning, best);
	}
	overlap_search_clear(&search);
	return result;
}

/* --- gone back ------------------------------------------------------------ */

static bool overlap_differs(const struct overlap_question *question, size_t at)
{
	const struct overlap_list *history = &question->history;
	const struct overlap_list *request = &question->request;

	return at < history->count && at < request->count &&
	       history->items[at].speaks && request->items[at].speaks;
}

/* The first `count` items hold an answer of the model. */
static bool overlap_holds_answer(
	const struct overlap_list *history, size_t count)
{
	for (size_t at = 0; at < count; at++)
		if (history->items[at].answer)
			return true;
	return false;
}

/* Behind the last assistant message of the first items, and its results. */
static size_t overlap_answered(const struct overlap_list *request, size_t count)
{
	size_t at = count;

	while (at > 0 && !request->items[at - 1].assistant)
		at--;
	while (at > 0 && at < count && request->items[at].result)
		at++;
	return at;
}

/* Does the request show the beginning of the answer there? */
static bool overlap_shortens(const struct overlap_question *question, size_t at)
{
	const char *texts = question->texts.data;
	const struct overlap_item *item, *whole;

	if (!overlap_differs(question, at))
		return false;
	item = &question->request.items[at];
	whole = &question->history.items[at];
	return whole->answer && item->text_length <= whole->text_length &&
	       (item->text_length == 0 ||
		       memcmp(texts + item->text_at, texts + whole->text_at,
			       item->text_length) == 0);
}

/* Before the row that `at` is in the middle of. */
static size_t overlap_whole(const struct overlap_list *history, size_t at)
{
	const struct overlap_item *items = history->items;
	const size_t part = at;

	while (at > 0 && part < history->count &&
		items[at - 1].last >= items[part].first)
		at--;
	return at;
}

/*
 * All behind the common beginning is archived.  Calls before a text that is
 * another one now stay: the client leaves them out.
 */
static void overlap_cut(const struct overlap_question *question, size_t at,
	struct overlap_decision *decision)
{
	const struct overlap_item *items = question->history.items;
	const size_t whole = overlap_whole(&question->history, at);

	decision->known = whole;
	decision->shortens = whole == at && overlap_shortens(question, at);
	if (whole < at || overlap_differs(question, at))
		decision->archive_after = items[whole].first - 1;
	else
		decision->archive_after =
			at > 0 ? items[at - 1].last : question->floor;
}

/* The client has gone back to where `at` is the next. */
static void overlap_go_back(const struct overlap_question *question, size_t at,
	struct overlap_decision *decision)
{
	decision->known = at;
	if (!question->grown)
		overlap_cut(question, at, decision);
	else if (at == question->request.count)
		/* Its question is asked beside what came meanwhile. */
		decision->known = overlap_answered(&question->request, at);
}

/*
 * Does the request show the beginning of an answer that was stored after the
 * request arrived?  Its client has left before the end came.
 */
static bool overlap_was_left(
	const struct overlap_question *question, size_t beginning)
{
	const struct overlap_list *history = &question->history;

	return question->grown && beginning >= question->arrived &&
	       beginning + 1 == history->count &&
	       overlap_shortens(question, beginning);
}

/* --- the rule ------------------------------------------------------------- */

/* Rules 2 to 4. */
static void overlap_compare_beginnings(const struct overlap_question *question,
	struct overlap_decision *decision)
{
	struct overlap_question then = *question;
	size_t beginning;

	then.history.count = question->arrived;
	beginning = overlap_beginning(&then.history, &then.request);
	if (overlap_holds_answer(&then.history, beginning) ||
		(beginning > 0 && overlap_differs(&then, beginning)))
		overlap_go_back(&then, beginning, decision);
	else
		decision->known =
			overlap_answered(&question->request, beginning);
}

/* The request was sent as the history; 1: so it is decided. */
static int overlap_is_told(const struct overlap_question *question,
	struct overlap_decision *decision)
{
	struct overlap_question then = *question;

	if (question->send == OVERLAP_FIND)
		return 0;
	if (question->send == OVERLAP_NEW)
		return 1;
	then.history.count = question->arrived;
	decision->known = overlap_beginning(&then.history, &then.request);
	if (decision->known < then.history.count)
		overlap_go_back(&then, decision->known, decision);
	return 1;
}

/*
 * Looks for the run before the request arrived, and with what came since,
 * which its client may have read while it was stored.
 */
static int overlap_find_longest(const struct overlap_question *question,
	struct overlap_run *best, struct error *error)
{
	const struct overlap_list then = { question->history.items,
		question->arrived };
	struct overlap_run now = { 0 };

	if (overlap_find_run(question, &then, best, error))
		return -1;
	if (question->arrived == question->history.count)
		return 0;
	if (overlap_find_run(question, &question->history, &now, error))
		return -1;
	if (overlap_length(&now) > overlap_length(best))
		*best = now;
	return 0;
}

int overlap_decide(const struct overlap_question *question,
	struct overlap_decision *decision, struct error *error)
{
	struct overlap_run run = { 0 };
	size_t beginning;

	assert(question->arrived <= question->history.count);
	*decision = (struct overlap_decision){ .archive_after = -1 };
	if (overlap_is_told(question, decision))
		return 0;
	beginning = overlap_beginning(&question->history, &question->request);
	if (overlap_was_left(question, beginning)) {
		overlap_cut(question, beginning, decision);
		return 0;
	}
	if (overlap_find_longest(question, &run, error))
		return -1;
	if (overlap_length(&run) == 0) {
		overlap_compare_beginnings(question, decision);
		return 0;
	}
	decision->known = run.end;
	decision->own_first = overlap_least(beginning, run.first);
	decision->own_end = run.first;
	return 0;
}
