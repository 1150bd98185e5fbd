/* SPDX-License-Identifier: MIT */
/*
 * write_0009.c - wrote 0009.db.gz, 0009.txt and 0009-done.txt with the store
 * of version 9; it is built against that code, of the tag house-moved, with
 * the file_dump.h that came with it:
 *
 *	git archive house-moved | tar -x -C OLD, build OLD without tests
 *	cc -D_GNU_SOURCE -IOLD -I. write_0009.c OLD/build/lib{core,schema}.a
 *		$(pkg-config --libs sqlite3 jansson) -lm && ./a.out DIRECTORY
 */
#include <stdio.h>

#include "core/store/store.h"
#include "tests/sqlite/file_dump.h"

static struct store *store;
static int64_t now = FILE_NOW - 600000;

static struct session get(const char *name)
{
	struct session session;

	MUST(store_session_find(
		store, SLICE(""), slice_of(name), now, &session, why));
	if (session.id == 0)
		MUST(store_session_create(
			store, SLICE(""), slice_of(name), now, &session, why));
	return session;
}

static void begin(void)
{
	now += 1000;
	MUST(store_begin(store, why));
}

static void commit(void)
{
	MUST(store_commit(store, why));
}

static void say(const char *name, const char *body, const char *id)
{
	const struct message message = { .form = MESSAGE_STORED,
		.type = MESSAGE_HUMAN,
		.id = slice_of(id),
		.body = slice_of(body) };
	struct session session;

	begin();
	session = get(name);
	MUST(store_message_append(store, &session, &message, now, why));
	commit();
}

static void edit(const char *name, int64_t seq, const char *body)
{
	const struct message message = { .form = MESSAGE_STORED,
		.type = MESSAGE_AI,
		.body = slice_of(body) };
	struct session session;

	begin();
	session = get(name);
	MUST(store_message_replace(store, &session, seq, &message, now, why));
	commit();
}

static void remove_range(const char *name, int64_t first, int64_t last)
{
	struct session session;
	int64_t removed;

	begin();
	session = get(name);
	MUST(store_message_remove(
		store, &session, first, last, now, &removed, why));
	commit();
}

static void fork_of(const char *parent, const char *name, int64_t upto)
{
	struct session from, fork;

	begin();
	from = get(parent);
	MUST(store_session_fork(store, &from, SLICE(""), slice_of(name), upto,
		now, &fork, why));
	commit();
}

static void put(const char *name, const char *owner, int64_t ttl,
	int64_t retain, const char *metadata)
{
	const struct session_profile profile = { .owner = slice_of(owner),
		.memory = SLICE("{}"),
		.metadata = slice_of(metadata),
		.ttl_seconds = ttl,
		.retain_retired = retain };
	struct session session;

	begin();
	session = get(name);
	MUST(store_session_configure(store, &session, &profile, now, why));
	commit();
}

static void keep(const char *key, const char *name, const char *body)
{
	static const char digest[32] = "0123456789abcdef0123456789abcde";
	struct kept_reply reply = { .digest = { digest, 32 },
		.status = 201,
		.etag = SLICE("\"1-x\" "),
		.location = SLICE("/l "),
		.body = slice_of(body) };

	begin();
	if (name)
		reply.session = get(name).id;
	MUST(store_reply_keep(
		store, SLICE(""), slice_of(key), &reply, now, why));
	commit();
}

static void state(const char *name, struct slice class, const char *key,
	int64_t seq, const char *bytes)
{
	const struct state_key where = { class, slice_of(key) };
	const struct session_state what = { .seq = seq,
		.bytes = slice_of(bytes) };
	struct session session;

	begin();
	session = get(name);
	MUST(store_state_keep(store, &session, &where, &what, why));
	for (int64_t item = 1; class.data[0] == 'v' && item <= seq; item += 2)
		MUST(store_item_keep(
			store, &session, &where, item, SLICE("[1,2]"), why));
	commit();
}

static void erase(const char *name)
{
	struct session session;

	begin();
	session = get(name);
	MUST(store_session_erase(store, &session, now, why));
	commit();
}

static void step(int64_t rows)
{
	MUST(store_begin(store, why));
	MUST(store_chore_step(store, now, rows, why));
	commit();
}

static void do_all(void)
{
	do
		step(10);
	while (store_chore_due(store) <= now);
}

/* --- what is in it ------------------------------------------------------ */

static void write_histories(void)
{
	put("a", "", 0, -1, "{\"t\":1,\"x\":[1]}");
	say("a", "{\"content\":\"zero\"}", "");
	say("a", "{\"content\":\"nought\"}", "");
	remove_range("a", 1, 2);
	say("a", "{\"content\":\"one\"}", "mine");
	say("a", "{\"content\":\"two\"}", "");
	say("a", "{\"content\":\"three\"}", "");
	edit("a", 4, "{\"content\":\"two edited\"}");
	fork_of("a", "b", 4);
	say("b", "{\"content\":\"own of b\"}", "");
	fork_of("b", "c", 5);
	edit("c", 3, "{\"content\":\"one edited in c\"}");
	say("c", "{\"content\":\"own of c\"}", "");
	remove_range("a", 5, 5);
	say("dead", "{\"content\":\"dead one\"}", "");
	say("dead", "{\"content\":\"dead two\"}", "");
	edit("dead", 1, "{\"content\":\"dead edited\"}");
	fork_of("dead", "heir", 1);
	say("heir", "{\"content\":\"own of heir\"}", "");
	put("short", "", 3600, 60, "{\"t\":1}");
	say("short", "{\"content\":\"short\"}", "");
	edit("short", 1, "{\"content\":\"short edited\"}");
	say("plain", "{\"content\":\"plain\"}", "");
}

static void write_owned(void)
{
	put("o1", "u", 0, -1, "{\"t\":1}");
	put("o2", "u", 0, -1, "{}");
	put("o3", "u", 0, -1, "{}");
	say("o1", "{\"content\":\"secret one\"}", "");
	say("o2", "{\"content\":\"secret two\"}", "");
	say("o3", "{\"content\":\"secret three\"}", "");
	put("v1", "v", 0, -1, "{}");
	say("v1", "{\"content\":\"secret four\"}", "");
	state("o1", SLICE("summary"), "history", 1, "SECRET");
}

static void write_kept(void)
{
	keep("with", "a", "yes");
	keep("without", NULL, "of none");
	keep("", "a", "the newest");
	keep("gone", "dead", "of the dead");
	keep("of o1", "o1", "of an owner's");
	state("a", SLICE("summary"), "history", 4, "SUMMARY");
	state("a", SLICE("vector"), "history", 5, "");
	state("b", SLICE("entity"), "notes", 5, "ENTITIES");
}

/* Many words, that their erasure leaves only words to be merged. */
static void write_wide(void)
{
	for (int i = 0; i < 40; i++) {
		struct text body = { 0 };

		text_string(&body, "{\"content\":\"");
		for (int k = 0; k < 200; k++)
			text_format(&body, "w%d ", i * 200 + k);
		text_append(&body, "\"}", 3);
		say("wide", body.data, "");
		text_clear(&body);
		if (i % 5 == 0)
			do_all();
	}
	do_all();
}

static void erase_owner(const char *owner)
{
	struct owner_erasure erased;

	begin();
	MUST(store_owner_erase(
		store, SLICE(""), slice_of(owner), now, &erased, why));
	commit();
}

/* Owners erased, a session of one met, a new one of the other made. */
static void begin_erasures(void)
{
	struct session session;

	erase("dead");
	erase_owner("u");
	erase_owner("v");
	put("v2", "v", 0, -1, "{}");
	say("v2", "{\"content\":\"new of v\"}", "");
	begin(); /* its chore is the first of all */
	MUST(store_session_find(
		store, SLICE(""), SLICE("o2"), now, &session, why));
	commit();
}

static void tell(const char *directory, const char *name, bool done)
{
	struct file_dump dump = { .now = FILE_NOW };
	struct store_options options = { .search = true };
	char path[200];
	FILE *file;

	snprintf(path, sizeof(path), "%s/0009.db", directory);
	options.path = path;
	MUST(store_open(&store, &options, STORE_WRITE, why));
	if (done) {
		now = FILE_NOW;
		do_all();
	}
	MUST(store_open(&dump.store, &options, STORE_READ, why));
	file_dump(&dump);
	store_close(dump.store);
	store_close(store);
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	fwrite(dump.out.data, dump.out.length, 1, file);
	fclose(file);
	text_clear(&dump.out);
}

int main(int argc, char **argv)
{
	struct store_options options = { .search = true };
	char path[200], command[800];

	if (argc != 2)
		return 2;
	snprintf(path, sizeof(path), "%s/0009.db", argv[1]);
	options.path = path;
	MUST(store_open(&store, &options, STORE_WRITE, why));
	write_histories();
	write_owned();
	write_kept();
	write_wide();
	erase("wide");
	for (int i = 0; i < 11; i++)
		step(4); /* its rows are gone; its words are being merged */
	begin_erasures();
	store_close(store);
	snprintf(command, sizeof(command), "cp %s %s.begun", path, path);
	if (system(command))
		return 1;
	tell(argv[1], "0009.txt", false);
	tell(argv[1], "0009-done.txt", true);
	snprintf(command, sizeof(command), "mv %s.begun %s", path, path);
	return system(command) != 0;
}
