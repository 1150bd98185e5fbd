/* SPDX-License-Identifier: MIT */
/*
 * write_0010.c - wrote 0010.db.gz, 0010.txt and 0010-done.txt with the store of
 * version 10; it is built against that code, of the commit cad8060:
 *
 *	git archive cad8060 | tar -x -C OLD, build OLD without tests
 *	gzip -dc 0009.db.gz >DIRECTORY/0010.db
 *	cc -D_GNU_SOURCE -IOLD write_0010.c OLD/build/lib{core,schema}.a
 *		$(pkg-config --libs sqlite3 jansson) -lm && ./a.out DIRECTORY
 *
 * It brings the file of version 9 up to date and goes on in each of its
 * sessions, so that all that version 10 keeps is in it.
 */
#include <stdio.h>

#include "core/store/store.h"
#include "tests/sqlite/file_dump.h"

static struct store *store;
static char path[200];

static void go_on(const char *name)
{
	const struct message message = { .form = MESSAGE_STORED,
		.type = MESSAGE_HUMAN,
		.body = SLICE("{\"content\":\"two by version 10\"}") };
	struct session session;

	MUST(store_begin(store, why));
	MUST(store_session_find(
		store, SLICE(""), slice_of(name), FILE_NOW, &session, why));
	if (session.id) {
		MUST(store_message_append(
			store, &session, &message, FILE_NOW, why));
		MUST(store_message_append(
			store, &session, &message, FILE_NOW, why));
		MUST(store_message_replace(store, &session, session.last_seq,
			&message, FILE_NOW, why));
	}
	MUST(store_commit(store, why));
}

static void do_all(void)
{
	do {
		MUST(store_begin(store, why));
		MUST(store_maintenance_step(store, FILE_NOW, 10, why));
		MUST(store_commit(store, why));
	} while (store_maintenance_due(store) <= FILE_NOW);
}

static void tell(const char *directory, const char *name)
{
	const struct store_options options = { .url = path, .search = true };
	struct file_dump dump = { .now = FILE_NOW };
	char to[300];
	FILE *file;

	MUST(store_open(&dump.store, &options, STORE_READ, why));
	file_dump(&dump);
	store_close(dump.store);
	snprintf(to, sizeof(to), "%s/%s", directory, name);
	file = fopen(to, "w");
	fwrite(dump.out.data, dump.out.length, 1, file);
	fclose(file);
	text_clear(&dump.out);
}

int main(int argc, char **argv)
{
	struct store_options options = { .url = path, .search = true };
	char command[800];

	if (argc != 2)
		return 2;
	snprintf(path, sizeof(path), "%s/0010.db", argv[1]);
	MUST(store_open(&store, &options, STORE_WRITE, why));
	go_on("a");
	go_on("b");
	go_on("heir");
	go_on("plain");
	tell(argv[1], "0010.txt");
	store_close(store);
	snprintf(command, sizeof(command), "cp %s %s.begun", path, path);
	if (system(command))
		return 1;
	MUST(store_open(&store, &options, STORE_WRITE, why));
	do_all();
	tell(argv[1], "0010-done.txt");
	store_close(store);
	snprintf(command, sizeof(command), "mv %s.begun %s", path, path);
	return system(command) != 0;
}
