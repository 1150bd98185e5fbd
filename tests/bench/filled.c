/* SPDX-License-Identifier: MIT */
/*
 * filled.c - a large store, written as the server writes it, but in no time.
 *
 * Sessions are written to by turns, ten thousand of them at a time: of each,
 * every message lies on another page.  tests/bench/scale runs it.
 *
 *	filled FILE NAME SESSIONS MESSAGES
 *		makes NAME1, NAME2 … of so many messages each, two hours old,
 *		whose data are read from the standard input, a line each
 *	filled FILE ROWS
 *		brings what is quiet together, in the time that it takes to look
 *		at so many rows
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/store/pack.h"
#include "core/store/store.h"
#include "schema/error.h"

#define AT_A_TIME 10000 /* sessions */
#define BATCH	  256	/* messages of a transaction */
#define STEP	  10000 /* rows */
#define TEXTS	  1000
#define LINE	  1024	  /* bytes */
#define AGE	  7200000 /* milliseconds */

static struct store *store;
static struct session sessions[AT_A_TIME];
static char texts[TEXTS][LINE];
static size_t text_count;
static size_t written;	   /* messages */
static const char *family; /* how names begin */
static int64_t now;

static void must(int result, const struct error *error)
{
	if (result >= 0)
		return;
	fprintf(stderr, "filled: %s\n", error->message);
	exit(1);
}

static void filled_end_batch(void)
{
	struct error error = { 0 };

	must(store_commit(store, &error), &error);
	must(store_upkeep(store, UPKEEP_PASSING, &error), &error);
}

static void filled_make(size_t first, size_t count)
{
	struct error error = { 0 };
	char name[64];

	must(store_begin(store, &error), &error);
	for (size_t i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%.32s%zu", family, first + i);
		must(store_session_create(store,
			     (struct session_ref){ .name = slice_of(name) },
			     now - AGE, &sessions[i], &error),
			&error);
	}
	filled_end_batch();
}

static void filled_append(struct session *session)
{
	const char *text = texts[written++ % text_count];
	const struct message message = {
		.form = MESSAGE_STORED,
		.type = MESSAGE_HUMAN,
		.body = slice_of(text),
	};
	struct error error = { 0 };

	must(store_message_append(store, session, &message, now - AGE, &error),
		&error);
}

static void filled_append_to_all(size_t count)
{
	struct error error = { 0 };

	for (size_t i = 0; i < count; i++) {
		if (i % BATCH == 0)
			must(store_begin(store, &error), &error);
		filled_append(&sessions[i]);
		if (i % BATCH == BATCH - 1 || i == count - 1)
			filled_end_batch();
	}
}

static void filled_index(void)
{
	struct error error = { 0 };

	while (store_maintenance_due(store) <= now + AGE) {
		must(store_begin(store, &error), &error);
		must(store_maintenance_step(store, now + AGE, STEP, &error),
			&error);
		filled_end_batch();
	}
}

static void filled_fill(size_t session_count, size_t messages)
{
	while (text_count < TEXTS &&
		fgets(texts[text_count], LINE, stdin) != NULL) {
		texts[text_count][strcspn(texts[text_count], "\n")] = '\0';
		text_count++;
	}
	for (size_t first = 1; first <= session_count; first += AT_A_TIME) {
		const size_t left = session_count - first + 1;
		const size_t count = left < AT_A_TIME ? left : AT_A_TIME;

		filled_make(first, count);
		for (size_t i = 0; i < messages; i++)
			filled_append_to_all(count);
		filled_index();
	}
}

static void filled_pack(int64_t rows)
{
	struct error error = { 0 };
	int64_t due_at = now;

	for (; rows > 0 && due_at <= now; rows -= STEP) {
		must(store_begin(store, &error), &error);
		must(store_pack(store, now, STEP, &due_at, &error), &error);
		filled_end_batch();
	}
}

int main(int argc, char **argv)
{
	const struct store_options options = {
		.url = argc > 1 ? argv[1] : NULL,
		.relaxed = true,
		.search = true,
	};
	struct error error = { 0 };

	if (argc < 3)
		return 2;
	must(store_open(&store, &options, STORE_WRITE, &error), &error);
	now = store_now(store);
	family = argv[2];
	if (argc > 4)
		filled_fill(
			strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10));
	else
		filled_pack(strtoll(argv[2], NULL, 10));
	store_close(store);
	return 0;
}
