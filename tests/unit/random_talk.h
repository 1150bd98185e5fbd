/* SPDX-License-Identifier: MIT */
/*
 * random_talk.h - talks of people, models and tools as they come about: calls
 * in each of their forms, alone and parallel, answered in any order, half, not
 * at all or twice, with ids that come again; blocks beside text, media, several
 * system messages.
 */
#ifndef TESTS_UNIT_RANDOM_TALK_H
#define TESTS_UNIT_RANDOM_TALK_H

#include "tests/unit/said.h"

#define TALK_MOST 24

static uint64_t state; /* of the random numbers */

static unsigned below(unsigned bound)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % bound;
}

struct talk {
	struct said items[TALK_MOST];
	int count;
};

static struct said *talk_add(struct talk *talk, enum message_type type)
{
	static const enum said_form plain[] = { SAID_ROLE, SAID_DATA, SAID_FLAT,
		SAID_TUPLE };
	struct said *said;

	if (talk->count == TALK_MOST)
		return NULL;
	said = &talk->items[talk->count++];
	*said = (struct said){
		.type = type,
		.form = plain[below(4)],
		.words = 1 + (int)below(50),
		.media = type == MESSAGE_HUMAN && below(12) == 0,
	};
	return said;
}

static struct said *talk_add_calls(struct talk *talk)
{
	struct said *said = talk_add(talk, MESSAGE_AI);

	if (said == NULL)
		return NULL;
	said->form = (enum said_form)below(SAID_TUPLE);
	said->words = below(2) ? 0 : said->words;
	said->count = below(2) ? 1 : 1 + (int)below(SAID_IDS - 1);
	said->function =
		said->count == 1 && below(5) == 0 &&
		(said->form == SAID_ROLE || said->form == SAID_KWARGS ||
			said->form == SAID_FLAT);
	/* They come again, at times in one message. */
	for (int i = 0, id = (int)below(6); i < said->count; i++)
		said->ids[i] = (id += below(6) > 0) % 6;
	return said;
}

static void talk_add_result(struct talk *talk, int id, bool function)
{
	struct said *said =
		talk_add(talk, function ? MESSAGE_FUNCTION : MESSAGE_TOOL);

	if (said == NULL)
		return;
	said->form = below(2) ? SAID_ROLE : SAID_FLAT;
	said->function = function;
	said->ids[0] = id;
	said->count = 1;
}

/* Blocks of one message, at times with text behind them. */
static void talk_add_blocks(struct talk *talk, const int *ids, int count)
{
	struct said *said;

	if (count == 0 || (said = talk_add(talk, MESSAGE_HUMAN)) == NULL)
		return;
	said->form = below(4) ? SAID_BLOCKS : SAID_BOTH;
	said->words = below(3) ? 0 : said->words;
	said->count = count;
	for (int i = 0; i < count; i++)
		said->ids[i] = ids[i];
}

/* Some of the calls are answered, in any order, at times one twice. */
static void talk_answer(struct talk *talk, const struct said *calls)
{
	int ids[SAID_IDS + 2], count = 0;

	for (int i = 0; i < calls->count; i++)
		if (below(8) > 0)
			ids[count++] = calls->ids[i];
	if (count > 1 && below(2)) {
		const int first = ids[0];

		ids[0] = ids[count - 1];
		ids[count - 1] = first;
	}
	if (count > 0 && below(8) == 0) {
		ids[count] = ids[below((unsigned)count)];
		count++;
	}
	if (below(10) == 0)
		ids[count++] = (int)below(6);
	if ((calls->form == SAID_BLOCKS || below(12) == 0) &&
		!calls->function) {
		const int half = below(4) ? 0 : count / 2;

		count = count > SAID_IDS ? SAID_IDS : count;
		talk_add_blocks(talk, ids, half);
		talk_add_blocks(talk, ids + half, count - half);
		return;
	}
	for (int i = 0; i < count; i++) {
		if (below(25) == 0)
			talk_add(talk, MESSAGE_HUMAN);
		talk_add_result(talk, ids[i], calls->function);
	}
}

/* Calls of two messages, answered together. */
static void talk_add_two(struct talk *talk)
{
	const struct said *one = talk_add_calls(talk);
	const struct said *two = talk_add_calls(talk);

	if (one != NULL && two != NULL) {
		talk_answer(talk, one);
		talk_answer(talk, two);
	}
}

static void talk_go_on(struct talk *talk)
{
	struct said *calls;

	switch (below(8)) {
	case 0:
	case 1:
		talk_add(talk, MESSAGE_AI);
		break;
	case 2:
	case 3:
		calls = talk_add_calls(talk);
		if (calls != NULL && below(8) > 0)
			talk_answer(talk, calls);
		break;
	case 4:
		talk_add_two(talk);
		break;
	case 5:
		if (below(3) == 0)
			talk_add_result(talk, (int)below(6), below(5) == 0);
		break;
	case 6:
		if (below(6) == 0)
			talk_add(talk, MESSAGE_SYSTEM);
		break;
	default:
		talk_add(talk, MESSAGE_HUMAN);
		break;
	}
}

static struct talk random_talk(int most)
{
	struct talk talk = { .count = 0 };

	for (unsigned systems = below(2) ? 0 : below(4); systems > 0; systems--)
		talk_add(&talk, MESSAGE_SYSTEM);
	while (talk.count < most)
		talk_go_on(&talk);
	return talk;
}

#endif
