/* SPDX-License-Identifier: MIT */
/*
 * overlap_view.h - what is told, as the rule gets it: numbers, without what is
 * passed over.
 */
#ifndef TESTS_UNIT_OVERLAP_VIEW_H
#define TESTS_UNIT_OVERLAP_VIEW_H

#include "tests/unit/overlap_model.h"
#include "tests/unit/unit.h"

struct viewed {
	struct overlap_item items[2 * TOLD_MOST];
	char texts[2 * TOLD_MOST * 8];
	size_t used;
};

static uint32_t word_of(const struct told *told)
{
	return 1u + (uint32_t)told->kind + 4u * (uint32_t)told->text +
	       4000000u * (uint32_t)told->call;
}

/* Decimal, from its last digit on: a beginning is what it ends like. */
static size_t put_text(struct viewed *viewed, int text)
{
	const size_t at = viewed->used;

	for (; text > 0; text /= 10)
		viewed->texts[viewed->used++] = (char)('0' + text % 10);
	return viewed->used - at;
}

static struct overlap_list view(struct viewed *viewed, size_t at,
	const struct told_list *list, const struct told_list *request)
{
	const struct overlap_list out = { viewed->items + at, list->count };

	for (size_t i = 0; i < list->count; i++) {
		const struct told *told = &list->items[i];
		struct overlap_item *item = &viewed->items[at + i];
		bool known = false;

		for (size_t j = 0; j < request->count; j++)
			known |= told_same(told, &request->items[j]);
		*item = (struct overlap_item){
			.word = known ? word_of(told) : 0,
			.assistant = told->kind == TOLD_BOT,
			.speaks = told_speaks(told),
			.result = told->kind == TOLD_RESULT,
			.answer = told->answer,
			.first = told->seq,
			.last = told->seq,
			.text_at = viewed->used,
		};
		item->text_length = put_text(viewed, told->text);
	}
	return out;
}

/* As the rule gets it: passed over, and without fronts. */
static struct overlap_decision decide(const struct model_question *asked)
{
	static struct viewed viewed;
	int64_t floor = 0, ignored = 0;
	const struct told_list request =
		told_without_front(&asked->request, &ignored);
	struct told_list history = told_without_front(&asked->history, &floor);
	struct overlap_question question = { .send = asked->send };
	struct overlap_decision decision;
	const size_t live = asked->history.count;

	if (asked->send == OVERLAP_FIND)
		history = told_passing_over(&history, &request);
	viewed.used = 0;
	question.request = view(&viewed, TOLD_MOST, &request, &request);
	question.history = view(&viewed, 0, &history, &request);
	question.texts = (struct slice){ viewed.texts, viewed.used };
	question.floor = floor;
	question.grown =
		live > 0 && asked->history.items[live - 1].seq > asked->arrived;
	while (question.arrived < history.count &&
		history.items[question.arrived].seq <= asked->arrived)
		question.arrived++;
	ok(overlap_decide(&question, &decision, &error));
	return decision;
}

#endif
