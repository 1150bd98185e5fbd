/* SPDX-License-Identifier: MIT */
/*
 * test_window_rule.c - windows of random talks, against the rule and against
 * what models refuse.
 *
 * CHATMEM_SEED replays a run; a failure names its seed.
 */
#include "core/history/window.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/appended.h"
#include "tests/unit/random_talk.h"
#include "tests/unit/ruled_window.h"
#include "tests/unit/strict_model.h"

static uint64_t seed;

#define TALKS	   20000
#define TALKS_LONG 100000 /* with CHATMEM_TEST_LONG */

/* --- a store ------------------------------------------------------------ */

static void append_items(
	const char *name, struct talk *talk, int first, int count)
{
	struct text body = { 0 };

	for (int i = first; i < first + count; i++) {
		text_string(&body, i > first ? "," : "[");
		said_put(&body, &talk->items[i], ~0u);
	}
	text_string(&body, "]");
	if (count > 0)
		append_body(name, text_view(&body));
	for (int i = first; i < first + count; i++)
		talk->items[i].seq = session.last_seq - count + 1 + (i - first);
	text_clear(&body);
}

/* The message becomes another one. */
static void edit_item(struct talk *talk, int at)
{
	struct said *said = &talk->items[at];
	struct message_list list = { 0 };
	struct text body = { 0 };
	struct talk other = random_talk(1);

	other.items[0].seq = said->seq;
	*said = other.items[0];
	text_string(&body, "[");
	said_put(&body, said, ~0u);
	text_string(&body, "]");
	ok(message_list_parse(&list, text_view(&body), &error));
	ok(store_message_replace(store, &session,
		&(struct message_replacement){
			said->seq, &list.items[0], 1000 },
		&error));
	message_list_clear(&list);
	text_clear(&body);
}

static void remove_item(struct talk *talk, int at)
{
	const int64_t seq = talk->items[at].seq;
	struct message_removal removal = { .seqs = { seq, seq }, .now = 1000 };

	ok(store_message_remove(store, &session, &removal, &error));
	memmove(&talk->items[at], &talk->items[at + 1],
		(size_t)(--talk->count - at) * sizeof(talk->items[0]));
}

/* A part of the talk comes in a fork of the session. */
static void fork_talk(const char *name, struct talk *talk, int shared)
{
	struct session parent = session;
	char other[24];

	snprintf(other, sizeof(other), "%s-fork", name);
	ok(store_session_fork(store, &parent,
		&(struct session_fork){ { SLICE(""), slice_of(other) },
			shared > 0 ? talk->items[shared - 1].seq : 0, 1000 },
		&session, &error));
	append_items(other, talk, shared, talk->count - shared);
}

/* In some sessions the seqs begin later, some are forks, some were edited. */
static void store_talk(struct talk *talk, unsigned number)
{
	int64_t deleted;
	char name[16];

	snprintf(name, sizeof(name), "s%u", number);
	session = (struct session){ 0 };
	if (below(4) == 0) {
		append_body(name, SLICE("[\"gone\",\"gone\",\"gone\"]"));
		ok(store_history_clear(
			store, &session, 1000, &deleted, &error));
	}
	append_items(name, talk, 0, talk->count);
	if (below(6) == 0)
		fork_talk(name, talk, (int)below((unsigned)talk->count + 1));
	if (below(6) == 0)
		edit_item(talk, (int)below((unsigned)talk->count));
	if (below(6) == 0 && talk->count > 1)
		remove_item(talk, (int)below((unsigned)talk->count));
}

/* --- and compared -------------------------------------------------------- */

static void write_shown(struct text *out, const struct session *shown,
	const struct message_row *row, const void *context)
{
	(void)shown;
	(void)context;
	text_format(out,
		"{\"seq\":%lld,\"type\":\"%s\",\"body\":", (long long)row->seq,
		message_type_name(row->message.type));
	text_slice(out, row->message.body);
	text_string(out, "}");
}

static struct text write_window(
	const struct window *window, struct history_figures *figures)
{
	struct history_page page = {
		.separator = SLICE(","),
		.write = write_shown,
		.max_bytes = 1 << 20,
		.window = window,
		.figures = figures,
	};
	struct text out = { 0 };

	ok(window_write(store, &session, &page, &out, &error));
	return out;
}

static struct window random_window(void)
{
	struct window window = WINDOW_NONE;
	const unsigned limits = below(8);

	if (limits & 1)
		window.last = below(TALK_MOST);
	if (limits & 2)
		window.turns = below(7);
	if (limits & 4)
		window.max_tokens = below(below(2) ? 60 : 500);
	if (below(3) == 0)
		window.align = 1 + below(12);
	window.human = below(4) == 0;
	window.keep_system = (int)below(3) - 1;
	/* For a model; and a plain count has another rule. */
	window.paired = limits == 0 || below(2) ||
			(limits == 1 && window.align < 0 && !window.human &&
				window.keep_system < 0);
	return window;
}

/* The window, and what follows it. */
static struct text whole_list(
	const struct ruled *ruled, const struct text *shown)
{
	struct text list = { 0 };

	text_format(&list, "[%.*s", (int)shown->length, shown->data);
	for (int i = ruled->count; i < ruled->talk.count; i++) {
		const struct said *said = &ruled->talk.items[i];

		text_format(&list, "%s{\"type\":\"%s\",\"body\":",
			list.length > 1 ? "," : "",
			message_type_name(said->type));
		said_put_body(&list, said, ~0u);
		text_string(&list, "}");
	}
	text_string(&list, "]");
	return list;
}

/* Says what differs; the message of an assertion has no room for it. */
static void tell(const struct ruled *ruled, const struct window *window,
	const struct text *shown, const struct text *expected)
{
	struct text talk = { 0 };

	for (int i = 0; i < ruled->talk.count; i++) {
		text_string(&talk, i == ruled->count ? "followed by " : "");
		said_put(&talk, &ruled->talk.items[i], ~0u);
		text_string(&talk, "\n");
	}
	fprintf(stderr,
		"last %lld turns %lld max_tokens %lld align %lld human %d "
		"keep_system %d of\n%.*s\nis [%.*s]\nnot [%.*s]\n",
		(long long)window->last, (long long)window->turns,
		(long long)window->max_tokens, (long long)window->align,
		window->human, window->keep_system, (int)talk.length, talk.data,
		(int)shown->length, shown->data, (int)expected->length,
		expected->data);
	text_clear(&talk);
}

static void check_messages(const struct ruled *ruled,
	const struct window *window, const struct text *shown,
	const struct expected *expected)
{
	struct text list = whole_list(ruled, shown);
	const char *why = strict_refuses(
		text_view(&list), (size_t)expected->count, ruled->joins);

	if (!slice_equal(text_view(shown), text_view(&expected->messages)))
		why = "another window";
	if (why != NULL)
		tell(ruled, window, shown, &expected->messages);
	ck_assert_msg(why == NULL, "CHATMEM_SEED=%llu: %s",
		(unsigned long long)seed, why);
	text_clear(&list);
}

static void compare(struct ruled *ruled, const struct window *window)
{
	struct expected expected = { 0 };
	struct history_figures figures;
	struct text shown = write_window(window, &figures);

	expect(ruled, window, &expected);
	check_messages(ruled, window, &shown, &expected);
	ck_assert_int_eq(figures.first_seq, expected.figures.first_seq);
	ck_assert_int_eq(figures.tokens, expected.figures.tokens);
	ck_assert_int_eq(figures.omitted, ruled->count - expected.count);
	if (window->max_tokens >= 0)
		ck_assert_int_le(figures.tokens, window->max_tokens);
	text_clear(&shown);
	text_clear(&expected.messages);
}

/* A talk that is stored but for what follows it at times. */
static void rule_talk(struct ruled *ruled, unsigned number)
{
	ruled->talk = random_talk(1 + (int)below(14));
	store_talk(&ruled->talk, number);
	ruled->count = ruled->talk.count;
	while (ruled->leading < ruled->count &&
		ruled->talk.items[ruled->leading].type == MESSAGE_SYSTEM)
		ruled->leading++;
}

/* Puts a message behind the history, borrowed from `body`. */
static void follow(struct ruled *ruled, struct window *window,
	struct message_list *list, struct text *body)
{
	if (ruled->count == TALK_MOST || below(3))
		return;
	if (below(2))
		talk_add(&ruled->talk, MESSAGE_HUMAN);
	else
		talk_add_result(&ruled->talk, (int)below(6), false);
	text_string(body, "[\"known\",");
	said_put(body, &ruled->talk.items[ruled->count], ~0u);
	text_string(body, "]");
	ok(message_list_parse(list, text_view(body), &error));
	window->following = list;
	window->following_first = 1;
}

/* Was anything left out of it? */
static bool is_hard(const struct ruled *ruled)
{
	for (int i = ruled->leading; i < ruled->count; i++)
		if (ruled->masks[i] != (1u << ruled->talk.items[i].count) - 1)
			return true;
	return false;
}

START_TEST(every_window_of_every_talk_is_as_the_rule_says)
{
	const char *given = getenv("CHATMEM_SEED");
	const unsigned talks = getenv("CHATMEM_TEST_LONG") ? TALKS_LONG : TALKS;
	unsigned hard = 0;

	seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
	state = seed;
	begin();
	for (unsigned i = 0; i < talks; i++) {
		static const struct ruled none;
		struct message_list following = { 0 };
		struct text body = { 0 };
		struct window window = random_window();
		static struct ruled ruled;

		/* Few are kept at a time: that is fast. */
		if (i % 500 == 499) {
			store_rollback(store);
			ok(store_begin(store, &error));
		}
		ruled = none;
		rule_talk(&ruled, i);
		ruled.joins = window.paired;
		if (window.paired)
			follow(&ruled, &window, &following, &body);
		compare(&ruled, &window);
		hard += is_hard(&ruled);
		message_list_clear(&following);
		text_clear(&body);
	}
	ck_assert_uint_ge(3 * hard, talks);
	end();
}
END_TEST

UNIT("window_rule", every_window_of_every_talk_is_as_the_rule_says)
