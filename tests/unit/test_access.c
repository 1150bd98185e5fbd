/* SPDX-License-Identifier: MIT */
/*
 * test_access.c - who may ask, and what the others are told.
 */
#include "server/auth/access.h"

#include <string.h>

#include "tests/unit/failing.h"
#include "tests/unit/unit.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define LOCAL_ONLY   "without API keys only this machine is served"
#define TO_OPEN                                                               \
	"; to serve others set --api-keys FILE or CHATMEM_API_KEY=tenant:key" \
	", or --no-auth if everybody may read and write"

static const struct access_options closed = { .listen = "127.0.0.1:8080" };

/* What a request shows; peer 'l' is this machine, anything else is not. */
struct shown {
	char peer;
	const char *host;
	const char *origin;
	const char *forwarded;
	const char *authorization;
	const char *api_key;
};

static struct slice sent(const char *value)
{
	return value ? slice_of(value) : (struct slice){ NULL, 0 };
}

#define NOW INT64_C(1700000000000) /* in 2023 */

/* The grant is the caller's to clear. */
static int ask(struct access *access, struct grant *grant,
	const struct shown *shown, unsigned scopes)
{
	const struct credentials credentials = {
		.peer_is_local = shown->peer == 'l',
		.host = sent(shown->host),
		.origin = sent(shown->origin),
		.forwarded = sent(shown->forwarded),
		.authorization = sent(shown->authorization),
		.api_key = sent(shown->api_key),
	};

	error = (struct error){ 0 };
	grant_take(grant, access);
	return grant_check(grant, &credentials, scopes, NOW, &error);
}

static int check(struct access *access, const struct shown *shown, bool open)
{
	struct grant grant;
	const int result =
		ask(access, &grant, shown, open ? SCOPE_NONE : SCOPE_READ);

	if (!shown->api_key)
		is(grant.tenant, "");
	grant_clear(&grant);
	return result;
}

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
		{ { 'l', .host = "localhost", .forwarded = "for=1.2.3.4" },
			"without API keys nothing that a proxy forwards is "
			"served" TO_OPEN },
		{ { 'l', .host = "localhost", .forwarded = "" },
			"without API keys nothing that a proxy forwards is "
			"served" TO_OPEN },
		{ { 'l', .host = "evil.example" },
			"without API keys Host is localhost, 127.0.0.1, [::1] "
			"or the listen address, not \"evil.example\"" TO_OPEN },
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

START_TEST(no_auth_lifts_all_but_the_origin)
{
	const struct access_options options = { .listen = "0.0.0.0:80",
		.no_auth = true };
	struct shown shown = { 'r', .host = "evil", .forwarded = "for=x" };
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
	struct shown shown = { 'r', .host = "evil", .forwarded = "for=x" };
	struct access *access;

	ok(access_new(&access, &closed, &error));
	ck_assert(!check(access, &shown, true));
	shown.origin = "null";
	ck_assert(check(access, &shown, true));
	access_free(access);
}
END_TEST

/* --- origins ---------------------------------------------------------- */

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
			.forwarded = "for=x",
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
	no_auth_lifts_all_but_the_origin, open_routes_check_the_origin_only,
	only_exact_origins_are_allowed, a_page_of_this_server_is_its_own,
	what_is_no_origin_is_refused_at_the_start, a_key_names_the_tenant,
	keys_and_no_auth_exclude_each_other, without_memory_nobody_is_let_in)
