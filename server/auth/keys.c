/* SPDX-License-Identifier: MIT */
/*
 * keys.c - API keys and the tenants that they name.
 */
#include "server/auth/keys.h"

#include "schema/error.h"
#include "server/auth/secret.h"

#include <assert.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS_MIN 16

/* --- the table --------------------------------------------------------- */

/* Where the digest would stand first; it is as good as random. */
static size_t keys_first_slot(
	const struct keys *keys, const unsigned char *digest)
{
	uint64_t bits;

	memcpy(&bits, digest, sizeof(bits));
	return (size_t)bits & (keys->slot_count - 1);
}

/* Its slot, or the free one that it would take. */
static uint32_t *keys_slot_of(
	const struct keys *keys, const unsigned char *digest)
{
	size_t at = keys_first_slot(keys, digest);

	while (keys->slots[at] &&
		gnutls_memcmp(keys->items[keys->slots[at] - 1].key.digest,
			digest, DIGEST_LENGTH))
		at = (at + 1) & (keys->slot_count - 1);
	return &keys->slots[at];
}

const struct key *keys_find(
	const struct keys *keys, const unsigned char digest[DIGEST_LENGTH])
{
	uint32_t place;

	if (!keys->slot_count)
		return NULL;
	place = *keys_slot_of(keys, digest);
	return place ? &keys->items[place - 1].key : NULL;
}

/* Room for one more; at least half of the slots stay free. */
static int keys_grow(struct keys *keys, struct error *error)
{
	size_t count = keys->slot_count ? 2 * keys->slot_count : SLOTS_MIN;
	uint32_t *slots;
	struct keys_item *items;

	if (2 * (keys->count + 1) <= keys->slot_count)
		return 0;
	items = reallocarray(keys->items, count / 2, sizeof(*items));
	if (!items)
		return error_out_of_memory(error);
	keys->items = items;
	slots = calloc(count, sizeof(*slots));
	if (!slots)
		return error_out_of_memory(error);
	free(keys->slots);
	keys->slots = slots;
	keys->slot_count = count;
	for (size_t i = 0; i < keys->count; i++)
		*keys_slot_of(keys, items[i].key.digest) = (uint32_t)i + 1;
	return 0;
}

static int keys_store_key(
	struct keys *keys, const struct key *key, struct error *error)
{
	struct keys_item *item;
	char *tenant;

	if (keys_grow(keys, error))
		return -1;
	assert(keys->items && keys->slots); /* there is room */
	tenant = strndup(key->tenant.data, key->tenant.length);
	if (!tenant)
		return error_out_of_memory(error);
	*keys_slot_of(keys, key->digest) = (uint32_t)keys->count + 1;
	item = &keys->items[keys->count++];
	item->key = *key;
	item->key.tenant.data = item->tenant = tenant;
	return 0;
}

static int keys_add_line(
	struct keys *keys, struct slice line, struct error *error)
{
	const struct key *other;
	struct key key;

	if (key_read(&key, line, error))
		return -1;
	other = keys_find(keys, key.digest);
	if (!other)
		return keys_store_key(keys, &key, error);
	if (!slice_equal(key.tenant, other->tenant))
		return error_set(error, ERROR_INVALID,
			"gives a key of tenant \"%.*s\" to \"%.*s\" too",
			SLICE_SHORT(other->tenant), SLICE_SHORT(key.tenant));
	if (key.scopes == other->scopes && key.until == other->until)
		return 0;
	return error_set(error, ERROR_INVALID,
		"repeats a key with another scope or until");
}

/* --- lines ------------------------------------------------------------- */

/* Puts the place in front of what keys_add_line() found wrong there. */
static int keys_add_line_at(struct keys *keys, struct slice line,
	const char *place, size_t number, struct error *error)
{
	struct error why = { 0 };

	if (!keys_add_line(keys, line, &why))
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

static bool keys_is_skipped(struct slice line)
{
	return !line.length || line.data[0] == '#';
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
		if (!keys_is_skipped(pair))
			result = keys_add_line_at(
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
	static const struct secret_words words = {
		.open = "everybody may read the API keys",
		.instead = "--api-keys and CHATMEM_API_KEYS name a file; pairs "
			   "tenant:key go into CHATMEM_API_KEY",
	};
	const size_t before = keys->count;
	FILE *file = secret_open(path, &words, error);
	int result;

	if (!file)
		return -1;
	result = keys_read_lines(keys, file, path, error);
	fclose(file);
	if (!result && keys->count == before)
		return error_set(error, ERROR_INVALID, "%s holds no key", path);
	return result;
}

/* --- a text ------------------------------------------------------------ */

static bool keys_next_of(const char **list, char separator, struct slice *piece)
{
	const char *end;

	if (!*list)
		return false;
	end = strchrnul(*list, separator);
	*piece = (struct slice){ *list, (size_t)(end - *list) };
	*list = *end ? end + 1 : NULL;
	return true;
}

bool keys_next_piece(const char **list, struct slice *piece)
{
	return keys_next_of(list, ',', piece);
}

int keys_read_text(struct keys *keys, const char *text, struct error *error)
{
	const bool lines = strpbrk(text, " \n") != NULL;
	const char *const place =
		lines ? "CHATMEM_API_KEY: line" : "CHATMEM_API_KEY: pair";
	const char separator = lines ? '\n' : ',';
	const size_t before = keys->count;
	struct slice line;

	for (size_t number = 1; keys_next_of(&text, separator, &line);
		number++) {
		if (lines && keys_is_skipped(line))
			continue;
		if (keys_add_line_at(keys, line, place, number, error))
			return -1;
	}
	if (keys->count == before)
		return error_set(
			error, ERROR_INVALID, "CHATMEM_API_KEY holds no key");
	return 0;
}

void keys_clear(struct keys *keys)
{
	for (size_t i = 0; i < keys->count; i++)
		free(keys->items[i].tenant);
	free(keys->items);
	free(keys->slots);
	*keys = (struct keys){ 0 };
}
