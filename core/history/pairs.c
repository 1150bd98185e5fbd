/* SPDX-License-Identifier: MIT */
/* pairs.c - calls meet their results, from the newest message back. */
#include "core/history/pairs.h"

#include "schema/forms/form.h"
#include "schema/forms/items.h"
#include "schema/message/tool_calls.h"
#include "schema/tokens/tokens.h"

int64_t pairs_count(const struct pairs *pairs, const struct message *message)
{
	return pairs->counts ? tokens_count(message, pairs->tokenizer) : 0;
}

int64_t pairs_count_part(
	struct pairs *pairs, const struct message *message, size_t kept)
{
	const struct pairs_view view = { .kept = kept, .shown = PAIRS_PART };
	struct message part;

	if (!pairs->counts)
		return 0;
	return pairs_show(pairs, &view, message, &part)
		       ? -1
		       : pairs_count(pairs, &part);
}

void pairs_close(struct pairs *pairs)
{
	pairs->closed = true;
	pairs->joining = false;
	answers_forget(&pairs->answers);
	pairs->bodies.length = 0;
}

/* --- results ------------------------------------------------------------ */

/* A message while its results are taken up. */
struct pairs_answering {
	struct pairs *pairs;
	size_t message; /* plus one; 0: it follows the history */
	size_t count;
};

static int pairs_note_result(void *context, const struct tool_call *call)
{
	struct pairs_answering *answering = context;
	struct pairs *pairs = answering->pairs;
	const size_t mark = pairs->marks.length;

	answering->count++;
	text_append(&pairs->marks, "", 1);
	return pairs->marks.failed || answers_add(&pairs->answers, call,
					      answering->message, mark)
		       ? -1
		       : 0;
}

/* It is counted again when it is known which results have calls. */
static void pairs_keep_body(struct pairs *pairs, struct pairs_message *added,
	const struct message *message)
{
	added->form = message->form;
	added->type = message->type;
	added->body = pairs->bodies.length;
	added->body_length = message->body.length;
	text_slice(&pairs->bodies, message->body);
}

static int pairs_add_human(struct pairs *pairs, const struct message *message,
	size_t results, int64_t *tokens)
{
	struct pairs_message *added = pairs_new_message(pairs);

	if (added == NULL)
		return -1;
	added->results = results;
	pairs_keep_body(pairs, added, message);
	added->answering.kept = pairs->marks.length - results;
	added->alone.kept = pairs->marks.length;
	for (size_t i = 0; i < results; i++)
		text_append(&pairs->marks, "", 1);
	if (pairs->bodies.failed || pairs->marks.failed)
		return -1;
	*tokens = 0;
	if (tool_calls_only_answers(message))
		return 0;
	/* Without its calls it still says what else it says. */
	added->alone.shown = PAIRS_PART;
	added->alone.tokens =
		pairs_count_part(pairs, message, added->alone.kept);
	*tokens = added->alone.tokens;
	return *tokens < 0 ? -1 : 0;
}

/* It is not shown before its call is. */
static int pairs_add_result(
	struct pairs *pairs, const struct message *message, int64_t *tokens)
{
	struct pairs_message *added = pairs_new_message(pairs);

	*tokens = 0;
	if (added == NULL)
		return -1;
	added->answering.tokens = pairs_count(pairs, message);
	if (pairs->counts)
		pairs_keep_body(pairs, added, message);
	return added->answering.tokens < 0 || pairs->bodies.failed ? -1 : 0;
}

int pairs_add_plain(
	struct pairs *pairs, const struct message *message, int64_t *tokens)
{
	*tokens = pairs_count(pairs, message);
	pairs->items[pairs->count - 1].tokens = (int32_t)*tokens;
	return *tokens < 0 ? -1 : 0;
}

static int pairs_add_results(
	struct pairs *pairs, const struct message *message, int64_t *tokens)
{
	struct pairs_answering answering = { pairs, pairs->message_count + 1,
		0 };
	const bool only = tool_calls_only_answers(message);

	/* Text in between ends what answers a call. */
	if (!only || pairs->joining)
		pairs_close(pairs);
	pairs->items[pairs->count - 1].turn = !only;
	if (tool_calls_visit(message, pairs_note_result, &answering))
		return -1;
	if (message->type != MESSAGE_HUMAN)
		return pairs_add_result(pairs, message, tokens);
	if (answering.count == 0)
		return pairs_add_plain(pairs, message, tokens);
	return pairs_add_human(pairs, message, answering.count, tokens);
}

/* --- one after the other ------------------------------------------------ */

static int pairs_follow_plain(
	struct pairs *pairs, const struct message *message)
{
	struct pairs_answering answering = { pairs, 0, 0 };

	pairs->answers.order++;
	if (!tool_calls_only_answers(message))
		pairs_close(pairs);
	return message->type == MESSAGE_AI
		       ? 0
		       : tool_calls_visit(
				 message, pairs_note_result, &answering);
}

int pairs_follow(struct pairs *pairs, const struct message *message)
{
	struct text data = { 0 };
	const struct message plain = form_plain(message, &data);
	const int result = data.failed ? -1 : pairs_follow_plain(pairs, &plain);

	text_clear(&data);
	return result;
}

static int pairs_add_row(
	struct pairs *pairs, const struct message_row *row, int64_t *tokens)
{
	int result = -1;

	pairs->answers.order++;
	if (pairs_new_item(pairs, row->seq))
		return -1;
	switch (row->message.type) {
	case MESSAGE_HUMAN:
	case MESSAGE_TOOL:
	case MESSAGE_FUNCTION:
		return pairs_add_results(pairs, &row->message, tokens);
	case MESSAGE_AI:
		return pairs_add_calls(pairs, row, tokens);
	case MESSAGE_SYSTEM:
	case MESSAGE_GENERIC:
		result = pairs_add_plain(pairs, &row->message, tokens);
		break;
	}
	pairs_close(pairs);
	return result;
}

/* A thought goes with what follows it. */
static bool pairs_is_lost_thought(
	const struct pairs *pairs, const struct message_row *row)
{
	const struct pairs_item *next;

	if (items_kind(&row->message) != ITEM_THOUGHT || pairs->count == 0)
		return false;
	next = &pairs->items[pairs->count - 1];
	return next->continues && next->message > 0 &&
	       pairs->messages[next->message - 1].alone.shown == PAIRS_NOTHING;
}

static int pairs_add_lost(
	struct pairs *pairs, const struct message_row *row, int64_t *tokens)
{
	*tokens = 0;
	pairs->answers.order++;
	return pairs_new_item(pairs, row->seq) ||
			       pairs_new_message(pairs) == NULL
		       ? -1
		       : 0;
}

int pairs_add(
	struct pairs *pairs, const struct message_row *row, int64_t *tokens)
{
	struct text data = { 0 };
	struct message_row plain = *row;
	int result;

	if (pairs_is_lost_thought(pairs, row))
		return pairs_add_lost(pairs, row, tokens);
	pairs->kind = items_kind(&row->message);
	if (pairs->count == 0 || !pairs->items[pairs->count - 1].continues)
		pairs->seq = row->seq;
	/* It is of another answer than what comes now. */
	if (pairs->among && !items_kinds_continue(pairs->kind, pairs->among))
		pairs_close(pairs);
	pairs->among = 0;
	/* Several messages have their results in them: nothing is outside. */
	if (form_of(row->message.form)->parts == NULL)
		plain.message = form_plain(&row->message, &data);
	result = data.failed ? -1 : pairs_add_row(pairs, &plain, tokens);
	text_clear(&data);
	return result;
}
