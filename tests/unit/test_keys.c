/* SPDX-License-Identifier: MIT */
/*
 * test_keys.c - API keys from a file and from a text.
 */
#include "server/auth/keys.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "server/observe/log.h"
#include "tests/unit/failing.h"
#include "tests/unit/unit.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

START_TEST(bad_pairs_are_refused_without_showing_a_key)
{
	static const struct {
		const char *pairs;
		const char *words;
	} rows[] = {
		{ "secret", "pair 1 is not tenant:key" },
		{ "a:k,", "pair 2 is not tenant:key" },
		{ "", "pair 1 is not tenant:key" },
		{ ":secret", "pair 1 has an empty tenant" },
		{ "a:", "pair 1 has an empty key" },
		{ "a:k,b:sec ret",
			"pair 2 has a key with a space, or with a character "
			"that is not printable ASCII" },
		{ "a:secr\xc3\xa9t",
			"pair 1 has a key with a space, or with a character "
			"that is not printable ASCII" },
		{ "a\n:secret",
			"pair 1 has a tenant that is not at most 255 printable "
			"ASCII characters" },
		{ "a:secret,b:secret",
			"pair 2 gives a key of tenant \"a\" to \"b\" too" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct keys keys = { 0 };
		char words[200];

		fails(keys_read_text(&keys, rows[i].pairs, &error),
			ERROR_INVALID);
		snprintf(words, sizeof(words), "CHATMEM_API_KEY: %s",
			rows[i].words);
		says(words);
		keys_clear(&keys);
	}
}
END_TEST

static char path[] = "/tmp/chatmem-keys-XXXXXX";

static void write_keys(const char *lines)
{
	FILE *file;
	int fd;

	memcpy(strrchr(path, '-') + 1, "XXXXXX", 6);
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	file = fdopen(fd, "w");
	ck_assert_ptr_nonnull(file);
	fputs(lines, file);
	ck_assert_int_eq(fclose(file), 0);
}

START_TEST(a_file_of_keys_may_have_comments)
{
	static const struct {
		const char *key;
		const char *tenant;
	} rows[] = {
		{ "k1", "acme" },
		{ "k2", "other one" },
		{ "k3", "acme" },
		{ "k:4", "acme" },
		{ "k1\r", NULL },
		{ "acme:k1", NULL },
		{ "", NULL },
	};
	struct keys keys = { 0 };

	write_keys("# comment\n\nacme:k1\r\nother one:k2\nacme:k1\nacme:k:4");
	ok(keys_read_file(&keys, path, &error));
	unlink(path);
	ok(keys_read_text(&keys, "acme:k3", &error));
	ck_assert_uint_eq(keys.count, 4);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *tenant;

		ok(keys_find(&keys, slice_of(rows[i].key), &tenant, &error));
		ck_assert_pstr_eq(tenant, rows[i].tenant);
	}
	keys_clear(&keys);
}
END_TEST

START_TEST(a_bad_file_is_refused_with_its_line)
{
	static const struct {
		const char *lines;
		const char *words;
	} rows[] = {
		{ "", " holds no key" },
		{ "# none\n", " holds no key" },
		{ "a:k\n\nsecret\n", ": line 3 is not tenant:key" },
		{ "a:k\nb:k\n",
			": line 2 gives a key of tenant \"a\" to \"b\" too" },
	};
	struct keys keys = { 0 };
	char words[200];

	for (size_t i = 0; i < COUNT(rows); i++) {
		write_keys(rows[i].lines);
		fails(keys_read_file(&keys, path, &error), ERROR_INVALID);
		unlink(path);
		snprintf(words, sizeof(words), "%s%s", path, rows[i].words);
		says(words);
		keys_clear(&keys);
	}
	fails(keys_read_file(&keys, path, &error), ERROR_INVALID);
	snprintf(words, sizeof(words),
		"cannot open %s: No such file or directory", path);
	says(words);
	log_set_level(LOG_ERROR);
	fails(keys_read_file(&keys, "/tmp", &error), ERROR_UNAVAILABLE);
	says("cannot read /tmp: Is a directory");
}
END_TEST

START_TEST(no_other_key_is_known)
{
	struct keys keys = { 0 };

	ok(keys_read_text(&keys, "a:k1,b:k2,c:k3,d:k4", &error));
	for (int i = 5; i < 1000; i++) {
		const char *tenant;
		char key[8];

		snprintf(key, sizeof(key), "k%d", i);
		ok(keys_find(&keys, slice_of(key), &tenant, &error));
		ck_assert_ptr_null(tenant);
	}
	keys_clear(&keys);
}
END_TEST

START_TEST(the_longest_tenant_has_255_characters)
{
	char pair[300];
	struct keys keys = { 0 };

	memset(pair, 't', sizeof(pair));
	memcpy(pair + 255, ":k", 3);
	ok(keys_read_text(&keys, pair, &error));
	memcpy(pair + 255, "t:l", 4);
	fails(keys_read_text(&keys, pair, &error), ERROR_INVALID);
	keys_clear(&keys);
}
END_TEST

START_TEST(running_out_of_memory_leaves_the_keys_whole)
{
	while (failing_next()) {
		struct keys keys = { 0 };
		int result;

		error = (struct error){ 0 };
		result = keys_read_text(&keys, "a:k1,b:k2", &error);
		if (failing_stop()) {
			ck_assert_int_eq(result, -1);
			ck_assert_int_eq(error.code, ERROR_UNAVAILABLE);
		} else {
			ck_assert_int_eq(result, 0);
		}
		keys_clear(&keys);
	}
}
END_TEST

UNIT("keys", bad_pairs_are_refused_without_showing_a_key,
	a_file_of_keys_may_have_comments, a_bad_file_is_refused_with_its_line,
	no_other_key_is_known, the_longest_tenant_has_255_characters,
	running_out_of_memory_leaves_the_keys_whole)
