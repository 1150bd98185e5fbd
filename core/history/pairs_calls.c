/* SPDX-License-Identifier: MIT */
/* pairs_calls.c - a message with calls meets their results. */
#include "core/history/pairs.h"

#include "schema/forms/items.h"
#include "schema/message/tool_calls.h"

#define NUMBERS 255 /* calls of one id in a message; others are left out */

/* The calls of one message while they meet their results. */
struct pairs_calls {
	struct pairs *pairs;
	int64_t seq;  /* the newest of its answer */
	size_t marks; /* where theirs begin */
	size_t at;    /* the mark of the next, as shadowed ones are met */
	size_t calls; /* without shadowed ones */
	size_t kept;
	int64_t again; /* tokens of results that are shown anew */
	bool shadowed; /* there are such */
	bool pending;  /* results may still come */
};

/* The message with the calls that a result answers; 0: none yet. */
static int64_t *pairs_calls_caller_of(
	struct pairs *pairs, struct answer *answer)
{
	return answer->message > 0
		       ? &pairs->messages[answer->message - 1].caller
		       : &answer->caller;
}

static bool pairs_calls_own(
	const struct pairs_calls *calling, struct answer *answer)
{
	int64_t *caller = pairs_calls_caller_of(calling->pairs, answer);

	if (*caller == 0)
		*caller = calling->seq;
	return *caller == calling->seq;
}

/* Marks the result so; if it is shown already, it will be anew. */
static void pairs_calls_mark(
	struct pairs_calls *calling, const struct answer *answer, size_t number)
{
	struct pairs *pairs = calling->pairs;
	struct pairs_message *message;
	char *mark;

	if (answer->message == 0)
		return;
	message = &pairs->messages[answer->message - 1];
	mark = &pairs->marks.data[answer->mark];
	if (message->answering.shown != PAIRS_NOTHING &&
		*mark != (char)number) {
		calling->again +=
			message->answering.tokens - message->alone.tokens;
		message->answering.shown = PAIRS_NOTHING;
	}
	*mark = (char)number;
}

/*
 * Takes the next result of the call, which is one of several of its id, unless
 * another message has the first.  Returns its number, which a function's call
 * has while it is pending, too; 0: the call is left out.  Items come from the
 * last back, so the results move up before that of the first.
 */
static size_t pairs_calls_take(
	struct pairs_calls *calling, const struct tool_call *call)
{
	struct answers *answers = &calling->pairs->answers;
	struct answer *first = answers_find(answers, call), *answer;
	size_t number;

	if (first == NULL)
		return calling->pending;
	if (first->taken == NUMBERS ||
		(!call->named && !pairs_calls_own(calling, first)))
		return 0;
	answer = answers_take(answers, first);
	if (answer == NULL)
		return calling->pending;
	if (!pairs_calls_own(calling, answer))
		return 0;
	number = first->taken;
	/* A call is known by its name here, or its result is the request's. */
	if (call->named || (answer->message == 0 && !answer->awaited))
		number = 1;
	if (calling->pairs->kind == ITEM_NONE || number == 1)
		pairs_calls_mark(calling, answer, number);
	else
		for (size_t i = 0; i < number; i++)
			pairs_calls_mark(calling, &first[i], number - i);
	return number;
}

static int pairs_calls_meet(void *context, const struct tool_call *call)
{
	struct pairs_calls *calling = context;
	struct pairs *pairs = calling->pairs;
	const char mark =
		(char)(call->shadowed ? calling->pending
				      : pairs_calls_take(calling, call));

	calling->calls += !call->shadowed;
	calling->kept += mark && !call->shadowed;
	calling->shadowed |= call->shadowed;
	text_append(&pairs->marks, &mark, 1);
	return pairs->marks.failed ? -1 : 0;
}

/*
 * A shadowed call stands with the same in the list, or not at all: whoever
 * reads it has a result, and whoever reads the list has none too many.
 */
static int pairs_calls_meet_shadowed(
	void *context, const struct tool_call *call)
{
	struct pairs_calls *calling = context;
	struct pairs *pairs = calling->pairs;
	char *kept = pairs->marks.data + calling->at++;
	struct answer *answer;
	size_t nth;

	if (!call->shadowed)
		return 0;
	answer = answers_find(&pairs->answers, call);
	if (answer == NULL)
		return 0;
	nth = answer->shadows[call->block]++;
	if (*pairs_calls_caller_of(pairs, answer) != calling->seq)
		*kept = 0;
	else if (nth < answer->taken && answer[nth].awaited)
		*kept = (char)(nth + 1);
	else if (nth < answer->taken)
		*kept = answer[nth].message == 0
				? 1
				: pairs->marks.data[answer[nth].mark];
	return 0;
}

/* Results of the others are known by the function's name, not by a number. */
static int pairs_calls_await(void *context, const struct tool_call *call)
{
	struct pairs_calls *calling = context;

	return call->function || call->shadowed
		       ? 0
		       : answers_await(&calling->pairs->answers, call);
}

static int pairs_calls_meet_all(
	struct pairs_calls *calling, const struct message *message)
{
	if (calling->pending &&
		tool_calls_visit(message, pairs_calls_await, calling))
		return -1;
	if (tool_calls_visit(message, pairs_calls_meet, calling))
		return -1;
	calling->at = calling->marks;
	return calling->shadowed ? tool_calls_visit(message,
					   pairs_calls_meet_shadowed, calling)
				 : 0;
}

/* Are so many marks all plain ones? */
static bool pairs_calls_are_whole(
	const struct pairs *pairs, size_t marks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (pairs_marks(pairs, marks)[i] != 1)
			return false;
	return true;
}

/* A message whose calls came, from the mark on, with what has one. */
static int pairs_calls_view_answer(
	struct pairs *pairs, struct pairs_message *answer, size_t mark)
{
	const struct message message = {
		.form = answer->form,
		.type = answer->type,
		.body = { pairs->bodies.data + answer->body,
			answer->body_length },
	};
	struct pairs_view *view = &answer->answering;

	if (answer->results == 0)
		view->kept = mark;
	if (!pairs_calls_are_whole(pairs, view->kept,
		    answer->results > 0 ? answer->results : 1)) {
		view->shown = PAIRS_PART;
		view->tokens = pairs_count_part(pairs, &message, view->kept);
	} else {
		view->shown = PAIRS_WHOLE;
		if (answer->results > 0)
			view->tokens = pairs_count(pairs, &message);
	}
	return view->tokens < 0 ? -1 : 0;
}

/* Shows what answers the calls; adds the tokens that this takes. */
static int pairs_calls_show_results(
	const struct pairs_calls *calling, int64_t *tokens)
{
	struct pairs *pairs = calling->pairs;

	*tokens -= calling->again;
	for (size_t i = 0; i < pairs->answers.count; i++) {
		const struct answer *item = &pairs->answers.items[i];
		struct pairs_message *answer;

		if (item->message == 0)
			continue;
		answer = &pairs->messages[item->message - 1];
		if (answer->caller != calling->seq || answer->answering.shown ||
			(answer->results == 0 &&
				pairs->marks.data[item->mark] == 0))
			continue;
		if (pairs_calls_view_answer(pairs, answer, item->mark))
			return -1;
		*tokens += answer->answering.tokens - answer->alone.tokens;
	}
	return 0;
}

/* A message without some of its calls. */
static int pairs_calls_view_calling(const struct pairs_calls *calling,
	const struct message *message, int64_t *tokens)
{
	struct pairs *pairs = calling->pairs;
	struct pairs_message *added = pairs_new_message(pairs);

	if (added == NULL)
		return -1;
	*tokens = 0;
	if (calling->kept == 0 && !tool_calls_beside(message))
		return 0;
	added->alone.shown = PAIRS_PART;
	added->alone.kept = calling->marks;
	*tokens = pairs_count_part(pairs, message, calling->marks);
	added->alone.tokens = *tokens;
	return *tokens < 0 ? -1 : 0;
}

static int pairs_calls_refuse_join(void *context, const struct tool_call *call)
{
	*(size_t *)context += !call->shadowed;
	return call->block ||
	       (call->function && !call->named && !call->shadowed);
}

/* Has it calls, and are all in the list that messages are joined by? */
static bool pairs_calls_is_joinable(
	const struct pairs *pairs, const struct message *message)
{
	size_t calls = 0;

	return (pairs->joins || pairs->kind != ITEM_NONE) &&
	       tool_calls_visit(message, pairs_calls_refuse_join, &calls) ==
		       0 &&
	       calls > 0;
}

int pairs_add_calls(
	struct pairs *pairs, const struct message_row *row, int64_t *tokens)
{
	const struct message *message = &row->message;
	const bool joinable = pairs_calls_is_joinable(pairs, message);
	struct pairs_calls calling = {
		.pairs = pairs,
		.seq = pairs->seq,
		.marks = pairs->marks.length,
	};
	int result;

	if (pairs->joining && !joinable && pairs->kind == ITEM_NONE)
		pairs_close(pairs);
	calling.pending =
		!pairs->closed && !answers_have_blocks(&pairs->answers);
	if (pairs_calls_meet_all(&calling, message))
		return -1;
	if (pairs_calls_are_whole(pairs, calling.marks,
		    pairs->marks.length - calling.marks)) {
		pairs->marks.length = calling.marks;
		result = pairs_add_plain(pairs, message, tokens);
	} else {
		result = pairs_calls_view_calling(&calling, message, tokens);
	}
	if (result == 0)
		result = pairs_calls_show_results(&calling, tokens);
	/* Other items of an answer stand among its calls. */
	if (pairs->kind != ITEM_NONE && calling.calls == 0) {
		pairs->among = pairs->kind;
		return result;
	}
	/* A message that is not shown at all is in nobody's way. */
	if (joinable && (calling.kept > 0 || !tool_calls_beside(message)))
		pairs->joining = true;
	else
		pairs_close(pairs);
	return result;
}
