/* SPDX-License-Identifier: MIT */
/*
 * grant.c - may this request be served?  By its key, or without any.
 */
#include "server/auth/access.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "schema/error.h"
#include "server/auth/access_table.h"

#define HOW_TO_OPEN                                    \
	"to serve others set --api-keys FILE or "      \
	"CHATMEM_API_KEY=tenant:key, or --no-auth if " \
	"everybody may read and write"

/* --- origins ---------------------------------------------------------- */

bool grant_has_origins(const struct grant *grant)
{
	return grant->table && grant->table->origins != NULL;
}

bool grant_allows_origin(const struct grant *grant, struct slice origin)
{
	const char *origins = grant->table ? grant->table->origins : NULL;
	struct slice allowed;

	while (keys_next_piece(&origins, &allowed)) {
		if (slice_equal(allowed, origin))
			return true;
	}
	return false;
}

/* --- with keys -------------------------------------------------------- */

/* The key of "Bearer KEY", or an empty slice. */
static struct slice grant_bearer_key(struct slice authorization)
{
	static const char scheme[] = "Bearer ";
	const size_t length = sizeof(scheme) - 1;
	struct slice key = authorization;

	if (key.length < length || strncasecmp(key.data, scheme, length) != 0)
		return (struct slice){ NULL, 0 };
	key.data += length;
	key.length -= length;
	while (key.length && *key.data == ' ') {
		key.data++;
		key.length--;
	}
	return key;
}

static int grant_sent_key(const struct credentials *credentials,
	struct slice *key, struct error *error)
{
	const struct slice bearer =
		grant_bearer_key(credentials->authorization);
	const struct slice api_key = credentials->api_key;

	if (credentials->authorization.length && !bearer.length)
		return error_set(error, ERROR_UNAUTHENTICATED,
			"Authorization is not \"Bearer KEY\"");
	if (bearer.length && api_key.length && !slice_equal(bearer, api_key))
		return error_set(error, ERROR_UNAUTHENTICATED,
			"Authorization and X-API-Key hold different keys");
	*key = bearer.length ? bearer : api_key;
	if (!key->length)
		return error_set(error, ERROR_UNAUTHENTICATED,
			"an API key is needed: send \"Authorization: Bearer "
			"KEY\" or \"X-API-Key: KEY\"");
	return 0;
}

static int grant_check_scope(
	const struct key *key, unsigned scopes, struct error *error)
{
	if (key->scopes & scopes)
		return 0;
	return error_set(error, ERROR_FORBIDDEN,
		"the API key lacks the scope \"%s\" that this needs",
		scope_name(scopes));
}

int grant_allows(
	const struct grant *grant, unsigned scopes, struct error *error)
{
	return grant->key ? grant_check_scope(grant->key, scopes, error) : 0;
}

static int grant_check_key(struct grant *grant,
	const struct credentials *credentials, unsigned scopes, int64_t now,
	struct error *error)
{
	unsigned char digest[DIGEST_LENGTH];
	const struct key *key;
	struct slice sent;

	if (grant_sent_key(credentials, &sent, error) ||
		key_digest(sent, digest, error))
		return -1;
	key = keys_find(&grant->table->keys, digest);
	if (!key)
		return error_set(error, ERROR_UNAUTHENTICATED,
			"the API key is not one of this server");
	if (key->until <= now)
		return error_set(
			error, ERROR_UNAUTHENTICATED, "the API key has ended");
	if (grant_check_scope(key, scopes, error))
		return -1;
	grant->scopes = scopes;
	grant->key = key;
	grant->tenant = key->tenant;
	return 0;
}

/* --- without keys ----------------------------------------------------- */

/* "localhost:8080" and "[::1]:8080" without brackets and port. */
static struct slice grant_host_name(struct slice host)
{
	const bool brackets = host.length && *host.data == '[';
	const char *end;

	if (brackets) {
		host.data++;
		host.length--;
	}
	end = host.length ? memchr(host.data, brackets ? ']' : ':', host.length)
			  : NULL;
	if (end)
		host.length = (size_t)(end - host.data);
	return host;
}

static bool grant_is_name(struct slice name, struct slice other)
{
	return name.length == other.length &&
	       !strncasecmp(name.data, other.data, name.length);
}

static bool grant_is_our_host(
	const struct access_table *table, struct slice host)
{
	const char *const ours[] = { "localhost", "127.0.0.1", "::1",
		table->listen.host };
	const struct slice name = grant_host_name(host);
	const char *hosts = table->hosts;
	struct slice allowed;

	for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++) {
		if (grant_is_name(name, slice_of(ours[i])))
			return true;
	}
	while (keys_next_piece(&hosts, &allowed)) {
		if (grant_is_name(name, allowed))
			return true;
	}
	return false;
}

static bool grant_is_ip(struct slice name)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr address;

	if (name.length >= sizeof(text))
		return false;
	memcpy(text, name.data, name.length);
	text[name.length] = '\0';
	return inet_pton(AF_INET, text, &address) == 1 ||
	       inet_pton(AF_INET6, text, &address) == 1;
}

/*
 * Does the page come from this server?  Its origin is Host behind a scheme.
 * A name that leads here but is not ours (DNS rebinding) gets nothing by it:
 * with keys the page has none, without keys Host is checked, and with no_auth
 * Host has to be an address or one of our names.
 */
static bool grant_is_own_page(
	const struct access_table *table, const struct credentials *credentials)
{
	const struct slice origin = credentials->origin;
	const struct slice host = credentials->host;
	struct slice scheme = origin;

	if (host.length == 0 || origin.length <= host.length)
		return false;
	scheme.length -= host.length;
	if (!slice_is(scheme, "http://") && !slice_is(scheme, "https://"))
		return false;
	if (strncasecmp(origin.data + scheme.length, host.data, host.length))
		return false;
	return !table->no_auth || grant_is_our_host(table, host) ||
	       grant_is_ip(grant_host_name(host));
}

/* A browser says so; the Origin that goes with it has been looked at. */
static bool grant_is_cross_site(
	const struct grant *grant, const struct credentials *credentials)
{
	return grant_is_name(credentials->fetch_site, SLICE("cross-site")) &&
	       !(credentials->origin.length &&
		       grant_allows_origin(grant, credentials->origin));
}

static int grant_check_machine(const struct grant *grant,
	const struct credentials *credentials, struct error *error)
{
	if (!credentials->peer_is_local)
		return error_set(error, ERROR_FORBIDDEN,
			"without API keys only this machine is served; %s",
			HOW_TO_OPEN);
	/* Also when it is empty: a proxy appends to what its client sent. */
	if (credentials->proxied.data)
		return error_set(error, ERROR_FORBIDDEN,
			"without API keys nothing that a proxy forwards is "
			"served, and %.*s says that one does; %s",
			SLICE_SHORT(credentials->proxied), HOW_TO_OPEN);
	if (grant_is_cross_site(grant, credentials))
		return error_set(error, ERROR_FORBIDDEN,
			"without API keys nothing is served that pages of "
			"other sites ask for (Sec-Fetch-Site: cross-site); "
			"--allow-origin names pages that may");
	if (!grant_is_our_host(grant->table, credentials->host))
		return error_set(error, ERROR_FORBIDDEN,
			"without API keys Host is localhost, 127.0.0.1, [::1], "
			"the listen address or one of --allow-host, not "
			"\"%.*s\"; %s",
			SLICE_SHORT(credentials->host), HOW_TO_OPEN);
	return 0;
}

int grant_check(struct grant *grant, const struct credentials *credentials,
	unsigned scopes, int64_t now, struct error *error)
{
	const struct access_table *table = grant->table;

	grant->tenant = (struct slice){ "", 0 };
	if (credentials->origin.length &&
		!grant_allows_origin(grant, credentials->origin) &&
		!grant_is_own_page(table, credentials))
		return error_set(error, ERROR_FORBIDDEN,
			"pages of \"%.*s\" are not served; --allow-origin "
			"names those that are",
			SLICE_SHORT(credentials->origin));
	if (scopes == SCOPE_NONE)
		return 0;
	if (table->keys.count)
		return grant_check_key(grant, credentials, scopes, now, error);
	if (table->no_auth)
		return 0;
	return grant_check_machine(grant, credentials, error);
}

/* --- afterwards ------------------------------------------------------- */

static bool grant_holds_in(const struct grant *grant,
	const struct access_table *table, int64_t now)
{
	const struct key *key = grant->key;

	if (!key)
		return !table->keys.count;
	if (table != grant->table)
		key = keys_find(&table->keys, key->digest);
	return key && key->until > now && (key->scopes & grant->scopes) &&
	       slice_equal(key->tenant, grant->tenant);
}

bool grant_holds(const struct grant *grant, struct access *access, int64_t now)
{
	struct grant today;
	bool holds;

	grant_take(&today, access);
	holds = grant_holds_in(grant, today.table, now);
	grant_clear(&today);
	return holds;
}
