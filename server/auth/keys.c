/* SPDX-License-Identifier: MIT */
/*
 * keys.c - API keys and the tenants that they name.
 */
#include "server/auth/keys.h"

#include "schema/error.h"
#include "server/auth/digest.h"
#include "server/auth/secret.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TENANT_MAX 255

struct key {
	unsigned char digest[DIGEST_LENGTH];
	char *tenant;
};

static int keys_make_digest(
	struct slice key, unsigned char *digest, struct error *error)
{
	if (gnutls_hash_fast(GNUTLS_DIG_SHA256, key.data, key.length, digest))
		return error_out_of_memory(error);
	return 0;
}

/* Looks at every key, whichever it is. */
static const char *keys_find_digest(
	const struct keys *keys, const unsigned char *digest)
{
	const char *tenant = NULL;

	for (size_t i = 0; i < keys->count; i++) {
		const struct key *key = &keys->items[i];

		if (!gnutls_memcmp(key->digest, digest, DIGEST_LENGTH))
			tenant = key->tenant;
	}
	return tenant;
}

int keys_find(const struct keys *keys, struct slice key, const char **tenant,
	struct error *error)
{
	unsigned char digest[DIGEST_LENGTH];

	if (keys_make_digest(key, digest, error))
		return -1;
	*tenant = keys_find_digest(keys, digest);
	return 0;
}

/* All of `text` is printable ASCII from `first` on. */
static bool keys_is_printable(struct slice text, char first)
{
	for (size_t i = 0; i < text.length; i++) {
		if (text.data[i] < first || text.data[i] > '~')
			return false;
	}
	return true;
}

/* Never quotes the pair: where the colon is missing it is all secret. */
static int keys_split_pair(struct slice pair, struct slice *tenant,
	struct slice *key, struct error *error)
{
	const char *colon = memchr(pair.data, ':', pair.length);

	if (!colon)
		return error_set(error, ERROR_INVALID, "is not tenant:key");
	*tenant = (struct slice){ pair.data, (size_t)(colon - pair.data) };
	*key = (struct slice){ colon + 1, pair.length - tenant->length - 1 };
	if (!tenant->length)
		return error_set(error, ERROR_INVALID, "has an empty tenant");
	if (!key->length)
		return error_set(error, ERROR_INVALID, "has an empty key");
	if (tenant->length > TENANT_MAX || !keys_is_printable(*tenant, ' '))
		return error_set(error, ERROR_INVALID,
			"has a tenant that is not at most %d printable ASCII "
			"characters",
			TENANT_MAX);
	if (!keys_is_printable(*key, '!'))
		return error_set(error, ERROR_INVALID,
			"has a key with a space, or with a character that is "
			"not printable ASCII");
	return 0;
}

static int keys_store_key(struct keys *keys, struct slice tenant,
	const unsigned char *digest, struct error *error)
{
	struct key *items =
		reallocarray(keys->items, keys->count + 1, sizeof(*items));
	char *name = strndup(tenant.data, tenant.length);

	if (items)
		keys->items = items;
	if (!items || !name) {
		free(name);
		return error_out_of_memory(error);
	}
	items[keys->count].tenant = name;
	memcpy(items[keys->count].digest, digest, DIGEST_LENGTH);
	keys->count++;
	return 0;
}

static int keys_add_pair(
	struct keys *keys, struct slice pair, struct error *error)
{
	unsigned char digest[DIGEST_LENGTH];
	const char *owner;
	struct slice tenant;
	struct slice key;

	if (keys_split_pair(pair, &tenant, &key, error) ||
		keys_make_digest(key, digest, error))
		return -1;
	owner = keys_find_digest(keys, digest);
	if (!owner)
		return keys_store_key(keys, tenant, digest, error);
	if (slice_is(tenant, owner))
		return 0;
	return error_set(error, ERROR_INVALID,
		"gives a key of tenant \"%s\" to \"%.*s\" too", owner,
		SLICE_SHORT(tenant));
}

/* Puts the place in front of what add_pair() found wrong there. */
static int keys_add_pair_at(struct keys *keys, struct slice pair,
	const char *place, size_t number, struct error *error)
{
	struct error why = { 0 };

	if (!keys_add_pair(keys, pair, &why))
		return 0;
	if (why.code != ERROR_INVALID) {
		*error = why;
		return -1;
	}
	return error_set(
		error, ERROR_INVALID, "%s %zu %s", place, number, why.message);
}

static struct slice keys_trim_line(const char *line, size_t length)
{
	while (length && (line[length - 1] == '\n' || line[length - 1] == '\r'))
		length--;
	return (struct slice){ line, length };
}

static int keys_read_lines(
	struct keys *keys, FILE *file, const char *path, struct error *error)
{
	char place[200];
	char *line = NULL;
	size_t capacity = 0;
	size_t number = 0;
	ssize_t length;
	int result = 0;

	snprintf(place, sizeof(place), "%.180s: line", path);
	while (!result && (length = getline(&line, &capacity, file)) >= 0) {
		struct slice pair = keys_trim_line(line, (size_t)length);

		number++;
		if (pair.length && pair.data[0] != '#')
			result = keys_add_pair_at(
				keys, pair, place, number, error);
	}
	if (!result && !feof(file))
		result = error_set(error, ERROR_UNAVAILABLE,
			"cannot read %s: %s", path, strerror(errno));
	if (line)
		explicit_bzero(line, capacity);
	free(line);
	return result;
}

int keys_read_file(struct keys *keys, const char *path, struct error *error)
{
	const size_t before = keys->count;
	FILE *file =
		secret_open(path, "everybody may read the API keys", error);
	int result;

	if (!file)
		return -1;
	result = keys_read_lines(keys, file, path, error);
	fclose(file);
	if (!result && keys->count == before)
		return error_set(error, ERROR_INVALID, "%s holds no key", path);
	return result;
}

bool keys_next_piece(const char **list, struct slice *piece)
{
	if (!*list)
		return false;
	*piece = (struct slice){ *list, strcspn(*list, ",") };
	*list += piece->length;
	*list = **list ? *list + 1 : NULL;
	return true;
}

int keys_read_text(struct keys *keys, const char *text, struct error *error)
{
	struct slice pair;

	for (size_t number = 1; keys_next_piece(&text, &pair); number++) {
		if (keys_add_pair_at(
			    keys, pair, "CHATMEM_API_KEY: pair", number, error))
			return -1;
	}
	return 0;
}

void keys_clear(struct keys *keys)
{
	for (size_t i = 0; i < keys->count; i++)
		free(keys->items[i].tenant);
	free(keys->items);
	*keys = (struct keys){ 0 };
}
