/* SPDX-License-Identifier: MIT */
/*
 * db_url.h - the URL of a database, and its password out of others' sight.
 */
#ifndef SERVER_CONFIG_DB_URL_H
#define SERVER_CONFIG_DB_URL_H

struct config;
struct error;

/* Puts stars where URLs of PostgreSQL in the text have a password. */
void db_url_hide(char *text);

/*
 * Keeps the URL of --db or --db-url-file in config->db_url, shows it without
 * its password in config->db; keeps that of --db-listen too, and hides that in
 * the arguments and in the environment, which other programs can see.
 */
int db_url_take(struct config *config, struct error *error);

#endif
