/* SPDX-License-Identifier: MIT */
/* test_window.c - windows while messages come, and when they are too large. */
#include "core/history/window.h"

#include <stdio.h>
#include <unistd.h>

#include "tests/unit/appended.h"
#include "tests/unit/failing.h"

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

#define RESULT(id) \
	"{\"role\":\"tool\",\"tool_call_id\":\"" id "\",\"content\":\"1\"}"

START_TEST(memory_that_runs_out_is_no_shorter_window)
{
	struct window window = WINDOW_NONE;

	begin();
	append_body("s",
		SLICE("[\"a\"," CALL("b") "," RESULT("b") "," CALL("c") "]"));
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
			is(text_view(&out), "1 2 3 4");
		text_clear(&out);
	}
	end();
}
END_TEST

UNIT("window", align_keeps_the_start_still_while_messages_are_appended,
	a_window_is_not_cut_to_fit_a_page,
	memory_that_runs_out_is_no_shorter_window)
