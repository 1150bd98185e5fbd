/* SPDX-License-Identifier: MIT */
/*
 * hosts.c - an attempt to connect, and which of several hosts it tries first.
 *
 * The library goes on to the next host when one does not answer or does not
 * write.  It ends at one that accepts a connection and closes it, as a balancer
 * without a database behind it does.  So each attempt begins at another host.
 */
#include "core/store/postgresql/postgresql.h"

#include "schema/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_SECONDS 10 /* for each host, unless the URL says others */

/* With commas between. */
static const char *const hosts_lists[PG_HOSTS_LISTS] = { "host", "hostaddr",
	"port" };

static size_t hosts_commas(const char *list)
{
	size_t count = 0;

	while ((list = strchr(list, ','))) {
		list++;
		count++;
	}
	return count;
}

/* A list "a,b,c" that begins at another member, as "b,c,a"; caller frees. */
static char *hosts_turn(const char *list, size_t attempt)
{
	const size_t length = strlen(list);
	char *turned = malloc(length + 1);
	const char *begin = list;
	size_t rest;

	if (!turned)
		return NULL;
	attempt %= hosts_commas(list) + 1;
	while (attempt--)
		begin = strchr(begin, ',') + 1;
	rest = (size_t)(list + length - begin);
	memcpy(turned, begin, rest + 1);
	if (begin > list) {
		turned[rest] = ',';
		memcpy(turned + rest + 1, list, length - rest - 1);
		turned[length] = '\0';
	}
	return turned;
}

/* --- their names ---------------------------------------------------------- */

static int hosts_copy(struct pg_hosts *hosts, const PQconninfoOption *option)
{
	for (size_t i = 0; i < PG_HOSTS_LISTS; i++) {
		if (!option->val || strcmp(option->keyword, hosts_lists[i]))
			continue;
		if (hosts_commas(option->val) >= hosts->count)
			hosts->count = hosts_commas(option->val) + 1;
		free(hosts->lists[i]);
		hosts->lists[i] = strdup(option->val);
		if (!hosts->lists[i])
			return -1;
	}
	return 0;
}

/*
 * A service, or the environment, may name them, too.  The library says of a
 * connection only which they are, and this one is not waited for.
 */
static int hosts_learn(struct postgresql *pg)
{
	PGconn *begun;
	PQconninfoOption *all;
	int result;

	if (pg->hosts.count)
		return 0;
	begun = PQconnectStart(pg->base.options.url);
	all = PQconninfo(begun);
	result = all ? 0 : -1;
	pg->hosts.count = 1;
	for (const PQconninfoOption *at = all; result == 0 && at && at->keyword;
		at++)
		result = hosts_copy(&pg->hosts, at);
	PQconninfoFree(all);
	PQfinish(begun);
	return result;
}

void pg_forget_hosts(struct postgresql *pg)
{
	for (size_t i = 0; i < PG_HOSTS_LISTS; i++)
		free(pg->hosts.lists[i]);
	pg->hosts = (struct pg_hosts){ 0 };
}

/* --- an attempt ------------------------------------------------------------
 */

/* For each host: at least 2, or the library takes that for too short. */
static int64_t hosts_seconds(const struct postgresql *pg)
{
	const int64_t wait = pg->base.options.wait_ms / 1000;

	if (wait == 0)
		return CONNECT_SECONDS;
	return wait < 2 ? 2 : wait;
}

/*
 * Of several hosts the one that writes.  And the name of one may lead a server
 * that runs to a standby, which is not read from: a start looks for itself.
 */
static bool hosts_must_write(const struct postgresql *pg)
{
	return pg->hosts.count > 1 ||
	       (pg->started && pg->base.options.wait_ms > 0);
}

struct hosts_options {
	const char *keys[10], *values[10];
	size_t count;
};

/* The last of a name counts. */
static void hosts_add(
	struct hosts_options *options, const char *key, const char *value)
{
	options->keys[options->count] = key;
	options->values[options->count++] = value;
}

/* Behind the URL stands a need of servers, which overrides it. */
static void hosts_write_options(const struct postgresql *pg,
	const char *seconds, struct hosts_options *options)
{
	const char *which = hosts_must_write(pg) ? "read-write" : "any";

	hosts_add(options, "connect_timeout", seconds);
	hosts_add(options, "target_session_attrs", which);
	hosts_add(options, "dbname", pg->base.options.url);
	hosts_add(options, "fallback_application_name", "chatmem");
	hosts_add(options, "client_encoding", "UTF8");
	if (hosts_must_write(pg) && pg->base.options.wait_ms > 0)
		hosts_add(options, "target_session_attrs", which);
}

/* At a start somebody reads why it is not made. */
static void hosts_connect(
	struct postgresql *pg, const struct hosts_options *options)
{
	PQfinish(pg->connection);
	pg->owed = 0;
	pg->connection = pg->started ? PQconnectdbParams(options->keys,
					       options->values, 1)
				     : pg_connect_or_say(options->keys,
					       options->values, &pg->reason);
}

int pg_start_connection(struct postgresql *pg, struct error *error)
{
	struct hosts_options options = { 0 };
	char *turned[PG_HOSTS_LISTS] = { NULL };
	char seconds[20];
	int result = hosts_learn(pg);

	pg->reason.seconds = hosts_seconds(pg);
	snprintf(seconds, sizeof(seconds), "%lld",
		(long long)pg->reason.seconds);
	hosts_write_options(pg, seconds, &options);
	for (size_t i = 0; result == 0 && i < PG_HOSTS_LISTS; i++) {
		if (pg->hosts.count == 1 || !pg->hosts.lists[i])
			continue;
		turned[i] = hosts_turn(pg->hosts.lists[i], pg->attempt);
		hosts_add(&options, hosts_lists[i], turned[i]);
		result = turned[i] ? 0 : -1;
	}
	if (result == 0)
		hosts_connect(pg, &options);
	for (size_t i = 0; i < PG_HOSTS_LISTS; i++)
		free(turned[i]);
	return result == 0 ? 0 : error_out_of_memory(error);
}
