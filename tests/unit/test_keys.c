/* SPDX-License-Identifier: MIT */
/*
 * test_keys.c - API keys from a file and from a text.
 */
#include "server/auth/keys.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "server/auth/scope.h"
#include "server/observe/log.h"
#include "tests/unit/failing.h"
#include "tests/unit/unit.h"
#include "tests/unit/written.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* printf k1 | sha256sum */
#define DIGEST_OF_K1 \
	"6ab9f1eb8f7d3388f4f9d586f66e99fd54080df2c446f0e58668b09c08a16dd0"
#define DIGEST_OF_K1_WRONG \
	"gab9f1eb8f7d3388f4f9d586f66e99fd54080df2c446f0e58668b09c08a16dd0"

static const struct key *find(const struct keys *keys, const char *sent)
{
	unsigned char digest[DIGEST_LENGTH];

	ok(key_digest(slice_of(sent), digest, &error));
	return keys_find(keys, digest);
}

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
			"line 1 has a key with a space, or something behind it "
			"that is not scope=... or until=..." },
		{ "a:secr\xc3\xa9t",
			"pair 1 has a key with a character that is not "
			"printable ASCII" },
		{ "a\n:secret", "line 1 is not tenant:key" },
		{ "a\t:secret",
			"pair 1 has a tenant that is not at most 255 printable "
			"ASCII characters" },
		{ "a: secret", "line 1 has an empty key" },
		{ "a:secret scope=all",
			"line 1 has a scope that is not read, write, admin or "
			"metrics" },
		{ "a:secret scope=",
			"line 1 has a scope that is not read, write, admin or "
			"metrics" },
		{ "a:secret scope=read,",
			"line 1 has a scope that is not read, write, admin or "
			"metrics" },
		{ "a:secret until=tomorrow",
			"line 1 has an until that is not a time such as "
			"2027-01-01T00:00:00Z" },
		{ "a:secret until=2027-02-30T00:00:00Z",
			"line 1 has an until that is not a time such as "
			"2027-01-01T00:00:00Z" },
		{ "a:sha256:" DIGEST_OF_K1 "0",
			"pair 1 has a sha256 that is not 64 hexadecimal "
			"digits" },
		{ "a:sha256:secret",
			"pair 1 has a sha256 that is not 64 hexadecimal "
			"digits" },
		{ "a:sha256:" DIGEST_OF_K1_WRONG,
			"pair 1 has a sha256 with a character that is no "
			"hexadecimal digit" },
		{ "a:k1,b:sha256:" DIGEST_OF_K1,
			"pair 2 gives a key of tenant \"a\" to \"b\" too" },
		{ "a:secret\na:secret scope=read",
			"line 2 repeats a key with another scope or until" },
		{ "a:secret,b:secret",
			"pair 2 gives a key of tenant \"a\" to \"b\" too" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct keys keys = { 0 };
		char words[300];

		fails(keys_read_text(&keys, rows[i].pairs, &error),
			ERROR_INVALID);
		snprintf(words, sizeof(words), "CHATMEM_API_KEY: %s",
			rows[i].words);
		says(words);
		keys_clear(&keys);
	}
}
END_TEST

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
	const char *path;
	struct keys keys = { 0 };

	path = written(
		"# comment\n\nacme:k1\r\nother one:k2\nacme:k1\nacme:k:4");
	ok(keys_read_file(&keys, path, &error));
	unlink(path);
	ok(keys_read_text(&keys, "acme:k3", &error));
	ck_assert_uint_eq(keys.count, 4);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct key *key = find(&keys, rows[i].key);

		ck_assert((key != NULL) == (rows[i].tenant != NULL));
		if (key)
			is(key->tenant, rows[i].tenant);
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
	const char *path = NULL;
	struct keys keys = { 0 };
	char words[300];

	for (size_t i = 0; i < COUNT(rows); i++) {
		path = written(rows[i].lines);
		fails(keys_read_file(&keys, path, &error), ERROR_INVALID);
		unlink(path);
		snprintf(words, sizeof(words), "%s%s", path, rows[i].words);
		says(words);
		keys_clear(&keys);
	}
	fails(keys_read_file(&keys, path, &error), ERROR_INVALID);
	snprintf(words, sizeof(words),
		"cannot open %s: No such file or directory; --api-keys and "
		"CHATMEM_API_KEYS name a file; pairs tenant:key go into "
		"CHATMEM_API_KEY",
		path);
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
		char key[8];

		snprintf(key, sizeof(key), "k%d", i);
		ck_assert_ptr_null(find(&keys, key));
	}
	keys_clear(&keys);
}
END_TEST

START_TEST(a_line_may_hold_a_hash_scopes_and_an_end)
{
	static const struct {
		const char *key;
		unsigned scopes;
		int64_t until;
	} rows[] = {
		{ "k1", SCOPE_READ | SCOPE_WRITE, 1798761600000 },
		{ "k2", SCOPES_DEFAULT, 1798761600123 },
		{ "k3", SCOPE_METRICS, INT64_MAX },
		{ "k4", SCOPES_DEFAULT, INT64_MAX },
	};
	struct keys keys = { 0 };

	ok(keys_read_text(&keys,
		"# of hers\n"
		"my own:sha256:" DIGEST_OF_K1
		" scope=read,write until=2027-01-01T00:00:00Z\n\n"
		"my own:k2  until=2027-01-01T00:00:00.123Z \n"
		"my own:k3 scope=metrics\nmy own:k4\n",
		&error));
	ck_assert_uint_eq(keys.count, COUNT(rows));
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct key *key = find(&keys, rows[i].key);

		ck_assert_ptr_nonnull(key);
		is(key->tenant, "my own");
		ck_assert_uint_eq(key->scopes, rows[i].scopes);
		ck_assert_int_eq(key->until, rows[i].until);
	}
	ck_assert_ptr_null(find(&keys, DIGEST_OF_K1));
	keys_clear(&keys);
}
END_TEST

START_TEST(a_text_of_comments_holds_no_key)
{
	struct keys keys = { 0 };

	fails(keys_read_text(&keys, "# none\n", &error), ERROR_INVALID);
	says("CHATMEM_API_KEY holds no key");
}
END_TEST

START_TEST(ten_thousand_keys_are_all_found)
{
	struct keys keys = { 0 };
	struct text lines = { 0 };

	for (int i = 0; i < 10000; i++)
		text_format(&lines, "t%d:k%d\n", i % 100, i);
	text_append(&lines, "", 1);
	ok(keys_read_text(&keys, lines.data, &error));
	ck_assert_uint_eq(keys.count, 10000);
	for (int i = 0; i < 10000; i++) {
		char key[8], tenant[8];

		snprintf(key, sizeof(key), "k%d", i);
		snprintf(tenant, sizeof(tenant), "t%d", i % 100);
		is(find(&keys, key)->tenant, tenant);
	}
	text_clear(&lines);
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
	no_other_key_is_known, a_line_may_hold_a_hash_scopes_and_an_end,
	a_text_of_comments_holds_no_key, ten_thousand_keys_are_all_found,
	the_longest_tenant_has_255_characters,
	running_out_of_memory_leaves_the_keys_whole)
