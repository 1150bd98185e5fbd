/* SPDX-License-Identifier: MIT */
/*
 * test_grant.c - what a key may do, for how long, and across a reload.
 */
#include "server/auth/access.h"

#include <stdio.h>

#include "tests/unit/unit.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

#define NOW INT64_C(1700000000000) /* 2023-11-14T22:13:20.000Z */

/* The grant is the caller's to clear. */
static int ask(struct access *access, struct grant *grant, const char *key,
	unsigned scopes)
{
	const struct credentials credentials = { .api_key = slice_of(key) };

	error = (struct error){ 0 };
	grant_take(grant, access);
	return grant_check(grant, &credentials, scopes, NOW, &error);
}

START_TEST(a_key_does_what_its_scopes_allow)
{
	static const struct {
		const char *key;
		unsigned scopes;
		const char *words; /* NULL: let in */
	} rows[] = {
		{ "plain", SCOPE_READ, NULL },
		{ "plain", SCOPE_WRITE, NULL },
		{ "plain", SCOPE_ADMIN, NULL },
		{ "plain", SCOPE_METRICS, "metrics" },
		{ "reader", SCOPE_READ, NULL },
		{ "reader", SCOPE_WRITE, "write" },
		{ "reader", SCOPE_ADMIN, "admin" },
		{ "reader", SCOPES_ALL, NULL },
		{ "scraper", SCOPE_METRICS, NULL },
		{ "scraper", SCOPE_READ, "read" },
		{ "scraper", SCOPES_ALL, NULL },
	};
	const struct access_options options = { .listen = "127.0.0.1:8080",
		.keys = "a:plain\na:reader scope=read\n"
			"ops:scraper scope=metrics" };
	struct access *access;

	ok(access_new(&access, &options, &error));
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct grant grant;
		char words[100];

		ck_assert_int_eq(
			ask(access, &grant, rows[i].key, rows[i].scopes),
			rows[i].words ? -1 : 0);
		grant_clear(&grant);
		if (!rows[i].words)
			continue;
		ck_assert_int_eq(error.code, ERROR_FORBIDDEN);
		snprintf(words, sizeof(words),
			"the API key lacks the scope \"%s\" that this needs",
			rows[i].words);
		says(words);
	}
	access_free(access);
}
END_TEST

START_TEST(a_key_ends_when_its_line_says_so)
{
	const struct access_options options = { .listen = "127.0.0.1:8080",
		.keys = "a:old until=2023-11-14T22:13:20Z\n"
			"a:new until=2023-11-14T22:13:20.001Z" };
	struct access *access;
	struct grant grant;

	ok(access_new(&access, &options, &error));
	ck_assert_int_eq(ask(access, &grant, "old", SCOPE_READ), -1);
	ck_assert_int_eq(error.code, ERROR_UNAUTHENTICATED);
	says("the API key has ended");
	grant_clear(&grant);
	ck_assert_int_eq(ask(access, &grant, "new", SCOPE_READ), 0);
	ck_assert(grant_holds(&grant, access, NOW));
	ck_assert(!grant_holds(&grant, access, NOW + 1));
	grant_clear(&grant);
	access_free(access);
}
END_TEST

/* What is borrowed of the old table is read: ASan looks on. */
START_TEST(a_reload_leaves_alone_what_a_request_holds)
{
	static const struct {
		const char *keys;
		bool holds;
	} rows[] = {
		{ "a:k", true },
		{ "a:other,a:k", true },
		{ "a:k scope=read", true },
		{ "a:k scope=write", false },
		{ "a:k until=2023-11-14T22:13:20Z", false },
		{ "b:k", false },
		{ "a:other", false },
	};
	struct access_options options = { .listen = "127.0.0.1:8080",
		.keys = "a:k" };
	struct access *access;
	struct grant grant;

	ok(access_new(&access, &options, &error));
	ok(ask(access, &grant, "k", SCOPE_READ));
	for (size_t i = 0; i < COUNT(rows); i++) {
		options.keys = rows[i].keys;
		ok(access_reload(access, &options, &error));
		ck_assert_msg(grant_holds(&grant, access, NOW) == rows[i].holds,
			"%s", rows[i].keys);
		is(grant.tenant, "a");
	}
	grant_clear(&grant);
	access_free(access);
}
END_TEST

START_TEST(a_bad_reload_keeps_the_old_table)
{
	struct access_options options = { .listen = "127.0.0.1:8080",
		.keys = "a:k",
		.allow_origin = "https://a.example" };
	struct access *access;
	struct grant grant;

	ok(access_new(&access, &options, &error));
	options.keys = "a:k,b";
	fails(access_reload(access, &options, &error), ERROR_INVALID);
	options.keys = "a:other";
	options.allow_origin = "*";
	fails(access_reload(access, &options, &error), ERROR_INVALID);
	ck_assert_int_eq(ask(access, &grant, "k", SCOPE_READ), 0);
	ck_assert(grant_allows_origin(&grant, SLICE("https://a.example")));
	grant_clear(&grant);
	access_free(access);
}
END_TEST

UNIT("grant", a_key_does_what_its_scopes_allow,
	a_key_ends_when_its_line_says_so,
	a_reload_leaves_alone_what_a_request_holds,
	a_bad_reload_keeps_the_old_table)
