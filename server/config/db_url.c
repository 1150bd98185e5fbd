/* SPDX-License-Identifier: MIT */
/* db_url.c - the URL of a database, and its password out of others' sight. */
#include "server/config/db_url.h"

#include <stdlib.h>
#include <string.h>

#include "schema/error.h"
#include "server/auth/secret.h"
#include "server/config/config.h"

#define STAR  '*'
#define STARS 3 /* however long it is */

static const char *const variables[] = { "CHATMEM_DB=", "CHATMEM_DB_LISTEN=" };
static const char *const schemes[] = { "postgresql://", "postgres://" };

/* Where the first URL's host or user begins; NULL: there is no URL. */
static char *db_url_find(char *text)
{
	char *first = NULL;

	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++) {
		char *at = strstr(text, schemes[i]);

		if (at && (!first || at + strlen(schemes[i]) < first))
			first = at + strlen(schemes[i]);
	}
	return first;
}

static bool db_url_is_one(const char *text)
{
	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++)
		if (!strncmp(text, schemes[i], strlen(schemes[i])))
			return true;
	return false;
}

/* The rest moves up, and nothing of the secret stays behind it. */
static void db_url_blot(char *secret, size_t length)
{
	const size_t stars = length < STARS ? length : STARS;
	const size_t rest = strlen(secret + length);

	memset(secret, STAR, stars);
	memmove(secret + stars, secret + length, rest);
	memset(secret + stars + rest, 0, length - stars);
}

/*
 * Up to the last @: a password with such a letter is a mistake, and a secret
 * all the same.
 */
static void db_url_hide_userinfo(char *url)
{
	char *colon = url + strcspn(url, ":@/?");
	const char *end = strrchr(colon, '@');

	if (*colon == ':' && end)
		db_url_blot(colon + 1, (size_t)(end - colon - 1));
}

/* A name with a % may be the word password in disguise. */
static bool db_url_is_secret(const char *name, size_t length)
{
	return memmem(name, length, "password", strlen("password")) ||
	       memchr(name, '%', length);
}

static void db_url_hide_parameters(char *url)
{
	char *at = strchr(url, '?');

	while (at) {
		char *name = at + 1;
		char *value = name + strcspn(name, "=&");

		if (*value == '=' &&
			db_url_is_secret(name, (size_t)(value - name)))
			db_url_blot(value + 1, strcspn(value + 1, "& \""));
		at = strchr(value, '&');
	}
}

void db_url_hide(char *text)
{
	char *url = text;

	while ((url = db_url_find(url)) != NULL) {
		db_url_hide_userinfo(url);
		db_url_hide_parameters(url);
	}
}

/* --- the settings -------------------------------------------------------- */

static int db_url_read_file(struct config *config, struct error *error)
{
	if (secret_read(&config->db_url, config->db_url_file, &secret_db_url,
		    error))
		return -1;
	if (db_url_is_one(config->db_url))
		return 0;
	return error_set(error, ERROR_INVALID,
		"the first line of %s does not begin with postgresql://",
		config->db_url_file);
}

static void db_url_hide_sources(const struct config_sources *sources)
{
	char *const *at;

	for (at = sources->arguments; *at; at++)
		db_url_hide(*at);
	for (at = sources->environment; *at; at++)
		for (size_t i = 0; i < sizeof(variables) / sizeof(*variables);
			i++)
			if (!strncmp(*at, variables[i], strlen(variables[i])))
				db_url_hide(*at);
}

/* "host=db.example password=…", as psql takes it, would be a file's name. */
static bool db_url_is_pairs(const char *text)
{
	static const char *const names[] = { "host=", "hostaddr=", "port=",
		"user=", "password=", "dbname=", "service=", "sslmode=" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strncmp(text, names[i], strlen(names[i])))
			return true;
	return false;
}

/* `sqlite:///chat.db` is a habit of others; it may have a password. */
static int db_url_refuse_scheme(const char *text, struct error *error)
{
	const char *end = strstr(text, "://");

	if (db_url_is_pairs(text))
		return error_set(error, ERROR_INVALID,
			"--db: a database is named by a URL: say"
			" postgresql://USER@HOST:PORT/NAME");
	if (!end)
		return 0;
	return error_set(error, ERROR_INVALID,
		"--db: %.*s:// is not known: say the path of a file, or"
		" postgresql://USER@HOST/NAME",
		(int)(end - text), text);
}

/* The URL as it was given; what is left of it elsewhere is hidden. */
static int db_url_keep(struct config *config, struct error *error)
{
	if (config->db_listen) {
		config->db_listen_url = strdup(config->db_listen);
		if (!config->db_listen_url)
			return error_out_of_memory(error);
	}
	if (config->db_url_file)
		return db_url_read_file(config, error);
	if (!db_url_is_one(config->db))
		return db_url_refuse_scheme(config->db, error);
	config->db_url = strdup(config->db);
	return config->db_url ? 0 : error_out_of_memory(error);
}

int db_url_take(struct config *config, struct error *error)
{
	const int result = db_url_keep(config, error);

	db_url_hide_sources(&config->sources);
	if (result || !config->db_url)
		return result;
	config->db_shown = strdup(config->db_url);
	if (!config->db_shown)
		return error_out_of_memory(error);
	db_url_hide(config->db_shown);
	config->db = config->db_shown;
	return 0;
}
