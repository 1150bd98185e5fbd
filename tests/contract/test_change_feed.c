/* SPDX-License-Identifier: MIT */
/*
 * test_change_feed.c - what the tables tell about the past, against a log that
 * was kept while it happened.
 */
#include "core/store/change_feed.h"
#include "tests/contract/store_unit.h"

#define MOST 400

/* What happened, as the test did it. */
struct event {
	int64_t version;
	int64_t first; /* of a message its seq */
	int64_t last;  /* 0: a message */
	int body;
	int64_t from; /* at an end, what was not there may be named too */
	int64_t to;
};

static struct event events[MOST];
static int count;
static int64_t live[MOST]; /* the seqs that are there, ascending */
static int live_count;
static int bodies;
static uint64_t state;

static unsigned below(unsigned bound)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % bound;
}

static void happened(const struct session *session, struct event event)
{
	ck_assert_int_lt(count, MOST);
	event.version = session_version(session);
	events[count++] = event;
}

static struct message new_message(char *room, size_t size)
{
	snprintf(room, size, "\"%d\"", ++bodies);
	return text_message(room);
}

static void do_append(struct store *store, struct session *session)
{
	char body[24];
	struct message message = new_message(body, sizeof(body));

	ok(store_message_append(store, session, &message, 2000, &error));
	live[live_count++] = session->last_seq;
	happened(session,
		(struct event){ .first = session->last_seq, .body = bodies });
}

static void do_replace(struct store *store, struct session *session)
{
	char body[24];
	struct message message = new_message(body, sizeof(body));
	int64_t seq = live[below((unsigned)live_count)];

	whole(store_message_replace(store, session,
		&(struct message_replacement){ seq, &message, 3000 }, &error));
	happened(session, (struct event){ .first = seq, .body = bodies });
}

/* From the i-th to the j-th message that is there. */
static void forget(int i, int j)
{
	memmove(live + i, live + j + 1,
		(size_t)(live_count - j - 1) * sizeof(*live));
	live_count -= j + 1 - i;
}

static void removal(const struct session *session, int i, int j)
{
	const bool newest = j == live_count - 1;

	happened(session, (struct event){
				  .first = live[i],
				  .last = live[j],
				  .from = i > 0 ? live[i] : 1,
				  .to = newest ? session->last_seq : live[j],
			  });
}

static void do_remove(struct store *store, struct session *session)
{
	int i = (int)below((unsigned)live_count);
	int j = i + (int)below((unsigned)(live_count - i));
	struct message_removal gone = {
		.seqs = { live[i], live[j] },
		.now = 3000,
	};

	whole(store_message_remove(store, session, &gone, &error));
	ck_assert_int_eq(gone.removed, j + 1 - i);
	removal(session, i, j);
	forget(i, j);
}

static void do_clear(struct store *store, struct session *session)
{
	int64_t removed;

	ok(store_history_clear(store, session, 3000, &removed, &error));
	ck_assert_int_eq(removed, live_count);
	removal(session, 0, live_count - 1);
	live_count = 0;
}

static void do_anything(struct store *store, struct session *session)
{
	unsigned what = below(20);

	if (what < 10 || live_count == 0)
		do_append(store, session);
	else if (what < 14)
		do_replace(store, session);
	else if (what < 17)
		do_remove(store, session);
	else if (what < 18)
		do_clear(store, session);
	else
		configure(store, session, "{}", "{}", 3000);
}

/* --- what is told ------------------------------------------------------ */

struct told {
	int next; /* of `events` */
	int most; /* then stop */
	int64_t version;
};

static int compare(void *context, const struct store_change *change)
{
	struct told *told = context;
	const struct event *event = &events[told->next++];
	char body[24];

	ck_assert_int_le(told->next, count);
	ck_assert_int_eq(change->version, event->version);
	ck_assert_int_eq(!change->row, event->last > 0);
	if (change->row) {
		snprintf(body, sizeof(body), "\"%d\"", event->body);
		is(change->row->message.body, body);
		ck_assert_int_eq(change->row->seq, event->first);
		ck_assert_int_eq(change->row->born, event->version);
		ck_assert_uint_eq(change->row->mark.length, MARK_LENGTH);
	} else {
		ck_assert_int_ge(change->first, event->from);
		ck_assert_int_le(change->first, event->first);
		ck_assert_int_ge(change->last, event->last);
		ck_assert_int_le(change->last, event->to);
	}
	told->version = change->version;
	return --told->most == 0;
}

/* The first event after this version. */
static int first_after(int64_t version)
{
	int i = 0;

	while (i < count && events[i].version <= version)
		i++;
	return i;
}

static void is_told_from(struct store *store, const struct session *session,
	int64_t version, int at_once)
{
	struct told told = { .next = first_after(version), .version = version };

	do {
		told.most = at_once;
		ok(store_change_feed(store, session, told.version,
			(struct change_visitor){ compare, &told }, &error));
	} while (told.most == 0);
	ck_assert_int_eq(told.next, count);
}

static void begin_log(uint64_t seed)
{
	state = seed;
	count = live_count = 0;
}

START_TEST(every_version_is_told_what_came_after_it)
{
	for (uint64_t seed = 1; seed <= (uint64_t)times(20); seed++) {
		struct store *store = open_steps(seed % 4);
		struct session session;
		char name[24];

		snprintf(name, sizeof(name), "s%d", (int)seed);
		ok(store_begin(store, &error));
		session = make(store, name);
		begin_log(seed);
		for (int i = 0; i < 80; i++)
			do_anything(store, &session);
		for (int64_t v = 0; v <= session_version(&session); v++)
			is_told_from(store, &session, v, 1000);
		is_told_from(store, &session, 0, 1);
		ok(store_commit(store, &error));
		store_close(store);
	}
}
END_TEST

/* It edits and removes what it has from its parent, too. */
START_TEST(a_fork_is_told_its_own_past)
{
	for (uint64_t seed = 1; seed <= (uint64_t)times(20); seed++) {
		struct store *store = open_steps(seed % 4);
		struct session parent, fork;
		char name[24];

		snprintf(name, sizeof(name), "p%d", (int)seed);
		ok(store_begin(store, &error));
		parent = make(store, name);
		begin_log(seed);
		for (int i = 0; i < 30; i++)
			do_anything(store, &parent);
		do_append(store, &parent);
		name[0] = 'f';
		whole(store_session_fork(store, &parent,
			&(struct session_fork){ { SLICE(""), slice_of(name) },
				parent.last_seq, 2000 },
			&fork, &error));
		count = 0;
		for (int i = 0; i < 40; i++)
			do_anything(store, &fork);
		for (int64_t v = fork.purged; v <= session_version(&fork); v++)
			is_told_from(store, &fork, v, 1000);
		is_told_from(store, &fork, fork.purged, 1);
		ok(store_commit(store, &error));
		store_close(store);
	}
}
END_TEST

START_TEST(a_batch_names_the_sessions_that_it_changed)
{
	struct store *store = open_store(STORE_WRITE);
	const struct store_changes *changes = store_changes(store);
	struct session session;
	int64_t removed;

	say(store, "alice", "1");
	ck_assert_uint_eq(changes->count, 1);
	ck_assert(changes->keys[0] == store_session_key((struct session_ref){
					      SLICE(""), SLICE("alice") }));
	ok(store_begin(store, &error));
	session = find(store, "alice");
	ok(store_history_clear(store, &session, 1, &removed, &error));
	session = make(store, "bob");
	append(store, &session, "2");
	ok(store_session_erase(store, &session, 3, &error));
	ok(store_commit(store, &error));
	ck_assert_uint_eq(changes->count, 2);
	ck_assert(changes->keys[1] == store_session_key((struct session_ref){
					      SLICE(""), SLICE("bob") }));
	ck_assert(!changes->all);
	ok(store_begin(store, &error));
	find(store, "alice");
	ok(store_commit(store, &error));
	ck_assert_uint_eq(changes->count, 0);
	store_close(store);
}
END_TEST

START_TEST(a_batch_that_changed_too_many_says_so)
{
	struct store *store = open_store(STORE_WRITE);
	char name[24];

	ok(store_begin(store, &error));
	for (int i = 0; i <= STORE_CHANGES_MAX; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		make(store, name);
	}
	ok(store_commit(store, &error));
	ck_assert(store_changes(store)->all);
	say(store, "n1", "1");
	ck_assert(!store_changes(store)->all);
	store_close(store);
}
END_TEST

static void start(void)
{
	scratch();
}

CONTRACT_UNIT("change", start, scratch_end,
	every_version_is_told_what_came_after_it, a_fork_is_told_its_own_past,
	a_batch_names_the_sessions_that_it_changed,
	a_batch_that_changed_too_many_says_so)
