/* SPDX-License-Identifier: MIT */
/*
 * test_replace.c - a list that replaces a history, as clients send it that keep
 * a window of their own.
 *
 * Random windows over few texts, so that they recur, some with ids.  What has
 * to stay is found by comparing everything with everything.
 */
#include "core/history/history.h"

#include "schema/forms/parse.h"
#include "tests/contract/opened_store.h"

#define MOST   12 /* messages of a list */
#define ROUNDS 3000

static uint64_t state = 1; /* of the random numbers */

static int below(int bound)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (int)((state >> 33) % (unsigned)bound);
}

struct said {
	int text;
	int id; /* 0: none */
	int64_t seq;
};

struct talk {
	struct said items[2 * MOST];
	int count;
};

static void talk_write(struct text *out, const struct talk *talk)
{
	text_string(out, "[");
	for (int i = 0; i < talk->count; i++) {
		const struct said *said = &talk->items[i];

		text_format(out,
			"%s{\"type\":\"%s\",\"data\":{\"content\":\"%d\"}",
			i > 0 ? "," : "", said->text % 2 ? "ai" : "human",
			said->text);
		if (said->id > 0)
			text_format(out, ",\"id\":\"id-%d\"", said->id);
		text_string(out, "}");
	}
	text_string(out, "]");
}

static struct history_edit replace(const struct talk *talk)
{
	static struct history_appended appended[2 * MOST];
	struct history_edit edit = {
		.ref.name = SLICE("s"), .now = 1000, .appended = appended
	};
	struct message_list list = { 0 };
	struct text body = { 0 };

	talk_write(&body, talk);
	ok(message_list_parse(&list, text_view(&body), &error));
	ok(history_replace(store, &edit, 0, &list, &error));
	message_list_clear(&list);
	text_clear(&body);
	return edit;
}

/* --- the history that is there ------------------------------------------ */

static int note_row(void *context, const struct message_row *row)
{
	struct talk *talk = context;
	struct said *said = &talk->items[talk->count++];

	ck_assert_int_le(talk->count, 2 * MOST);
	said->seq = row->seq;
	sscanf(row->message.body.data, "{\"content\":\"%d\"}", &said->text);
	said->id = 0;
	if (row->message.id.length > 0)
		sscanf(row->message.id.data, "id-%d", &said->id);
	return 0;
}

static struct talk history(const struct session *session)
{
	const struct message_query query = { .limit = INT64_MAX };
	struct talk talk = { .count = 0 };

	if (session->id != 0)
		ok(store_message_list(store, session, &query,
			(struct message_visitor){ note_row, &talk }, &error));
	return talk;
}

/* --- what has to stay ---------------------------------------------------- */

/* An item without an id is no row that another names. */
static bool is_same(const struct said *row, const struct talk *list,
	const struct said *item)
{
	bool named = false;

	for (int i = 0; i < list->count; i++)
		named |= row->id > 0 && list->items[i].id == row->id;
	return row->text == item->text &&
	       (item->id == 0 ? !named : item->id == row->id);
}

static int run(
	const struct talk *talk, int at, const struct talk *list, int from)
{
	int count = 0;

	while (at + count < talk->count && from + count < list->count &&
		is_same(&talk->items[at + count], list,
			&list->items[from + count]))
		count++;
	return count;
}

/* How many rows stay behind the common head: those of the longest tail. */
static int tail_of(const struct talk *talk, int head, const struct talk *list)
{
	for (int at = head; at < talk->count; at++)
		if (run(talk, at, list, head) == talk->count - at)
			return talk->count - at;
	return 0;
}

static void check(const struct talk *before, const struct talk *list,
	const struct history_edit *edit)
{
	const struct talk after = history(&edit->session);
	const int head = run(before, 0, list, 0);
	const int tail = tail_of(before, head, list);

	ck_assert_int_eq(after.count, list->count);
	ck_assert_int_eq((int)edit->kept, head + tail);
	ck_assert_int_eq(edit->removed, before->count - head - tail);
	for (int i = 0; i < after.count; i++) {
		const struct said *said = &after.items[i];

		ck_assert(said->text == list->items[i].text &&
			  (list->items[i].id == 0 ||
				  said->id == list->items[i].id));
		if (i < head)
			ck_assert_int_eq(said->seq, before->items[i].seq);
		else if (i < head + tail)
			ck_assert_int_eq(said->seq,
				before->items[before->count - tail + i - head]
					.seq);
		else if (before->count > 0)
			ck_assert_int_gt(said->seq,
				before->items[before->count - 1].seq);
	}
}

/* --- random windows ------------------------------------------------------- */

static int ids;

static void talk_say(struct talk *talk)
{
	talk->items[talk->count++] =
		(struct said){ below(3), below(3) ? 0 : ++ids, 0 };
}

/* Some of what is there, with a run dropped, some said anew, some changed. */
static struct talk next(const struct talk *before)
{
	struct talk list = { .count = 0 };
	const int head = below(before->count + 1);
	const int from = head + below(before->count - head + 1);

	for (int i = 0; i < before->count; i++)
		if (i < head || i >= from)
			list.items[list.count++] = before->items[i];
	for (int i = 0; i < list.count; i++) {
		if (below(3) == 0)
			list.items[i].id = 0;
		if (below(20) == 0)
			list.items[i] = (struct said){ below(3), 0, 0 };
	}
	if (list.count > MOST - 3)
		list.count = below(MOST - 3);
	for (int more = below(4); more > 0; more--)
		talk_say(&list);
	return list;
}

START_TEST(what_a_window_kept_stays_as_it_was)
{
	struct talk before = { .count = 0 };

	begin();
	for (int round = 0; round < ROUNDS; round++) {
		const struct talk list = next(&before);
		const struct history_edit edit = replace(&list);

		check(&before, &list, &edit);
		before = history(&edit.session);
	}
	end();
}
END_TEST

UNIT("replace", what_a_window_kept_stays_as_it_was)
