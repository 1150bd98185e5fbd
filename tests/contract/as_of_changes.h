/* SPDX-License-Identifier: MIT */
/*
 * as_of_changes.h - random changes, decided by the model and made in the store
 * by the members of batches, which may run again.
 */
#ifndef TESTS_CONTRACT_AS_OF_CHANGES_H
#define TESTS_CONTRACT_AS_OF_CHANGES_H

#include "tests/contract/as_of_model.h"
#include "tests/contract/members.h"

#include <sys/random.h>

#define APPENDS 3

/* All that a member needs to know; the model is ahead of it. */
struct change {
	void (*make)(const struct change *change);
	char name[32]; /* of the session */
	int64_t now;
	int64_t first; /* of what it changes; of a fork the last seq */
	int64_t last;
	int64_t count; /* so many messages go, or rows are looked at */
	int body;      /* of the first message */
	int own_ids[APPENDS];
	char fork[32];
	int life; /* of the fork */
};

/* Marks are the same when a member runs again, and on every engine. */
static uint64_t next_random;

/* Others in the program may ask too, for as many bytes as they like. */
ssize_t getrandom(void *bytes, size_t size, unsigned flags)
{
	(void)flags;
	for (size_t at = 0; at < size; at += sizeof(uint64_t)) {
		uint64_t mixed = next_random += 0x9e3779b97f4a7c15u;
		const size_t left = size - at;

		mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9u;
		mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebu;
		memcpy((char *)bytes + at, &mixed,
			left < sizeof(mixed) ? left : sizeof(mixed));
	}
	return (ssize_t)size;
}

static void random_of_life(int life)
{
	next_random = (uint64_t)life << 32;
}

/* --- made in the store -------------------------------------------------- */

static struct session session_of(const struct change *change)
{
	struct session session = find(store, change->name);

	ck_assert_int_ne(session.id, 0);
	return session;
}

static struct message message_of(int body, char text[40])
{
	return (struct message){ .form = MESSAGE_STORED,
		.type = MESSAGE_HUMAN,
		.body = body_of(body, text) };
}

static void make_appends(const struct change *change)
{
	struct session session = session_of(change);

	for (int i = 0; i < change->count; i++) {
		char text[40], id[48];
		struct message message = message_of(change->body + i, text);

		if (change->own_ids[i]) {
			snprintf(id, sizeof(id), "id %d", change->own_ids[i]);
			message.id = slice_of(id);
		}
		ok(store_message_append(
			store, &session, &message, change->now, &error));
	}
}

static void make_removal(const struct change *change)
{
	struct session session = session_of(change);
	struct message_removal removal = {
		.seqs = { change->first, change->last },
		.now = change->now,
	};

	whole(store_message_remove(store, &session, &removal, &error));
	ck_assert_int_eq(removal.removed, change->count);
}

static void make_edit(const struct change *change)
{
	struct session session = session_of(change);
	char text[40];
	const struct message message = message_of(change->body, text);

	whole(store_message_replace(store, &session,
		&(struct message_replacement){
			change->first, &message, change->now },
		&error));
}

static void make_clear(const struct change *change)
{
	struct session session = session_of(change);
	int64_t deleted;

	ok(store_history_clear(store, &session, change->now, &deleted, &error));
	ck_assert_int_eq(deleted, change->count);
}

static void make_fork(const struct change *change)
{
	struct session session = session_of(change), fork;

	random_of_life(change->life);
	whole(store_session_fork(store, &session,
		&(struct session_fork){ { SLICE(""), slice_of(change->fork) },
			change->first, change->now },
		&fork, &error));
	ck_assert_int_eq(session_message_count(&fork), change->count);
	memcpy(marks[change->life], fork.mark, sizeof(fork.mark));
}

static void make_erasure(const struct change *change)
{
	struct session session = session_of(change);

	ok(store_session_erase(store, &session, change->now, &error));
}

static void make_chores(const struct change *change)
{
	int64_t due_at;

	ok(store_maintenance_step(store, change->now, change->count, &error));
	/* As if all sessions had been quiet for a day: nobody may notice. */
	ok(store_pack(store, change->now + 86400000, 20 * change->count,
		&due_at, &error));
}

/* --- decided ------------------------------------------------------------ */

static int new_life(void)
{
	ck_assert_int_lt(lives, LIVES);
	return lives++;
}

static struct version *next_version(struct modelled *session)
{
	session->now++;
	ck_assert_int_lt(session->now, VERSIONS);
	session->versions[session->now] = session->versions[session->now - 1];
	session->versions[session->now].since = clock_ms;
	return &session->versions[session->now];
}

static void drop(struct version *version, int64_t first, int64_t last)
{
	int kept = 0;

	for (int i = 0; i < version->count; i++)
		if (version->messages[i].seq < first ||
			version->messages[i].seq > last)
			version->messages[kept++] = version->messages[i];
	version->count = kept;
}

static void try_append(struct modelled *session, struct change *change)
{
	change->make = make_appends;
	change->body = bodies + 1;
	change->count = 1 + choose(APPENDS);
	for (int i = 0; i < change->count; i++) {
		struct version *version = next_version(session);
		struct told *told = &version->messages[version->count++];

		*told = (struct told){ .seq = ++session->last_seq,
			.created_at = clock_ms,
			.life = session->life,
			.body = ++bodies };
		if (choose(3) == 0)
			told->own_id = change->own_ids[i] = bodies;
	}
}

static void try_remove(struct modelled *session, struct change *change)
{
	struct version *version = next_version(session);
	const int before = version->count;

	change->make = make_removal;
	change->first = 1 + choose((unsigned)session->last_seq);
	change->last = change->first + choose(6);
	if (choose(4) == 0)
		change->last = session->last_seq;
	if (choose(6) == 0)
		change->first = 1;
	drop(version, change->first, change->last);
	change->count = before - version->count;
	if (change->count == 0)
		session->now--;
}

static void try_replace(struct modelled *session, struct change *change)
{
	struct version *version;
	struct told *told;

	if (session->versions[session->now].count == 0)
		return;
	change->make = make_edit;
	version = next_version(session);
	told = &version->messages[choose((unsigned)version->count)];
	told->body = change->body = ++bodies;
	told->updated_at = clock_ms;
	change->first = told->seq;
}

static void try_clear(struct modelled *session, struct change *change)
{
	change->make = make_clear;
	change->count = session->versions[session->now].count;
	if (change->count)
		next_version(session)->count = 0;
}

static void try_fork(struct modelled *parent, struct change *change)
{
	struct modelled *made = NULL;
	struct version *first;

	for (int i = 0; i < SESSIONS; i++)
		if (!all[i].alive)
			made = &all[i];
	if (!made)
		return;
	change->make = make_fork;
	change->first = choose((unsigned)parent->last_seq + 1);
	if (choose(2))
		change->first = parent->last_seq;
	change->life = made->life = new_life();
	snprintf(made->name, sizeof(made->name), "fork %d", made->life);
	snprintf(change->fork, sizeof(change->fork), "%s", made->name);
	made->alive = true;
	made->now = made->first = change->first ? change->first : 1;
	made->last_seq = change->first;
	first = &made->versions[made->now];
	*first = parent->versions[parent->now];
	drop(first, change->first + 1, INT64_MAX);
	change->count = first->count;
}

static void try_erase(struct modelled *session, struct change *change)
{
	session->alive = false;
	change->make = make_erasure;
}

static struct change new_change(const struct modelled *session)
{
	struct change change = { .now = clock_ms };

	snprintf(change.name, sizeof(change.name), "%s", session->name);
	return change;
}

/* Its `make` is NULL when nothing came to mind. */
static struct change decide(void)
{
	static void (*const changes[])(struct modelled *,
		struct change *) = { try_append, try_append, try_append,
		try_append, try_remove, try_remove, try_replace, try_replace,
		try_replace, try_fork, try_fork, try_clear, try_erase };
	struct modelled *session = &all[choose(SESSIONS)];
	struct change change;

	clock_ms += choose(2000);
	if (!session->alive)
		session = &all[0];
	change = new_change(session);
	if (!session->alive || session->now > VERSIONS - 10 ||
		session->versions[session->now].count > MESSAGES - 10)
		return change;
	if (session->last_seq == 0)
		try_append(session, &change);
	else if (session == &all[0] && choose(40))
		changes[choose(10)](session, &change);
	else
		changes[choose(13)](session, &change);
	return change;
}

/* --- both --------------------------------------------------------------- */

static bool make_nth(struct store *in, void *context, int nth)
{
	const struct change *change = (const struct change *)context + nth;

	(void)in;
	if (change->make)
		change->make(change);
	return true;
}

static void make_changes(struct change *changes, int count)
{
	members_run(store, &(struct members){ make_nth, changes, count });
}

/* A batch of one to four changes, one of which may be maintenance. */
static void try_something(bool maintains)
{
	struct change changes[4];
	int count = 1 + (int)choose(3);

	for (int i = 0; i < count; i++)
		changes[i] = decide();
	if (maintains && choose(3) == 0)
		changes[count++] = (struct change){
			.make = make_chores,
			.now = clock_ms,
			.count = 1 + choose(10),
		};
	make_changes(changes, count);
}

#endif
