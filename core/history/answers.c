/* SPDX-License-Identifier: MIT */
/* answers.c - results, sorted when the first call asks for one. */
#include "core/history/answers.h"
#include "schema/array.h"

#include <stdlib.h>

void answers_clear(struct answers *answers)
{
	free(answers->items);
	text_clear(&answers->bytes);
	*answers = (struct answers){ 0 };
}

void answers_forget(struct answers *answers)
{
	answers->count = 0;
	answers->bytes.length = 0;
	answers->sorted = false;
}

static int answers_grow(struct answers *answers)
{
	struct answer *items = array_room(answers->items, &answers->capacity,
		answers->count, sizeof(*items));

	if (items == NULL)
		return -1;
	answers->items = items;
	return 0;
}

static int answers_put(struct answers *answers, const struct tool_call *call,
	struct answer answer)
{
	if (answers_grow(answers))
		return -1;
	answer.function = call->function;
	answer.id = answers->bytes.length;
	answer.id_length = call->id.length;
	answers->items[answers->count++] = answer;
	answers->sorted = false;
	text_slice(&answers->bytes, call->id);
	return answers->bytes.failed ? -1 : 0;
}

int answers_add(struct answers *answers, const struct tool_call *call,
	size_t message, size_t mark)
{
	return answers_put(answers, call,
		(struct answer){
			.block = call->block,
			.order = answers->order,
			.message = message,
			.mark = mark,
		});
}

int answers_await(struct answers *answers, const struct tool_call *call)
{
	return answers_put(answers, call,
		(struct answer){
			.awaited = true,
			.mark = answers->count,
		});
}

bool answers_have_blocks(const struct answers *answers)
{
	for (size_t i = 0; i < answers->count; i++)
		if (answers->items[i].block)
			return true;
	return false;
}

static struct tool_call answers_call_of(
	const struct answers *answers, const struct answer *answer)
{
	return (struct tool_call){
		.function = answer->function,
		.id = { answers->bytes.data + answer->id, answer->id_length },
	};
}

/* By what they answer, then in the order of the history. */
static int answers_compare(const void *a, const void *b, void *context)
{
	const struct answer *one = a, *other = b;
	const struct tool_call call = answers_call_of(context, one);
	const struct tool_call other_call = answers_call_of(context, other);
	const int order = tool_call_compare(&call, &other_call);

	if (order != 0)
		return order;
	if (one->order != other->order)
		return one->order > other->order ? -1 : 1;
	return one->mark < other->mark ? -1 : one->mark > other->mark;
}

static int answers_compare_call(
	const struct answers *answers, size_t at, const struct tool_call *call)
{
	const struct tool_call found =
		answers_call_of(answers, &answers->items[at]);

	return tool_call_compare(&found, call);
}

struct answer *answers_find(
	struct answers *answers, const struct tool_call *call)
{
	size_t low = 0, high = answers->count;

	if (!answers->sorted && answers->count > 1)
		qsort_r(answers->items, answers->count, sizeof(*answers->items),
			answers_compare, answers);
	answers->sorted = true;
	while (low < high) {
		const size_t middle = (low + high) / 2;

		if (answers_compare_call(answers, middle, call) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == answers->count ||
		answers_compare_call(answers, low, call) != 0)
		return NULL;
	return &answers->items[low];
}

struct answer *answers_take(struct answers *answers, struct answer *first)
{
	const struct tool_call call = answers_call_of(answers, first);
	const size_t at = (size_t)(first - answers->items) + first->taken;

	if (at == answers->count ||
		answers_compare_call(answers, at, &call) != 0)
		return NULL;
	first->taken++;
	return &answers->items[at];
}
