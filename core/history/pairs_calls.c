/* SPDX-License-Identifier: MIT */
/* pairs_calls.c - a message with calls meets their results. */
#include "core/history/pairs.h"

#include <string.h>

#include "schema/forms/items.h"
#include "schema/message/tool_calls.h"

/* The calls of one message while they meet their results. */
struct pairs_calls {
	struct pairs *pairs;
	int64_t seq;
	size_t marks; /* where theirs begin */
	size_t at;    /* the mark of the next, as shadowed ones are met */
	size_t calls; /* without shadowed ones */
	size_t kept;
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

/* The result of the call, unless another message has it; it is this one's. */
static const struct answer *pairs_calls_take_answer(
	const struct pairs_calls *calling, const struct tool_call *call)
{
	struct pairs *pairs = calling->pairs;
	struct answer *answer = answers_take(&pairs->answers, call);
	int64_t *caller;

	if (answer == NULL)
		return NULL;
	caller = pairs_calls_caller_of(pairs, answer);
	if (*caller == 0)
		*caller = calling->seq;
	return *caller == calling->seq ? answer : NULL;
}

static int pairs_calls_meet(void *context, const struct tool_call *call)
{
	struct pairs_calls *calling = context;
	struct pairs *pairs = calling->pairs;
	const struct answer *answer =
		call->shadowed ? NULL : pairs_calls_take_answer(calling, call);
	const char kept = answer != NULL || calling->pending;

	calling->calls += !call->shadowed;
	calling->kept += kept && !call->shadowed;
	calling->shadowed |= call->shadowed;
	text_append(&pairs->marks, &kept, 1);
	if (pairs->marks.failed)
		return -1;
	if (answer != NULL && answer->message > 0)
		pairs->marks.data[answer->mark] = 1;
	return 0;
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

	if (!call->shadowed)
		return 0;
	answer = answers_find(&pairs->answers, call);
	if (answer != NULL)
		*kept = *pairs_calls_caller_of(pairs, answer) == calling->seq &&
			(answer->message == 0 ||
				pairs->marks.data[answer->mark]);
	return 0;
}

static int pairs_calls_meet_all(
	struct pairs_calls *calling, const struct message *message)
{
	if (tool_calls_visit(message, pairs_calls_meet, calling))
		return -1;
	calling->at = calling->marks;
	return calling->shadowed ? tool_calls_visit(message,
					   pairs_calls_meet_shadowed, calling)
				 : 0;
}

/* A human message whose calls came: with those results that have one. */
static int pairs_calls_view_human(
	struct pairs *pairs, struct pairs_message *answer)
{
	const struct message message = {
		.form = answer->form,
		.type = MESSAGE_HUMAN,
		.body = { pairs->bodies.data + answer->body,
			answer->body_length },
	};
	const char *marks = pairs->marks.data + answer->answering.kept;

	answer->answering.shown =
		memchr(marks, 0, answer->results) ? PAIRS_PART : PAIRS_WHOLE;
	answer->answering.tokens = answer->answering.shown == PAIRS_WHOLE
					   ? pairs_count(pairs, &message)
					   : pairs_count_part(pairs, &message,
						     answer->answering.kept);
	return answer->answering.tokens < 0 ? -1 : 0;
}

/* Shows what answers the calls; adds the tokens that this takes. */
static int pairs_calls_show_results(
	struct pairs *pairs, int64_t seq, int64_t *tokens)
{
	for (size_t i = 0; i < pairs->answers.count; i++) {
		const size_t number = pairs->answers.items[i].message;
		struct pairs_message *answer;

		if (number == 0)
			continue;
		answer = &pairs->messages[number - 1];
		if (answer->caller != seq || answer->answering.shown)
			continue;
		if (answer->results == 0)
			answer->answering.shown = PAIRS_WHOLE;
		else if (pairs_calls_view_human(pairs, answer))
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
		.seq = row->seq,
		.marks = pairs->marks.length,
	};
	int result;

	if (pairs->joining && !joinable && pairs->kind == ITEM_NONE)
		pairs_close(pairs);
	calling.pending =
		!pairs->closed && !answers_have_blocks(&pairs->answers);
	if (pairs_calls_meet_all(&calling, message))
		return -1;
	if (memchr(pairs->marks.data + calling.marks, 0,
		    pairs->marks.length - calling.marks)) {
		result = pairs_calls_view_calling(&calling, message, tokens);
	} else {
		pairs->marks.length = calling.marks;
		result = pairs_add_plain(pairs, message, tokens);
	}
	if (result == 0)
		result = pairs_calls_show_results(pairs, row->seq, tokens);
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
