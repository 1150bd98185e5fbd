/* SPDX-License-Identifier: MIT */
/*
 * access.c - who may ask: API keys, and who is served without any.
 */
#include "server/auth/access.h"

#include "schema/error.h"
#include "server/auth/address.h"
#include "server/auth/keys.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HOW_TO_OPEN                                    \
	"to serve others set --api-keys FILE or "      \
	"CHATMEM_API_KEY=tenant:key, or --no-auth if " \
	"everybody may read and write"

struct access {
	struct keys keys;
	char *origins; /* with commas; NULL: none */
	struct address listen;
	bool no_auth;
};

/* --- origins ---------------------------------------------------------- */

/* scheme://host[:port] as browsers write it: lower case, no path. */
static bool access_is_origin(struct slice text)
{
	const char *const end = text.data + text.length;
	const char *separator = memmem(text.data, text.length, "://", 3);

	if (!separator || separator == text.data || separator + 3 == end)
		return false;
	if (memchr(separator + 3, '/', (size_t)(end - separator - 3)))
		return false;
	for (const char *c = text.data; c < end; c++) {
		if (*c <= ' ' || *c > '~' || isupper((unsigned char)*c) ||
			strchr("*?#@\"", *c))
			return false;
	}
	return true;
}

static int access_check_origins(const char *origins, struct error *error)
{
	struct slice origin;

	while (keys_next_piece(&origins, &origin)) {
		if (!access_is_origin(origin))
			return error_set(error, ERROR_INVALID,
				"--allow-origin: \"%.*s\" is not an origin, "
				"such as https://app.example.com",
				SLICE_SHORT(origin));
	}
	return 0;
}

bool access_has_origins(const struct access *access)
{
	return access->origins != NULL;
}

bool access_origin_allowed(const struct access *access, struct slice origin)
{
	const char *origins = access->origins;
	struct slice allowed;

	while (keys_next_piece(&origins, &allowed)) {
		if (slice_equal(allowed, origin))
			return true;
	}
	return false;
}

/* --- with keys -------------------------------------------------------- */

/* The key of "Bearer KEY", or an empty slice. */
static struct slice access_bearer_key(struct slice authorization)
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

static int access_sent_key(const struct credentials *credentials,
	struct slice *key, struct error *error)
{
	const struct slice bearer =
		access_bearer_key(credentials->authorization);
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

static int access_check_key(const struct access *access,
	const struct credentials *credentials, struct slice *tenant,
	struct error *error)
{
	const char *name;
	struct slice key;

	if (access_sent_key(credentials, &key, error) ||
		keys_find(&access->keys, key, &name, error))
		return -1;
	if (!name)
		return error_set(error, ERROR_UNAUTHENTICATED,
			"the API key is not one of this server");
	*tenant = slice_of(name);
	return 0;
}

/* --- without keys ----------------------------------------------------- */

/* "localhost:8080" and "[::1]:8080" without brackets and port. */
static struct slice access_host_name(struct slice host)
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

static bool access_is_our_host(const struct access *access, struct slice host)
{
	const char *const ours[] = { "localhost", "127.0.0.1", "::1",
		access->listen.host };
	const struct slice name = access_host_name(host);

	for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++) {
		if (name.length == strlen(ours[i]) &&
			!strncasecmp(name.data, ours[i], name.length))
			return true;
	}
	return false;
}

static bool access_is_ip(struct slice name)
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
static bool access_is_own_page(
	const struct access *access, const struct credentials *credentials)
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
	return !access->no_auth || access_is_our_host(access, host) ||
	       access_is_ip(access_host_name(host));
}

static int access_check_machine(const struct access *access,
	const struct credentials *credentials, struct error *error)
{
	if (!credentials->peer_is_local)
		return error_set(error, ERROR_FORBIDDEN,
			"without API keys only this machine is served; %s",
			HOW_TO_OPEN);
	/* Also when it is empty: a proxy appends to what its client sent. */
	if (credentials->forwarded.data)
		return error_set(error, ERROR_FORBIDDEN,
			"without API keys nothing that a proxy forwards is "
			"served; %s",
			HOW_TO_OPEN);
	if (!access_is_our_host(access, credentials->host))
		return error_set(error, ERROR_FORBIDDEN,
			"without API keys Host is localhost, 127.0.0.1, [::1] "
			"or the listen address, not \"%.*s\"; %s",
			SLICE_SHORT(credentials->host), HOW_TO_OPEN);
	return 0;
}

int access_check(const struct access *access,
	const struct credentials *credentials, bool open, struct slice *tenant,
	struct error *error)
{
	*tenant = (struct slice){ "", 0 };
	if (credentials->origin.length &&
		!access_origin_allowed(access, credentials->origin) &&
		!access_is_own_page(access, credentials))
		return error_set(error, ERROR_FORBIDDEN,
			"pages of \"%.*s\" are not served; --allow-origin "
			"names those that are",
			SLICE_SHORT(credentials->origin));
	if (open)
		return 0;
	if (access->keys.count)
		return access_check_key(access, credentials, tenant, error);
	if (access->no_auth)
		return 0;
	return access_check_machine(access, credentials, error);
}

/* --- making one ------------------------------------------------------- */

static int access_fill(struct access *access,
	const struct access_options *options, struct error *error)
{
	access->no_auth = options->no_auth;
	if (address_parse(options->listen, &access->listen, error))
		return -1;
	if (options->keys_file &&
		keys_read_file(&access->keys, options->keys_file, error))
		return -1;
	if (options->keys &&
		keys_read_text(&access->keys, options->keys, error))
		return -1;
	if (access->no_auth && access->keys.count)
		return error_set(error, ERROR_INVALID,
			"--no-auth and API keys exclude each other");
	if (!options->allow_origin)
		return 0;
	if (access_check_origins(options->allow_origin, error))
		return -1;
	access->origins = strdup(options->allow_origin);
	return access->origins ? 0 : error_out_of_memory(error);
}

int access_new(struct access **out, const struct access_options *options,
	struct error *error)
{
	struct access *access = calloc(1, sizeof(*access));

	if (!access)
		return error_out_of_memory(error);
	if (access_fill(access, options, error)) {
		access_free(access);
		return -1;
	}
	*out = access;
	return 0;
}

void access_free(struct access *access)
{
	if (!access)
		return;
	keys_clear(&access->keys);
	free(access->origins);
	free(access);
}
