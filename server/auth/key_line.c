/* SPDX-License-Identifier: MIT */
/* key_line.c - one API key, as a line names it. */
#include "server/auth/key_line.h"

#include <gnutls/crypto.h>
#include <string.h>

#include "schema/error.h"
#include "server/auth/scope.h"

#define HASHED "sha256:"

int key_digest(struct slice key, unsigned char digest[DIGEST_LENGTH],
	struct error *error)
{
	if (gnutls_hash_fast(GNUTLS_DIG_SHA256, key.data, key.length, digest))
		return error_out_of_memory(error);
	return 0;
}

void key_hex(const unsigned char digest[DIGEST_LENGTH], char hex[KEY_HEX_SIZE])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < DIGEST_LENGTH; i++) {
		hex[2 * i] = digits[digest[i] >> 4];
		hex[2 * i + 1] = digits[digest[i] & 15];
	}
	hex[KEY_HEX_SIZE - 1] = '\0';
}

/* All of `text` is printable ASCII from `first` on. */
static bool key_line_is_printable(struct slice text, char first)
{
	for (size_t i = 0; i < text.length; i++) {
		if (text.data[i] < first || text.data[i] > '~')
			return false;
	}
	return true;
}

/* --- tenant and key ---------------------------------------------------- */

static int key_line_read_tenant(
	struct slice tenant, struct key *key, struct error *error)
{
	if (!tenant.length)
		return error_set(error, ERROR_INVALID, "has an empty tenant");
	if (tenant.length > TENANT_NAME_MAX ||
		!key_line_is_printable(tenant, ' '))
		return error_set(error, ERROR_INVALID,
			"has a tenant that is not at most %d printable ASCII "
			"characters",
			TENANT_NAME_MAX);
	key->tenant = tenant;
	return 0;
}

static int key_line_digit(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *found = c ? strchr(digits, c) : NULL;

	return found ? (int)(found - digits) % 16 : -1;
}

static int key_line_read_hex(
	struct slice hex, struct key *key, struct error *error)
{
	if (hex.length != KEY_HEX_SIZE - 1)
		return error_set(error, ERROR_INVALID,
			"has a sha256 that is not %d hexadecimal digits",
			KEY_HEX_SIZE - 1);
	for (size_t i = 0; i < DIGEST_LENGTH; i++) {
		const int high = key_line_digit(hex.data[2 * i]);
		const int low = key_line_digit(hex.data[2 * i + 1]);

		if (high < 0 || low < 0)
			return error_set(error, ERROR_INVALID,
				"has a sha256 with a character that is no "
				"hexadecimal digit");
		key->digest[i] = (unsigned char)(high << 4 | low);
	}
	return 0;
}

static int key_line_read_secret(
	struct slice secret, struct key *key, struct error *error)
{
	const size_t prefix = sizeof(HASHED) - 1;

	if (!secret.length)
		return error_set(error, ERROR_INVALID, "has an empty key");
	if (!key_line_is_printable(secret, '!'))
		return error_set(error, ERROR_INVALID,
			"has a key with a character that is not printable "
			"ASCII");
	if (secret.length < prefix || memcmp(secret.data, HASHED, prefix))
		return key_digest(secret, key->digest, error);
	secret.data += prefix;
	secret.length -= prefix;
	return key_line_read_hex(secret, key, error);
}

/* --- what comes behind them -------------------------------------------- */

static int key_line_read_scopes(
	struct slice value, struct key *key, struct error *error)
{
	if (scopes_read(value, &key->scopes))
		return 0;
	return error_set(error, ERROR_INVALID,
		"has a scope that is not read, write, admin or metrics");
}

/* Milliseconds may be left out. */
static int key_line_read_until(
	struct slice value, struct key *key, struct error *error)
{
	char spelled[sizeof("2027-01-01T00:00:00.000Z")];
	const size_t seconds = sizeof("2027-01-01T00:00:00Z") - 1;

	if (value.length == seconds && value.data[seconds - 1] == 'Z') {
		memcpy(spelled, value.data, seconds - 1);
		memcpy(spelled + seconds - 1, ".000Z", sizeof(".000Z"));
		value = slice_of(spelled);
	}
	if (slice_time(value, &key->until))
		return 0;
	return error_set(error, ERROR_INVALID,
		"has an until that is not a time such as "
		"2027-01-01T00:00:00Z");
}

static const struct key_line_option {
	const char *name; /* with its = */
	int (*read)(struct slice value, struct key *key, struct error *error);
} key_options[] = {
	{ "scope=", key_line_read_scopes },
	{ "until=", key_line_read_until },
};

#define OPTION_COUNT (sizeof(key_options) / sizeof(*key_options))

/* A word that is no option may be a piece of a secret: it is not quoted. */
static int key_line_read_option(
	struct slice option, struct key *key, struct error *error)
{
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const size_t length = strlen(key_options[i].name);

		if (option.length < length ||
			memcmp(option.data, key_options[i].name, length))
			continue;
		option.data += length;
		option.length -= length;
		return key_options[i].read(option, key, error);
	}
	return error_set(error, ERROR_INVALID,
		"has a key with a space, or something behind it that is not "
		"scope=... or until=...");
}

/* Cuts the next word off a line; an empty one: there is none. */
static struct slice key_line_next_word(struct slice *line)
{
	struct slice word;
	const char *blank;

	while (line->length && *line->data == ' ') {
		line->data++;
		line->length--;
	}
	blank = line->length ? memchr(line->data, ' ', line->length) : NULL;
	word = *line;
	if (blank)
		word.length = (size_t)(blank - line->data);
	line->data += word.length;
	line->length -= word.length;
	return word;
}

/* Without its colon a line is not quoted: it may be all secret. */
int key_read(struct key *key, struct slice line, struct error *error)
{
	const char *colon =
		line.length ? memchr(line.data, ':', line.length) : NULL;
	struct slice tenant = line;
	struct slice secret, option;

	*key = (struct key){ .scopes = SCOPES_DEFAULT, .until = INT64_MAX };
	if (!colon)
		return error_set(error, ERROR_INVALID, "is not tenant:key");
	tenant.length = (size_t)(colon - line.data);
	line.data += tenant.length + 1;
	line.length -= tenant.length + 1;
	if (line.length && *line.data == ' ')
		return error_set(error, ERROR_INVALID, "has an empty key");
	secret = key_line_next_word(&line);
	if (key_line_read_tenant(tenant, key, error) ||
		key_line_read_secret(secret, key, error))
		return -1;
	while ((option = key_line_next_word(&line)).length)
		if (key_line_read_option(option, key, error))
			return -1;
	return 0;
}
