/* SPDX-License-Identifier: MIT */
/*
 * test_origin.c - which pages of browsers are served.
 */
#include "server/auth/access.h"

#include <string.h>

#include "tests/unit/access_unit.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

START_TEST(only_exact_origins_are_allowed)
{
	static const struct {
		const char *origin;
		bool allowed;
	} rows[] = {
		{ "https://a.example", true },
		{ "http://localhost:3000", true },
		{ "https://a.example:443", false },
		{ "https://A.example", false },
		{ "https://a.example.evil", false },
		{ "https://a.exampl", false },
		{ "http://a.example", false },
		{ "https://a.example,http://localhost:3000", false },
		{ "null", false },
		{ "*", false },
	};
	const struct access_options options = { .listen = "127.0.0.1:8080",
		.allow_origin = "https://a.example,http://localhost:3000" };
	struct access *access;
	struct grant grant;

	ok(access_new(&access, &options, &error));
	grant_take(&grant, access);
	for (size_t i = 0; i < COUNT(rows); i++)
		ck_assert_msg(
			grant_allows_origin(&grant, slice_of(rows[i].origin)) ==
				rows[i].allowed,
			"%s", rows[i].origin);
	grant_clear(&grant);
	access_free(access);
}
END_TEST

/* 'k' with keys, 'n' with no_auth, '-' with neither; all from this machine. */
START_TEST(a_page_of_this_server_is_its_own)
{
	static const struct {
		char keys;
		const char *host;
		const char *origin;
		bool served;
	} rows[] = {
		{ '-', "localhost:8080", "http://localhost:8080", true },
		{ '-', "127.0.0.1:8080", "http://127.0.0.1:8080", true },
		{ '-', "[::1]:8080", "http://[::1]:8080", true },
		{ '-', "LocalHost:8080", "http://localhost:8080", true },
		{ '-', "localhost:8080", "http://localhost:80", false },
		{ '-', "localhost:8080", "http://127.0.0.1:8080", false },
		{ '-', "localhost:8080", "http://localhost", false },
		{ '-', "localhost", "http://evil.localhost", false },
		{ '-', "localhost", "http://evil@localhost", false },
		{ '-', "localhost", "file://localhost", false },
		{ '-', "localhost", "://localhost", false },
		{ '-', "localhost", "localhost", false },
		{ '-', "", "http://", false },
		{ '-', NULL, "http://", false },
		{ '-', "evil.example", "http://evil.example", false },
		{ 'k', "chat.example", "https://chat.example", true },
		{ 'k', "chat.example", "https://evil.example", false },
		{ 'n', "192.0.2.7:8080", "http://192.0.2.7:8080", true },
		{ 'n', "[2001:db8::7]", "http://[2001:db8::7]", true },
		{ 'n', "localhost:8080", "http://localhost:8080", true },
		{ 'n', "lan:8080", "http://lan:8080", true },
		{ 'n', "evil.example", "http://evil.example", false },
		{ 'n', "1.2.3.4.evil", "http://1.2.3.4.evil", false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const bool local = rows[i].keys == '-';
		const struct access_options options = {
			.listen = local ? "127.0.0.1:8080" : "lan:8080",
			.no_auth = rows[i].keys == 'n',
			.keys = rows[i].keys == 'k' ? "a:k1" : NULL,
		};
		const struct shown shown = { 'l', .host = rows[i].host,
			.origin = rows[i].origin, .api_key = "k1" };
		struct access *access;

		ok(access_new(&access, &options, &error));
		ck_assert_msg(check(access, &shown, false) ==
				      (rows[i].served ? 0 : -1),
			"%c %s at %s", rows[i].keys, rows[i].origin,
			rows[i].host);
		ck_assert_int_eq(error.code,
			rows[i].served ? ERROR_NONE : ERROR_FORBIDDEN);
		access_free(access);
	}
}
END_TEST

START_TEST(what_is_no_origin_is_refused_at_the_start)
{
	static const char *const rows[] = { "*", "null", "", "a.example",
		"https://a.example/", "https://*.example", "https://",
		"https://a.example,", "https://A.example", "https://a b",
		"https://a.example, https://b.example", "://a.example" };

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct access_options options = {
			.listen = "127.0.0.1:8080", .allow_origin = rows[i]
		};
		struct access *access;

		fails(access_new(&access, &options, &error), ERROR_INVALID);
		ck_assert_ptr_nonnull(strstr(error.message, "--allow-origin"));
	}
}
END_TEST

START_TEST(a_page_of_another_site_needs_an_allowed_origin)
{
	static const struct {
		const char *site;
		const char *origin;
		bool served;
	} rows[] = {
		{ "cross-site", NULL, false },
		{ "Cross-Site", NULL, false },
		{ "cross-site", "http://localhost", false },
		{ "cross-site", "https://a.example", true },
		{ "same-site", "https://a.example", true },
		{ "same-origin", "http://localhost", true },
		{ "same-site", NULL, true },
		{ "none", NULL, true },
	};
	const struct access_options options = { .listen = "127.0.0.1:8080",
		.allow_origin = "https://a.example" };
	struct access *access;

	ok(access_new(&access, &options, &error));
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct shown shown = { 'l', .host = "localhost",
			.origin = rows[i].origin, .fetch_site = rows[i].site };

		ck_assert_msg(check(access, &shown, false) ==
				      (rows[i].served ? 0 : -1),
			"%s %s", rows[i].site, rows[i].origin);
	}
	access_free(access);
}
END_TEST

UNIT("origin", only_exact_origins_are_allowed, a_page_of_this_server_is_its_own,
	what_is_no_origin_is_refused_at_the_start,
	a_page_of_another_site_needs_an_allowed_origin)
