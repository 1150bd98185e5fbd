/* SPDX-License-Identifier: MIT */
/*
 * test_access.c - who may ask, and what the others are told.
 */
#include "server/auth/access.h"

#include <string.h>

#include "server/auth/proxied.h"
#include "tests/unit/access_unit.h"
#include "tests/unit/failing.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define LOCAL_ONLY   "without API keys only this machine is served"
#define TO_OPEN                                                               \
	"; to serve others set --api-keys FILE or CHATMEM_API_KEY=tenant:key" \
	", or --no-auth if everybody may read and write"

static const struct access_options closed = { .listen = "127.0.0.1:8080" };

/* --- without keys ----------------------------------------------------- */

START_TEST(without_keys_this_machine_is_served_by_its_names)
{
	static const struct {
		const char *listen;
		const char *host;
		bool served;
	} rows[] = {
		{ "127.0.0.1:8080", "127.0.0.1:8080", true },
		{ "127.0.0.1:8080", "127.0.0.1", true },
		{ "127.0.0.1:8080", "localhost:1", true },
		{ "127.0.0.1:8080", "LocalHost", true },
		{ "127.0.0.1:8080", "[::1]:8080", true },
		{ "127.0.0.1:8080", "[::1]", true },
		{ "chat.local:8080", "CHAT.local:8080", true },
		{ "[fe80::1]:8080", "[fe80::1]:9", true },
		{ "127.0.0.1:8080", "chat.local:8080", false },
		{ "127.0.0.1:8080", "localhost.evil.example", false },
		{ "127.0.0.1:8080", "127.0.0.1.evil.example", false },
		{ "127.0.0.1:8080", "evil.example:8080", false },
		{ "127.0.0.1:8080", "localhos", false },
		{ "127.0.0.1:8080", "::1", false },
		{ "127.0.0.1:8080", "[", false },
		{ "127.0.0.1:8080", ":8080", false },
		{ "127.0.0.1:8080", NULL, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct access_options options = {
			.listen = rows[i].listen
		};
		const struct shown shown = { 'l', .host = rows[i].host };
		struct access *access;

		ok(access_new(&access, &options, &error));
		ck_assert_msg(check(access, &shown, false) ==
				      (rows[i].served ? 0 : -1),
			"%s at %s", rows[i].host, rows[i].listen);
		ck_assert_int_eq(error.code,
			rows[i].served ? ERROR_NONE : ERROR_FORBIDDEN);
		access_free(access);
	}
}
END_TEST

START_TEST(without_keys_the_refusal_says_what_to_set)
{
	static const struct {
		struct shown shown;
		const char *words;
	} rows[] = {
		{ { 'r', .host = "localhost" }, LOCAL_ONLY TO_OPEN },
		{ { 'l', .host = "localhost", .proxied = "Via" },
			"without API keys nothing that a proxy forwards is "
			"served, and Via says that one does" TO_OPEN },
		{ { 'l', .host = "localhost", .fetch_site = "cross-site" },
			"without API keys nothing is served that pages of "
			"other sites ask for (Sec-Fetch-Site: cross-site); "
			"--allow-origin names pages that may" },
		{ { 'l', .host = "evil.example" },
			"without API keys Host is localhost, 127.0.0.1, [::1], "
			"the listen address or one of --allow-host, not "
			"\"evil.example\"" TO_OPEN },
		{ { 'l', .host = "localhost", .origin = "http://evil" },
			"pages of \"http://evil\" are not served; "
			"--allow-origin names those that are" },
	};
	struct access *access;

	ok(access_new(&access, &closed, &error));
	for (size_t i = 0; i < COUNT(rows); i++) {
		ck_assert(check(access, &rows[i].shown, false));
		ck_assert_int_eq(error.code, ERROR_FORBIDDEN);
		says(rows[i].words);
	}
	access_free(access);
}
END_TEST

START_TEST(more_names_of_this_server_may_be_given)
{
	const struct access_options options = { .listen = "127.0.0.1:8080",
		.allow_host = "chat.lan,box" };
	struct access *access;

	ok(access_new(&access, &options, &error));
	ok(check(access, &(struct shown){ 'l', .host = "Chat.lan:80" }, false));
	ok(check(access, &(struct shown){ 'l', .host = "box" }, false));
	ok(check(access, &(struct shown){ 'l', .host = "localhost" }, false));
	ck_assert(check(
		access, &(struct shown){ 'l', .host = "chat.lan,box" }, false));
	ck_assert(check(access, &(struct shown){ 'l', .host = "lan" }, false));
	access_free(access);
}
END_TEST

START_TEST(the_fields_of_proxies_are_known_by_their_names)
{
	static const char *const theirs[] = { "Forwarded", "FORWARDED", "via",
		"X-Real-IP", "x-real-ip", "X-Forwarded-For", "X-Forwarded-Host",
		"X-Forwarded-Proto", "X-Forwarded-Anything", "X-Forwarded",
		"Forwarded-For", "CF-Connecting-IP", "CF-Ray", "True-Client-IP",
		"X-Client-IP", "X-Cluster-Client-IP", "X-Original-Host",
		"X-Original-URL", "X-Original-Forwarded-For",
		"Fastly-Client-IP", "Fly-Client-IP", "X-Envoy-Peer-Metadata",
		"X-Azure-ClientIP", "X-Appengine-User-IP", "CDN-Loop" };
	static const char *const others[] = { "Host", "Vi", "Viaduct", "Origin",
		"X-Forwarding", "X-Request-Id", "X-API-Key", "X-Real-IPs",
		"X-Stainless-OS", "User-Agent", "CF", "X", "traceparent" };

	for (size_t i = 0; i < COUNT(theirs); i++)
		ck_assert_msg(proxied_by(slice_of(theirs[i])), "%s", theirs[i]);
	for (size_t i = 0; i < COUNT(others); i++)
		ck_assert_msg(
			!proxied_by(slice_of(others[i])), "%s", others[i]);
}
END_TEST

START_TEST(no_auth_lifts_all_but_the_origin)
{
	const struct access_options options = { .listen = "0.0.0.0:80",
		.no_auth = true };
	struct shown shown = { 'r', .host = "evil", .proxied = "Via",
		.fetch_site = "cross-site" };
	struct access *access;

	ok(access_new(&access, &options, &error));
	ck_assert(!check(access, &shown, false));
	shown.origin = "http://evil";
	ck_assert(check(access, &shown, false));
	ck_assert_int_eq(error.code, ERROR_FORBIDDEN);
	access_free(access);
}
END_TEST

START_TEST(open_routes_check_the_origin_only)
{
	struct shown shown = { 'r', .host = "evil", .proxied = "Via",
		.fetch_site = "cross-site" };
	struct access *access;

	ok(access_new(&access, &closed, &error));
	ck_assert(!check(access, &shown, true));
	shown.origin = "null";
	ck_assert(check(access, &shown, true));
	access_free(access);
}
END_TEST

/* --- with keys -------------------------------------------------------- */

START_TEST(a_key_names_the_tenant)
{
	static const struct {
		const char *authorization;
		const char *api_key;
		const char *tenant; /* NULL: refused with */
		const char *words;
	} rows[] = {
		{ "Bearer k1", NULL, .tenant = "acme" },
		{ "bearer k1", NULL, .tenant = "acme" },
		{ "BEARER  k1", NULL, .tenant = "acme" },
		{ NULL, "k1", .tenant = "acme" },
		{ NULL, "k2", .tenant = "acme" },
		{ NULL, "k:3", .tenant = "other" },
		{ "Bearer k1", "k1", .tenant = "acme" },
		{ "Bearer k1", "k2",
			.words = "Authorization and X-API-Key "
				 "hold different keys" },
		{ NULL, NULL,
			.words = "an API key is needed: send \"Authorization: "
				 "Bearer KEY\" or \"X-API-Key: KEY\"" },
		{ "Basic k1", NULL,
			.words = "Authorization is not \"Bearer KEY\"" },
		{ "Basic k1", "k1",
			.words = "Authorization is not \"Bearer KEY\"" },
		{ "Bearer", NULL,
			.words = "Authorization is not \"Bearer KEY\"" },
		{ "Bearer ", NULL,
			.words = "Authorization is not \"Bearer KEY\"" },
		{ "Bearer k", NULL,
			.words = "the API key is not one of this server" },
		{ "Bearer k11", NULL,
			.words = "the API key is not one of this server" },
		{ NULL, "K1",
			.words = "the API key is not one of this server" },
		{ NULL, "acme:k1",
			.words = "the API key is not one of this server" },
	};
	const struct access_options options = { .listen = "127.0.0.1:8080",
		.keys = "acme:k1,acme:k2,other:k:3" };
	struct access *access;

	ok(access_new(&access, &options, &error));
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct shown shown = { 'r', .host = "any",
			.proxied = "Via", .fetch_site = "cross-site",
			.authorization = rows[i].authorization,
			.api_key = rows[i].api_key };
		struct grant grant;
		const int result = ask(access, &grant, &shown, SCOPE_READ);

		ck_assert_int_eq(result, rows[i].tenant ? 0 : -1);
		is(grant.tenant, rows[i].tenant ? rows[i].tenant : "");
		grant_clear(&grant);
		if (result) {
			ck_assert_int_eq(error.code, ERROR_UNAUTHENTICATED);
			says(rows[i].words);
		}
	}
	access_free(access);
}
END_TEST

START_TEST(keys_and_no_auth_exclude_each_other)
{
	const struct access_options options = {
		.listen = "127.0.0.1:8080", .keys = "a:k", .no_auth = true
	};
	struct access *access;

	fails(access_new(&access, &options, &error), ERROR_INVALID);
	says("--no-auth and API keys exclude each other");
}
END_TEST

START_TEST(without_memory_nobody_is_let_in)
{
	const struct access_options options = { .listen = "127.0.0.1:8080",
		.keys = "a:k1,b:k2",
		.allow_origin = "https://a.example" };

	while (failing_next()) {
		struct access *access = NULL;
		int result;

		error = (struct error){ 0 };
		result = access_new(&access, &options, &error);
		if (failing_stop()) {
			ck_assert_int_eq(result, -1);
			ck_assert_int_eq(error.code, ERROR_UNAVAILABLE);
		} else {
			ck_assert_int_eq(result, 0);
			access_free(access);
		}
	}
}
END_TEST

UNIT("access", without_keys_this_machine_is_served_by_its_names,
	without_keys_the_refusal_says_what_to_set,
	more_names_of_this_server_may_be_given,
	the_fields_of_proxies_are_known_by_their_names,
	no_auth_lifts_all_but_the_origin, open_routes_check_the_origin_only,
	a_key_names_the_tenant, keys_and_no_auth_exclude_each_other,
	without_memory_nobody_is_let_in)
