/* SPDX-License-Identifier: MIT */
/*
 * http.h - sockets to exchanges and back.
 *
 * The files of this folder are the only ones that know libmicrohttpd.
 */
#ifndef SERVER_HTTP_HTTP_H
#define SERVER_HTTP_HTTP_H

#include "core/store/store.h"

struct access;
struct notifier;
struct tasks;
struct error;
struct httpd;
struct llm_api;
struct memories;
struct metrics;
struct readers;
struct store_changes;
struct writer;

#define HTTPD_THREADS_MOST 64

struct httpd_options {
	const char *listen;   /* "127.0.0.1:8080", "[::1]:0", "unix:/path" */
	unsigned listen_mode; /* of such a path */
	const char *trusted_proxy; /* networks, with commas; NULL: none */
	unsigned threads;	   /* of the sockets */
	unsigned max_connections;
	unsigned other_files;	 /* that other parts may have open */
	size_t max_body;	 /* bytes of one body */
	size_t max_bodies;	 /* bytes in flight, of both ways */
	int64_t rate;		 /* requests a second and key; 0: any */
	size_t max_writes;	 /* that wait for the writer */
	unsigned arrive_seconds; /* for a request to arrive whole */
	struct llm_api *llm_api; /* see struct request */
	int64_t response_ttl;	 /* milliseconds; see struct request */
	bool page;		 /* people may have the page */
	const char *passed;	 /* see struct request */
	bool far;    /* the store's reads may wait: readers do them */
	bool others; /* store_has_versions() */
	const struct store_options
		*store;	       /* for the handles of the sockets' threads */
	struct access *access; /* the keys, and what they may do */
	struct writer *writer;
	struct readers *readers;
	struct tasks *tasks;
	struct metrics *metrics;
	const struct memories *memories;
	struct notifier *notifier;
};

/*
 * The writer signals it after a commit, for those that follow a session.  It is
 * made before the writer and the daemon and outlives both.  NULL: out of
 * memory.
 */
struct notifier *notifier_new(void);
void notifier_free(struct notifier *notifier);
void notifier_changed(
	struct notifier *notifier, const struct store_changes *changes);
/* The same for one source->key. */
void notifier_changed_one(struct notifier *notifier, uint64_t key);

/*
 * Fails as httpd_start() would where the address is taken, or networks are
 * none.  Nothing listens there meanwhile.
 */
int httpd_check(
	const char *listen, const char *trusted_proxy, struct error *error);

/* Starts answering.  Everything in `options` must outlive it. */
int httpd_start(struct httpd **out, const struct httpd_options *options,
	struct error *error);

/* The port that it listens on (for ":0"). */
unsigned httpd_port(const struct httpd *httpd);

/*
 * From now on new requests get 503.  Returns when the accepted ones have been
 * answered or `seconds` have passed.  After that nothing is pushed to the
 * writer and the readers, so that they can be stopped; what they still hold is
 * answered then.
 */
void httpd_drain(struct httpd *httpd, unsigned seconds);

/*
 * Closes every socket and ends the threads, as soon as writer and readers have
 * finished what they were given.  Accepts NULL.
 */
void httpd_stop(struct httpd *httpd);

#endif
