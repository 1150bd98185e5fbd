/* SPDX-License-Identifier: MIT */
/*
 * test_erased_bytes.c - what was erased is in neither the log nor the file,
 * whatever is written afterwards.
 */
#include "tests/sqlite/sqlite_unit.h"

#include <ctype.h>
#include <sys/wait.h>

#define MARK  "secretmark"
#define NOW   5000
#define LATER (NOW + 86400000) /* when all is quiet */

static struct store *store;

static void start_file(void)
{
	scratch_file();
}

/* Nothing here is about power cuts. */
static void open_relaxed(bool search)
{
	store = open_with(
		(struct store_options){ .relaxed = true, .search = search },
		STORE_WRITE);
}

/* Where words come to lie: in the file or its log. */
static const char *const suffixes[] = { "", "-wal" };

static int count_in(const char *suffix, const char *text)
{
	static char bytes[32 << 20];
	const char *at = bytes, *end;
	char name[160];
	size_t length;
	FILE *file;
	int count = 0;

	snprintf(name, sizeof(name), "%s%s", path, suffix);
	file = fopen(name, "rb");
	if (!file)
		return 0;
	length = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	for (size_t i = 0; i < length; i++)
		bytes[i] = (char)tolower((unsigned char)bytes[i]);
	end = bytes + length;
	while ((at = memmem(at, (size_t)(end - at), text, strlen(text)))) {
		count++;
		at++;
	}
	return count;
}

/*
 * How often a text is there, in small letters or capitals.  Another process
 * looks: SQLite would lose its locks here.
 */
static int occurrences(const char *text)
{
	pid_t child = fork();
	int status, count = 0;

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes);
			i++)
			count += count_in(suffixes[i], text);
		_exit(count > 200 ? 200 : count);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* The index leaves out what a word and the one before it begin with. */
static void is_nowhere(unsigned seed, const char *when)
{
	ck_assert_msg(occurrences(MARK + 3) == 0, "seed %u, %s: %d left", seed,
		when, occurrences(MARK + 3));
}

/* A message of random length: this word again and again, and numbers. */
static void append_words(struct session *session, const char *word)
{
	static const size_t sizes[] = { 30, 300, 1500, 4500, 19000 };
	const size_t length = (size_t)random() % sizes[random() % 5] + 1;
	struct text body = { 0 };
	struct message message = text_message("");

	text_string(&body, "{\"content\":\"");
	for (int i = 0; body.length < length; i++)
		text_format(&body, "%s %d ", word, i % 7);
	text_string(&body, "\"}");
	ck_assert(!body.failed);
	message.body = text_view(&body);
	ok(store_message_append(store, session, &message, 2000, &error));
	text_clear(&body);
}

/* To one of the sessions that stay. */
static void say_kept(void)
{
	char name[8];
	struct session session;

	snprintf(name, sizeof(name), "kept%ld", random() % 4);
	ok(store_begin(store, &error));
	session = make(store, name);
	for (long n = random() % 3; n >= 0; n--)
		append_words(&session, "plain");
	ok(store_commit(store, &error));
}

/* Writes to, clears, configures and erases one of two that are to go. */
static void live_once(void)
{
	static const char *const words[] = { "SecretMark", "SECRETMARK",
		"secretmark" };
	char name[20];
	struct session session;
	int64_t deleted;

	snprintf(name, sizeof(name), "SECRETMARK%ld", random() % 2);
	ok(store_begin(store, &error));
	session = make(store, name);
	for (long n = random() % 12; n >= 0; n--)
		append_words(&session, words[random() % 3]);
	if (random() % 8 == 0)
		ok(store_history_clear(store, &session, 9, &deleted, &error));
	if (random() % 8 == 0)
		configure(store, &session, "{}", "{\"a\":\"SecretMark\"}", 9);
	if (random() % 20 == 0)
		ok(store_session_erase(store, &session, 1, &error));
	ok(store_commit(store, &error));
}

static int moved; /* rows that pack() brought elsewhere */

static void count_moved(void)
{
	char count[20];

	read_value("SELECT count(*) FROM moved_message JOIN message USING (id)"
		   " WHERE id <> indexed_as AND body LIKE '%secretmark%'",
		count, sizeof(count));
	moved += (int)strtol(count, NULL, 10);
}

static void live(bool search)
{
	for (int i = 0; i < 60; i++) {
		if (random() % 2)
			live_once();
		else
			say_kept();
		if (random() % 6 == 0)
			ok(checkpoint(store, CHECKPOINT_PASSIVE, &error));
		if (search && random() % 8 == 0)
			maintain(store, NOW, 100);
		if (random() % 8 == 0)
			pack(store, LATER, 1 + random() % 1000);
	}
}

static void erase_all(void)
{
	static const char *const names[] = { "SECRETMARK0", "SECRETMARK1" };
	struct session session;

	ok(store_begin(store, &error));
	for (int i = 0; i < 2; i++) {
		session = make(store, names[i]);
		ok(store_session_erase(store, &session, 1, &error));
	}
	ok(store_commit(store, &error));
	maintain(store, NOW, 7);
}

/* From here on a client has its receipt. */
static void erase_to_the_end(void)
{
	erase_all();
	ck_assert_int_eq(store_upkeep(store, UPKEEP_WHOLE, &error), 1);
}

/* Each edit has the page of its message written again. */
static void edit_kept(void)
{
	char name[8];
	struct session session;
	const struct message message = text_message("{\"content\":\"plain\"}");

	snprintf(name, sizeof(name), "kept%ld", random() % 4);
	ok(store_begin(store, &error));
	session = make(store, name);
	for (int64_t seq = 1; seq <= session.last_seq; seq += random() % 4 + 1)
		ok(store_message_replace(store, &session,
			&(struct message_replacement){ seq, &message, 2000 },
			&error));
	ok(store_commit(store, &error));
}

/* The log is copied into the file now and then, but never emptied. */
static void write_on(unsigned seed, bool search)
{
	for (int i = 0; i < 12; i++) {
		if (i % 3 == 2)
			edit_kept();
		else
			say_kept();
		if (search && i % 4 == 1)
			maintain(store, NOW, 100);
		if (i % 4 == 2)
			pack(store, LATER, 100);
		if (i == 8)
			ok(checkpoint(store, CHECKPOINT_PASSIVE, &error));
		is_nowhere(seed, "after a write");
	}
}

static unsigned rounds(void)
{
	return getenv("CHATMEM_TEST_LONG") ? 500 : 15;
}

static void anew(void)
{
	scratch_end();
	scratch_file();
}

static void erase_and_write_on(unsigned seed, bool search)
{
	srandom(seed);
	open_relaxed(search);
	live(search);
	ck_assert_int_gt(occurrences(MARK + 3), 0);
	count_moved();
	erase_to_the_end();
	is_nowhere(seed, "at the receipt");
	write_on(seed, search);
	store_close(store);
	is_nowhere(seed, "after the end");
	gives("PRAGMA integrity_check", "ok");
	ck_assert_int_gt(occurrences("plain"), 0);
	anew();
}

START_TEST(what_is_erased_does_not_come_back_with_what_is_written_next)
{
	for (unsigned seed = 0; seed < rounds(); seed++)
		erase_and_write_on(seed, false);
	ck_assert_int_gt(moved, 100);
}
END_TEST

START_TEST(nor_do_its_words_come_back_from_the_index)
{
	for (unsigned seed = 0; seed < rounds(); seed++)
		erase_and_write_on(seed, true);
}
END_TEST

/* It could still be asked for what was erased: there is no receipt. */
START_TEST(a_reader_of_what_was_is_in_the_way_of_a_receipt)
{
	struct store *reader;
	struct session session;

	for (unsigned seed = 0; seed < rounds() / 3; seed++) {
		srandom(seed);
		open_relaxed(seed % 2);
		live(seed % 2);
		reader = open_store(STORE_READ);
		ok(store_begin(reader, &error));
		session = find(reader, "kept0");
		erase_all();
		ck_assert_int_eq(store_upkeep(store, UPKEEP_WHOLE, &error), 0);
		say_kept();
		ck_assert_int_gt(occurrences(MARK + 3), 0);
		ck_assert_int_eq(
			find(reader, "kept0").last_seq, session.last_seq);
		store_rollback(reader);
		ck_assert_int_eq(store_upkeep(store, UPKEEP_WHOLE, &error), 1);
		is_nowhere(seed, "at the receipt");
		write_on(seed, seed % 2);
		store_close(reader);
		store_close(store);
		anew();
	}
}
END_TEST

STORE_UNIT("erased_bytes", start_file, scratch_end,
	what_is_erased_does_not_come_back_with_what_is_written_next,
	nor_do_its_words_come_back_from_the_index,
	a_reader_of_what_was_is_in_the_way_of_a_receipt)
