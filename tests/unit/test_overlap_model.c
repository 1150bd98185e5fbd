/* SPDX-License-Identifier: MIT */
/*
 * test_overlap_model.c - random clients: the rule decides as its model does,
 * and where it is plain what is new, that is what it finds.
 */
#include "core/history/overlap.h"

#include <string.h>

#include "tests/unit/overlap_view.h"
#include "tests/unit/unit.h"

#define LOOPS 25000
#define WORDS 100000 /* from here on texts are different */

static uint64_t dice_state, current;

static unsigned dice(unsigned sides)
{
	dice_state = dice_state * UINT64_C(6364136223846793005) + 1442695041;
	return (unsigned)(dice_state >> 33) % sides;
}

/* --- what is told --------------------------------------------------------- */

static void push(struct told_list *list, struct told told)
{
	if (list->count < TOLD_MOST)
		list->items[list->count++] = told;
}

/* Of the list, from one place to another. */
static void push_some(struct told_list *to, const struct told_list *from,
	size_t first, size_t end)
{
	for (size_t i = first; i < end; i++)
		push(to, from->items[i]);
}

/* --- a talk --------------------------------------------------------------- */

struct talk {
	bool same;   /* the same words and ids every time */
	bool system; /* a system message in front, another each time */
	int words;
	int64_t last_seq;
	struct told_list live;	 /* what the server has */
	struct told_list client; /* what the client has */
	bool plain;		 /* these are the same so far */
};

static int word(struct talk *talk)
{
	talk->words++;
	return talk->same ? 1 + (int)dice(2) : WORDS + talk->words;
}

static int call(struct talk *talk)
{
	talk->words++;
	return talk->same ? 1 + (int)dice(2) : talk->words;
}

static void store(struct talk *talk, struct told told, bool answer)
{
	told.answer = answer;
	told.seq = ++talk->last_seq;
	push(&talk->live, told);
}

static void apply(struct talk *talk, const struct model_question *asked,
	const struct overlap_decision *decision)
{
	const struct told_list *request = &asked->request;
	struct told_list kept = { .count = 0 };
	int64_t ignored = 0;
	size_t front =
		request->count - told_without_front(request, &ignored).count;

	for (size_t i = 0; i < talk->live.count; i++)
		if (decision->archive_after < 0 ||
			talk->live.items[i].seq <= decision->archive_after)
			push(&kept, talk->live.items[i]);
	if (talk->live.count > 0)
		front = 0;
	talk->live = kept;
	for (size_t i = 0; i < front; i++)
		store(talk, request->items[i], false);
	told_without_front(request, &ignored);
	front = request->count - told_without_front(request, &ignored).count;
	for (size_t i = front + decision->known; i < request->count; i++)
		store(talk, request->items[i],
			decision->shortens && i == front + decision->known);
}

/* The model's answer to it: a text, or a call. */
static struct told answered(struct talk *talk, bool calls)
{
	const struct told told = {
		.kind = TOLD_BOT,
		.text = !calls || dice(4) == 0 ? word(talk) : 0,
		.call = calls ? call(talk) : 0,
	};

	store(talk, told, true);
	return told;
}

/* `fresh` of the request's last are new; -1: that is not plain. */
static void asks(
	struct talk *talk, const struct model_question *asked, int fresh)
{
	const struct model_answer wanted = model_decide(asked);
	const struct overlap_decision found = decide(asked);
	int64_t ignored = 0;
	const size_t count =
		told_without_front(&asked->request, &ignored).count;

	ck_assert_uint_eq(found.known, wanted.known);
	ck_assert_uint_eq(found.own_first, wanted.own_first);
	ck_assert_uint_eq(found.own_end, wanted.own_end);
	ck_assert_int_eq(found.archive_after, wanted.archive_after);
	ck_assert_int_eq(found.shortens, wanted.shortens);
	if (fresh >= 0 && talk->plain && !talk->same)
		ck_assert_msg(count - found.known == (size_t)fresh,
			"loop %d: %zu are new, not %d", (int)current,
			count - found.known, fresh);
	apply(talk, asked, &found);
}

/* --- clients -------------------------------------------------------------- */

enum client {
	CLIENT_WHOLE,
	CLIENT_WINDOW,	/* the newest of it */
	CLIENT_HEAD,	/* some of its beginning, and the newest */
	CLIENT_SUMMARY, /* words of its own, and the newest */
	CLIENT_TEXTS,	/* without the calls of earlier turns */
	CLIENT_ALL,	/* says that it sends all */
	CLIENT_NEW,	/* says that it sends what is new */
	CLIENT_ANY,	/* whatever */
	CLIENTS
};

/* The place of the newest user message, or the end. */
static size_t turn_of(const struct told_list *list)
{
	size_t at = list->count;

	while (at > 0 && list->items[at - 1].kind != TOLD_USER)
		at--;
	return at > 0 ? at - 1 : list->count;
}

static void push_texts(struct told_list *to, const struct told_list *from)
{
	const size_t turn = turn_of(from);

	for (size_t i = 0; i < from->count; i++) {
		struct told told = from->items[i];

		if (i < turn && told.kind == TOLD_RESULT)
			continue;
		if (i < turn && told.kind == TOLD_BOT && told.call != 0) {
			told.call = 0;
			if (told.text == 0)
				continue;
		}
		push(to, told);
	}
}

static void push_any(struct talk *talk, struct told_list *to)
{
	for (unsigned i = 0, count = dice(6); i < count; i++) {
		const unsigned kind = dice(4);

		push(to, (struct told){ .kind = (enum told_kind)kind,
				 .text = (int)dice(3),
				 .call = kind == TOLD_RESULT ? 1 + (int)dice(2)
					 : kind == TOLD_BOT  ? (int)dice(3)
							     : 0 });
	}
	(void)talk;
}

/* What the client sends of what it has, the last `fresh` of which is new. */
static struct told_list send(
	struct talk *talk, enum client client, size_t fresh)
{
	const struct told_list *all = &talk->client;
	const size_t old = all->count - fresh;
	const size_t newest = old - (old > 1 ? dice((unsigned)old) : 0);
	struct told_list out = { .count = 0 };

	if (talk->system)
		push(&out, (struct told){ .kind = TOLD_SYSTEM,
				   .text = 1 + (int)dice(3) });
	if (client == CLIENT_TEXTS)
		push_texts(&out, all);
	else if (client == CLIENT_ANY)
		push_any(talk, &out);
	else if (client == CLIENT_NEW)
		push_some(&out, all, old, all->count);
	else if (client == CLIENT_WHOLE || client == CLIENT_ALL || old == 0)
		push_some(&out, all, 0, all->count);
	else if (client == CLIENT_WINDOW)
		push_some(&out, all, old - newest, all->count);
	else {
		if (client == CLIENT_HEAD)
			push_some(&out, all, 0,
				dice((unsigned)(old - newest) + 1));
		else
			push(&out, (struct told){ .kind = TOLD_USER,
					   .text = word(talk) });
		push_some(&out, all, old - newest, all->count);
	}
	return out;
}

static struct model_question question(
	struct talk *talk, enum client client, size_t fresh)
{
	return (struct model_question){
		.send = client == CLIENT_ALL   ? OVERLAP_ALL
			: client == CLIENT_NEW ? OVERLAP_NEW
					       : OVERLAP_FIND,
		.history = talk->live,
		.request = send(talk, client, fresh),
		.arrived = talk->last_seq,
	};
}

/* A turn with some calls, as the client goes on. */
static void turn(struct talk *talk, enum client client)
{
	unsigned calls = dice(3);
	size_t fresh = 1;

	push(&talk->client,
		(struct told){ .kind = TOLD_USER, .text = word(talk) });
	for (;;) {
		const struct model_question asked =
			question(talk, client, fresh);
		struct told told;

		asks(talk, &asked, client == CLIENT_ANY ? -1 : (int)fresh);
		told = answered(talk, calls > 0);
		push(&talk->client, told);
		if (calls-- == 0)
			return;
		push(&talk->client, (struct told){ .kind = TOLD_RESULT,
					    .text = word(talk),
					    .call = told.call });
		fresh = 1;
	}
}

/* Back to the newest question: again, edited, or the answer cut short. */
static void go_back(struct talk *talk, enum client client)
{
	const size_t at = turn_of(&talk->client);
	const bool plain =
		client == CLIENT_ALL || (client == CLIENT_WHOLE && at > 1);
	struct told *last;
	size_t fresh = 0;

	if (at == talk->client.count)
		return;
	last = &talk->client.items[talk->client.count - 1];
	if (dice(3) == 0 && last->kind == TOLD_BOT && last->text > WORDS) {
		last->text %= WORDS;
		push(&talk->client,
			(struct told){ .kind = TOLD_USER, .text = word(talk) });
		fresh = 2;
	} else {
		talk->client.count = at + 1;
		if (dice(2) == 0) {
			talk->client.items[at].text = word(talk);
			fresh = 1;
		}
	}
	const struct model_question asked = question(talk, client, fresh);

	talk->plain &= plain;
	asks(talk, &asked, (int)fresh);
	push(&talk->client, answered(talk, false));
}

/* Three requests from one base; the client goes on with the last. */
static void at_once(struct talk *talk, enum client client)
{
	const struct told_list base = talk->client;
	const int64_t arrived = talk->last_seq;

	for (int i = 0; i < 3; i++) {
		struct model_question asked;

		talk->client = base;
		push(&talk->client,
			(struct told){ .kind = TOLD_USER, .text = word(talk) });
		if (dice(4) == 0 && talk->live.count > base.count)
			push(&talk->client,
				talk->live.items[talk->live.count - 1]);
		asked = question(talk, client, 1);
		asked.arrived = arrived;
		asks(talk, &asked, -1);
		push(&talk->client, answered(talk, false));
	}
	talk->plain = false;
}

/* A client that leaves, and asks on before its answer is stored. */
static void leave(struct talk *talk)
{
	const int64_t arrived = talk->last_seq;
	struct told told;

	push(&talk->client,
		(struct told){ .kind = TOLD_USER, .text = word(talk) });
	struct model_question asked = question(talk, CLIENT_WHOLE, 1);

	asks(talk, &asked, 1);
	told = answered(talk, false);
	told.text = dice(3) == 0 ? 0 : told.text % WORDS;
	push(&talk->client, told);
	push(&talk->client,
		(struct told){ .kind = TOLD_USER, .text = word(talk) });
	asked = question(talk, CLIENT_WHOLE, 2);
	asked.arrived = arrived;
	asks(talk, &asked, 2);
	push(&talk->client, answered(talk, false));
	talk->plain &= told.text != 0;
}

static void run_talk(uint64_t seed)
{
	const enum client client = (enum client)(seed % CLIENTS);
	struct talk talk = { .plain = true };

	dice_state = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
	dice(2);
	talk.same = dice(3) == 0;
	talk.system = dice(3) == 0;
	for (unsigned i = 0, turns = 1 + dice(10);
		i < turns && talk.client.count + 12 < TOLD_MOST &&
		talk.live.count + 24 < TOLD_MOST;
		i++) {
		const unsigned what = dice(10);

		if (what == 0)
			at_once(&talk, client);
		else if (what == 1 && client == CLIENT_WHOLE)
			leave(&talk);
		else if (what < 4)
			go_back(&talk, client);
		else
			turn(&talk, client);
		if (client == CLIENT_HEAD || client == CLIENT_WINDOW ||
			client == CLIENT_SUMMARY || client == CLIENT_TEXTS)
			talk.plain &= what >= 4;
	}
}

START_TEST(the_rule_decides_as_its_model)
{
	for (uint64_t seed = 0; seed < LOOPS; seed++)
		current = seed, run_talk(seed);
}
END_TEST

UNIT("overlap_decide", the_rule_decides_as_its_model)
