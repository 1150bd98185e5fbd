/* SPDX-License-Identifier: MIT */
/*
 * access.c - the rules of who may ask, and their replacement.
 */
#include "server/auth/access.h"

#include "schema/error.h"
#include "server/auth/access_table.h"

#include <ctype.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct access {
	pthread_mutex_t lock;
	struct access_table *table; /* today's; under the lock */
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
		if (slice_is(origin, "*"))
			return error_set(error, ERROR_INVALID,
				"--allow-origin: \"*\" would let any web site "
				"read and write; name each origin, such as "
				"https://app.example.com");
		if (!access_is_origin(origin))
			return error_set(error, ERROR_INVALID,
				"--allow-origin: \"%.*s\" is not an origin, "
				"such as https://app.example.com",
				SLICE_SHORT(origin));
	}
	return 0;
}

/* --- tables ----------------------------------------------------------- */

static void access_table_free(struct access_table *table)
{
	keys_clear(&table->keys);
	free(table->origins);
	free(table->hosts);
	free(table);
}

static void access_table_leave(struct access_table *table)
{
	if (table && atomic_fetch_sub(&table->holders, 1) == 1)
		access_table_free(table);
}

static int access_copy(char **out, const char *text)
{
	*out = text ? strdup(text) : NULL;
	return text && !*out ? -1 : 0;
}

static int access_table_fill(struct access_table *table,
	const struct access_options *options, struct error *error)
{
	table->no_auth = options->no_auth;
	if (address_parse(options->listen, &table->listen, error))
		return -1;
	if (options->keys_file &&
		keys_read_file(&table->keys, options->keys_file, error))
		return -1;
	if (options->keys && keys_read_text(&table->keys, options->keys, error))
		return -1;
	if (table->no_auth && table->keys.count)
		return error_set(error, ERROR_INVALID,
			"--no-auth and API keys exclude each other");
	if (options->allow_origin &&
		access_check_origins(options->allow_origin, error))
		return -1;
	if (access_copy(&table->origins, options->allow_origin) ||
		access_copy(&table->hosts, options->allow_host))
		return error_out_of_memory(error);
	return 0;
}

static int access_table_new(struct access_table **out,
	const struct access_options *options, struct error *error)
{
	struct access_table *table = calloc(1, sizeof(*table));

	if (!table)
		return error_out_of_memory(error);
	atomic_init(&table->holders, 1);
	if (access_table_fill(table, options, error)) {
		access_table_free(table);
		return -1;
	}
	*out = table;
	return 0;
}

/* --- making one ------------------------------------------------------- */

int access_new(struct access **out, const struct access_options *options,
	struct error *error)
{
	struct access *access = calloc(1, sizeof(*access));

	if (!access)
		return error_out_of_memory(error);
	if (access_table_new(&access->table, options, error)) {
		free(access);
		return -1;
	}
	pthread_mutex_init(&access->lock, NULL);
	*out = access;
	return 0;
}

int access_reload(struct access *access, const struct access_options *options,
	struct error *error)
{
	struct access_table *table, *old;

	if (access_table_new(&table, options, error))
		return -1;
	pthread_mutex_lock(&access->lock);
	old = access->table;
	access->table = table;
	pthread_mutex_unlock(&access->lock);
	access_table_leave(old);
	return 0;
}

void access_free(struct access *access)
{
	if (!access)
		return;
	access_table_leave(access->table);
	pthread_mutex_destroy(&access->lock);
	free(access);
}

/* --- holding one ------------------------------------------------------ */

void grant_take(struct grant *grant, struct access *access)
{
	pthread_mutex_lock(&access->lock);
	*grant = (struct grant){ .table = access->table };
	atomic_fetch_add(&grant->table->holders, 1);
	pthread_mutex_unlock(&access->lock);
}

void grant_clear(struct grant *grant)
{
	access_table_leave(grant->table);
	*grant = (struct grant){ 0 };
}
