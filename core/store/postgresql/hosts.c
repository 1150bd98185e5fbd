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
#define HOSTS_LISTS	3

/* With commas between. */
static const char *const hosts_lists[HOSTS_LISTS] = { "host", "hostaddr",
	"port" };

struct hosts {
	char *lists[HOSTS_LISTS]; /* NULL: the URL has none */
	size_t count;
};

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

/* They begin with the one of this attempt; -1: out of memory. */
static int hosts_read(const char *url, size_t attempt, struct hosts *hosts)
{
	PQconninfoOption *all = PQconninfoParse(url, NULL);
	bool is_short = !all;

	*hosts = (struct hosts){ .count = 1 };
	for (const PQconninfoOption *at = all; at && at->keyword; at++)
		for (size_t i = 0; i < HOSTS_LISTS; i++) {
			if (!at->val || strcmp(at->keyword, hosts_lists[i]))
				continue;
			if (hosts_commas(at->val) >= hosts->count)
				hosts->count = hosts_commas(at->val) + 1;
			hosts->lists[i] = hosts_turn(at->val, attempt);
			is_short = is_short || !hosts->lists[i];
		}
	PQconninfoFree(all);
	return is_short ? -1 : 0;
}

static void hosts_free(struct hosts *hosts)
{
	for (size_t i = 0; i < HOSTS_LISTS; i++)
		free(hosts->lists[i]);
}

/* For each host: at least 2 s, or the library takes that for too short. */
static void hosts_write_timeout(
	const struct postgresql *pg, char *out, size_t size)
{
	const int64_t wait = pg->base.options.wait_ms / 1000;

	snprintf(out, size, "%lld",
		(long long)(wait == 0  ? CONNECT_SECONDS
			    : wait < 2 ? 2
				       : wait));
}

/*
 * Of several hosts the one that writes; and the name of one may lead a server
 * that runs to a standby, which is not read from.  A start looks for itself.
 */
static const char *hosts_which(const struct postgresql *pg, size_t count)
{
	const bool serves = pg->started && pg->base.options.wait_ms > 0;

	return count > 1 || serves ? "read-write" : "any";
}

int pg_start_connection(struct postgresql *pg, struct error *error)
{
	const char *const url = pg->base.options.url;
	char seconds[20];
	struct hosts hosts;
	const int result = hosts_read(url, pg->attempt, &hosts);
	/* The URL ("dbname") is overridden by what follows it. */
	const char *const keys[] = { "connect_timeout", "target_session_attrs",
		"dbname", "fallback_application_name", "client_encoding",
		hosts_lists[0], hosts_lists[1], hosts_lists[2], NULL };
	const char *const values[] = { seconds, hosts_which(pg, hosts.count),
		url, "chatmem", "UTF8", hosts.lists[0], hosts.lists[1],
		hosts.lists[2], NULL };

	hosts_write_timeout(pg, seconds, sizeof(seconds));
	PQfinish(pg->connection);
	pg->owed = 0;
	pg->hosts = hosts.count;
	pg->connection =
		result == 0 ? PQconnectdbParams(keys, values, 1) : NULL;
	hosts_free(&hosts);
	return result == 0 ? 0 : error_out_of_memory(error);
}
