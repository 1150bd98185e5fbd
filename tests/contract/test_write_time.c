/* SPDX-License-Identifier: MIT */
/*
 * test_write_time.c - a clock that goes back takes no session's times back.
 *
 * Changes are made at random by a clock that jumps at random, the store is
 * closed at random, and a fork goes on in its parent's place.
 */
#include "tests/contract/opened_store.h"

#include <stdlib.h>

#define CHANGES	 400
#define FEW_ROWS 4 /* that one write moves: more of them are cut off */
/* Milliseconds; a session is touched once a minute. */
#define CLOCK_STEP 5000
#define CLOCK_JUMP 50000

static struct session session; /* the talk as it is */
static int64_t newest;	       /* the latest time that a message of it had */
static int forks;

static void find_talk(void)
{
	char name[20];

	snprintf(name, sizeof(name), "fork %d", forks);
	session = make(store, name);
}

static void say_something(int64_t now)
{
	struct message message = text_message("\"Hi!\"");

	ok(store_message_append(store, &session, &message, now, &error));
	ck_assert_int_ge(session.appended_at, now);
	ck_assert_int_ge(session.appended_at, newest);
	newest = session.appended_at;
}

static void remove_some(int64_t now)
{
	const int64_t last = session.last_seq;
	struct message_removal newer = { .seqs = { last - random() % 9, last },
		.now = now };

	whole(store_message_remove(store, &session, &newer, &error));
}

static void remove_oldest(int64_t now)
{
	struct message_removal older = { .seqs = { 1, session.last_seq / 2 },
		.now = now };

	whole(store_message_remove(store, &session, &older, &error));
}

static void clear(int64_t now)
{
	int64_t deleted;

	ok(store_history_clear(store, &session, now, &deleted, &error));
}

static void set_up(int64_t now)
{
	configure(store, &session, "{}", "{}", now);
}

static void go_on_in_a_fork(int64_t now)
{
	struct session fork;
	char name[20];

	snprintf(name, sizeof(name), "fork %d", ++forks);
	whole(store_session_fork(store, &session,
		&(struct session_fork){
			{ SLICE(""), slice_of(name) }, session.last_seq, now },
		&fork, &error));
}

static void start_anew(void)
{

	store_close(store);
	store = open_steps(FEW_ROWS);
}

static void change(void (*how)(int64_t now), int64_t now)
{
	ok(store_begin(store, &error));
	find_talk();
	how(now);
	ok(store_commit(store, &error));
}

static int is_no_earlier(void *context, const struct message_row *row)
{
	int64_t *before = context;

	ck_assert_int_ge(row->created_at, *before);
	ck_assert(row->updated_at == 0 || row->updated_at >= row->created_at);
	*before = row->created_at;
	return 0;
}

/* In the order of their seqs. */
static void times_go_forward(void)
{
	const struct message_query all = { .limit = CHANGES };
	int64_t before = 0;

	find_talk();
	ok(store_message_list(store, &session, &all,
		(struct message_visitor){ is_no_earlier, &before }, &error));
}

START_TEST(the_time_of_a_message_is_no_earlier_than_the_last_ones)
{
	static void (*const changes[])(int64_t now) = { say_something,
		say_something, say_something, say_something, say_something,
		say_something, remove_some, remove_oldest, clear, set_up,
		go_on_in_a_fork };
	const long count = sizeof(changes) / sizeof(*changes);

	srandom(1);
	newest = forks = 0;
	for (int i = 0; i < CHANGES; i++) {
		if (random() % 3 == 0)
			start_anew();
		change(changes[random() % count],
			i * CLOCK_STEP + random() % CLOCK_JUMP);
	}
	ok(store_begin(store, &error));
	times_go_forward();
	store_rollback(store);
}
END_TEST

START_TEST(an_edit_is_no_earlier_than_its_message)
{
	const struct message edited = text_message("\"edited\"");
	struct message_replacement replacement = {
		.seq = 1,
		.message = &edited,
		.now = 3000,
	};

	newest = forks = 0;
	ok(store_begin(store, &error));
	find_talk();
	say_something(5000);
	ok(store_message_replace(store, &session, &replacement, &error));
	times_go_forward();
	ok(store_commit(store, &error));
}
END_TEST

CONTRACT_UNIT("write_time", start, stop,
	the_time_of_a_message_is_no_earlier_than_the_last_ones,
	an_edit_is_no_earlier_than_its_message)
