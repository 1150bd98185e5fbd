/* SPDX-License-Identifier: MIT */
/*
 * test_window.c - windows of random histories, against the rule written down
 * a second time and as slowly as it reads.
 *
 * CHATMEM_SEED replays a run; a failure names its seed.
 */
#include "core/history/window.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/history/history.h"
#include "schema/forms/parse.h"
#include "tests/contract/opened_store.h"
#include "tests/unit/failing.h"
#include "tests/unit/random_history.h"

static uint64_t seed;

#define HISTORIES 1500
#define WINDOWS	  24

/* --- a store ------------------------------------------------------------ */

static struct session session;

static void append_body(const char *name, struct slice body)
{
	struct history_appended appended[MOST];
	struct history_edit edit = {
		.ref.name = slice_of(name), .now = 1000, .appended = appended
	};
	struct message_list list = { 0 };

	ok(message_list_parse(&list, body, &error));
	ok(history_append(store, &edit, &list, &error));
	session = edit.session;
	message_list_clear(&list);
}

/* In a third of the sessions the seqs of what is there begin later. */
static void store_history(struct history *history, unsigned number)
{
	int64_t deleted;
	char name[16];

	snprintf(name, sizeof(name), "s%u", number);
	session = (struct session){ 0 };
	for (unsigned gone = below(3) ? 0 : below(20); gone > 0; gone--)
		append_body(name, SLICE("\"gone\""));
	if (session.id != 0)
		ok(store_history_clear(
			store, &session, 1000, &deleted, &error));
	append_body(name, text_view(&history->body));
	for (int i = 0; i < history->count; i++)
		history->items[i].seq =
			session.last_seq - history->count + i + 1;
}

/* --- the rule, a second time -------------------------------------------- */

struct expected {
	struct text seqs; /* with a blank after each */
	int count;
	struct history_figures figures;
};

static void expect_item(struct expected *expected, const struct item *item)
{
	text_format(&expected->seqs, "%s%lld", expected->count++ ? " " : "",
		(long long)item->seq);
	expected->figures.tokens += item->tokens;
}

static int later(int a, int b)
{
	return a > b ? a : b;
}

/* Is the call of item `at` made in the items from `start` on, before it? */
static bool is_called(const struct history *history, int start, int at)
{
	const struct item *items = history->items;

	if (items[at].answers[0] == '\0')
		return true;
	while (start < at && !makes(&items[start], items[at].answers))
		start++;
	return start < at;
}

static int start_of_turns(const struct history *history, int first, int64_t n)
{
	int at = history->count;

	while (n > 0 && at > first)
		if (history->items[--at].type == MESSAGE_HUMAN)
			n--;
	return at;
}

static int start_of_tokens(
	const struct history *history, int first, int64_t leading, int64_t most)
{
	for (int start = first; start < history->count; start++) {
		int64_t tokens = start > 0 ? leading : 0;

		for (int i = start; i < history->count; i++)
			tokens += history->items[i].tokens;
		if (tokens <= most)
			return start;
	}
	return history->count;
}

static int align_start(const struct history *history, int start, int64_t align)
{
	const struct item *items = history->items;
	int last_turn = history->count - 1;

	while (last_turn > start && items[last_turn].type != MESSAGE_HUMAN)
		last_turn--;
	while (start < last_turn && items[start].seq % align != 1 % align)
		start++;
	return start;
}

static void expect(const struct history *history, const struct window *window,
	struct expected *expected)
{
	const struct item *items = history->items;
	const bool system = items[0].type == MESSAGE_SYSTEM;
	const int first = system && window->keep_system == 0;
	const bool front = system && !first;
	int start = first, shown = 0;

	if (window->last >= 0 && window->last < history->count)
		start = later(start, history->count - (int)window->last);
	if (window->turns >= 0)
		start = later(
			start, start_of_turns(history, first, window->turns));
	if (window->max_tokens >= 0)
		start = later(start, start_of_tokens(history, first,
					     front ? items[0].tokens : 0,
					     window->max_tokens));
	if (start > first && window->align > 0)
		start = align_start(history, start, window->align);
	for (int i = start; i < history->count; i++)
		shown += is_called(history, start, i);
	if (shown > 0 && front && start > 0)
		expect_item(expected, &items[0]);
	for (int i = start; i < history->count; i++) {
		if (!is_called(history, start, i))
			continue;
		if (expected->figures.first_seq == 0)
			expected->figures.first_seq = items[i].seq;
		expect_item(expected, &items[i]);
	}
	expected->figures.omitted = history->count - expected->count;
}

/* --- and compared -------------------------------------------------------- */

static void write_seq(struct text *out, const struct session *shown,
	const struct message_row *row, const void *context)
{
	(void)shown;
	(void)context;
	text_number(out, row->seq);
}

static struct text write_window(
	const struct window *window, struct history_figures *figures)
{
	struct history_page page = {
		.separator = SLICE(" "),
		.write = write_seq,
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
	const unsigned limits = 1 + below(7);

	if (limits & 1)
		window.last = below(MOST + 4);
	if (limits & 2)
		window.turns = below(9);
	if (limits & 4)
		window.max_tokens = below(below(2) ? 60 : 500);
	if (below(2))
		window.align = 1 + below(12);
	window.keep_system = (int)below(3) - 1;
	if (limits == 1 && window.align < 0 && window.keep_system < 0)
		window.keep_system = 1; /* a plain count has another rule */
	return window;
}

static void compare(const struct history *history, const struct window *window)
{
	struct expected expected = { 0 };
	struct history_figures figures;
	struct text shown = write_window(window, &figures);

	expect(history, window, &expected);
	ck_assert_msg(slice_equal(text_view(&shown), text_view(&expected.seqs)),
		"CHATMEM_SEED=%llu: last %lld turns %lld max_tokens %lld align "
		"%lld keep_system %d: %.*s\nis [%.*s]\nnot [%.*s]",
		(unsigned long long)seed, (long long)window->last,
		(long long)window->turns, (long long)window->max_tokens,
		(long long)window->align, window->keep_system,
		(int)history->body.length, history->body.data,
		(int)shown.length, shown.data, (int)expected.seqs.length,
		expected.seqs.data);
	ck_assert_int_eq(figures.first_seq, expected.figures.first_seq);
	ck_assert_int_eq(figures.tokens, expected.figures.tokens);
	ck_assert_int_eq(figures.omitted, expected.figures.omitted);
	text_clear(&shown);
	text_clear(&expected.seqs);
}

START_TEST(every_window_of_every_history_is_as_the_rule_says)
{
	const char *given = getenv("CHATMEM_SEED");
	unsigned hard = 0;

	seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
	state = seed;
	begin();
	for (unsigned i = 0; i < HISTORIES; i++) {
		struct history history = random_history();

		store_history(&history, i);
		hard += is_hard(&history);
		for (int j = 0; j < WINDOWS; j++) {
			const struct window window = random_window();

			compare(&history, &window);
		}
		text_clear(&history.body);
	}
	ck_assert_uint_ge(3 * hard, HISTORIES);
	end();
}
END_TEST

/* --- one by one ----------------------------------------------------------- */

/* How often the start moves while 200 messages come, one by one. */
static int count_moves(const char *name, const struct window *window)
{
	int64_t before = 1;
	int moves = 0;

	session = (struct session){ 0 };
	append_body(name, SLICE("[[\"system\",\"Be brief.\"]]"));
	for (int i = 0; i < 200; i++) {
		struct history_figures figures;
		struct text out;

		append_body(name, i % 2 ? SLICE("[[\"ai\",\"answer\"]]")
					: SLICE("[[\"human\",\"question\"]]"));
		out = write_window(window, &figures);
		text_clear(&out);
		ck_assert_int_ge(figures.first_seq, before);
		moves += figures.first_seq > before;
		before = figures.first_seq;
	}
	return moves;
}

START_TEST(align_keeps_the_start_still_while_messages_are_appended)
{
	struct window still[] = { WINDOW_NONE, WINDOW_NONE, WINDOW_NONE };
	struct window moving;
	char name[16];

	still[0].last = 60;
	still[1].turns = 30;
	still[2].max_tokens = 300;
	begin();
	for (int i = 0; i < 3; i++) {
		still[i].align = 20;
		snprintf(name, sizeof(name), "still%d", i);
		ck_assert_int_le(count_moves(name, &still[i]), 200 / 20);
		moving = still[i];
		moving.align = -1;
		snprintf(name, sizeof(name), "moving%d", i);
		ck_assert_int_ge(count_moves(name, &moving), 60);
	}
	end();
}
END_TEST

START_TEST(a_window_is_not_cut_to_fit_a_page)
{
	struct window window = WINDOW_NONE;
	struct history_figures figures;
	struct history_page page = {
		.separator = SLICE(" "),
		.write = write_seq,
		.max_bytes = 2,
		.window = &window,
		.figures = &figures,
	};
	struct text body = { 0 }, out = { 0 };

	begin();
	append_body("s", SLICE("[\"a\",\"b\"]"));
	window.turns = 2;
	fails(window_write(store, &session, &page, &out, &error),
		ERROR_TOO_LARGE);
	window.turns = 1;
	ok(window_write(store, &session, &page, &out, &error));
	/* And no more is read: these are long, what is written is not. */
	for (int i = 0; i < 30; i++)
		text_format(&body, "%s\"%064d\"", i ? "," : "[", i);
	text_string(&body, "]");
	append_body("t", text_view(&body));
	page.max_bytes = 1000;
	window.turns = 30;
	fails(window_write(store, &session, &page, &out, &error),
		ERROR_TOO_LARGE);
	text_clear(&body);
	text_clear(&out);
	end();
}
END_TEST

#define CALL(id)                                                            \
	"{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":" \
	"\"" id "\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}"

START_TEST(memory_that_runs_out_is_no_shorter_window)
{
	struct window window = WINDOW_NONE;

	begin();
	append_body("s", SLICE("[\"a\"," CALL("b") "," CALL("c") "]"));
	window.max_tokens = 1000;
	while (failing_next()) {
		struct history_figures figures;
		struct history_page page = {
			.separator = SLICE(" "),
			.write = write_seq,
			.max_bytes = 1000,
			.window = &window,
			.figures = &figures,
		};
		struct text out = { 0 };
		int result = window_write(store, &session, &page, &out, &error);

		if (failing_stop())
			ck_assert(result && error.code == ERROR_UNAVAILABLE);
		else
			is(text_view(&out), "1 2 3");
		text_clear(&out);
	}
	end();
}
END_TEST

UNIT("window", every_window_of_every_history_is_as_the_rule_says,
	align_keeps_the_start_still_while_messages_are_appended,
	a_window_is_not_cut_to_fit_a_page,
	memory_that_runs_out_is_no_shorter_window)
