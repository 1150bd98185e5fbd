/* SPDX-License-Identifier: MIT */
/*
 * key.c - makes API keys.
 */
#include "server/cli/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "schema/error.h"
#include "server/auth/key_line.h"
#include "server/config/config.h"

#define PREFIX	  "chatmem_"
#define CHARACTER 43 /* of 64 each: 258 bits */
#define KEY_SIZE  (sizeof(PREFIX) + CHARACTER)

static int key_make(char key[KEY_SIZE], struct error *error)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "abcdefghijklmnopqrstuvwxyz0123456789-_";
	const size_t prefix = sizeof(PREFIX) - 1;
	unsigned char bytes[CHARACTER];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return error_set(error, ERROR_UNAVAILABLE,
			"cannot make a random key: %s", strerror(errno));
	memcpy(key, PREFIX, prefix);
	for (size_t i = 0; i < CHARACTER; i++)
		key[prefix + i] = alphabet[bytes[i] & 63];
	key[KEY_SIZE - 1] = '\0';
	return 0;
}

/* Is this a line that a server would take? */
static int key_check(const struct text *line, struct error *error)
{
	struct error why = { 0 };
	struct key key;

	if (line->failed)
		return error_out_of_memory(error);
	if (!key_read(&key, text_view(line), &why))
		return 0;
	return error_set(error, why.code, "a line of it %s", why.message);
}

int command_key(const struct config *config, struct error *error)
{
	unsigned char digest[DIGEST_LENGTH];
	struct text line = { 0 };
	char hex[KEY_HEX_SIZE];
	char key[KEY_SIZE];
	int result;

	if (strchr(config->file, ':'))
		return error_set(error, ERROR_INVALID,
			"a tenant's name ends at a colon");
	if (key_make(key, error) || key_digest(slice_of(key), digest, error))
		return -1;
	key_hex(digest, hex);
	text_format(&line, "%s:sha256:%s", config->file, hex);
	result = key_check(&line, error);
	if (!result &&
		(printf("%s\n%.*s\n", key, (int)line.length, line.data) < 0 ||
			fflush(stdout)))
		result = error_set(error, ERROR_UNAVAILABLE,
			"cannot write the key: %s", strerror(errno));
	text_clear(&line);
	return result;
}
