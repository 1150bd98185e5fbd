/* SPDX-License-Identifier: MIT */
/*
 * transfer.h - one call on its way to the upstream.
 *
 * This header is private to its folder.  All of it belongs to the upstream's
 * thread, but for making and clearing a struct upstream_address.
 */
#ifndef SERVER_UPSTREAM_TRANSFER_H
#define SERVER_UPSTREAM_TRANSFER_H

#include "schema/error.h"
#include "server/upstream/blot.h"
#include "server/upstream/spread.h"
#include "server/upstream/upstream.h"

#include <curl/curl.h>

/* The server to call, and how. */
struct upstream_address {
	struct upstream_options options; /* but for its texts */
	char *url;			 /* without a slash at its end */
	char *key;			 /* NULL: none */
	struct blot_secret secret;	 /* the same, to be blotted out */
	struct curl_slist *headers;
	struct curl_slist *untyped; /* the same, without the first */
	CURL *model;		    /* of all transfers */
};

/* ERROR_INVALID if url, key or file cannot be used. */
int upstream_address_init(struct upstream_address *upstream,
	const struct upstream_options *options, struct error *error);
/* Accepts what upstream_address_init() left half done, and zeroes. */
void upstream_address_clear(struct upstream_address *upstream);

/* The state of a call that is under way. */
struct upstream_progress {
	const struct upstream_address *address;
	CURL *easy;
	size_t index;	  /* among the calls under way */
	bool running;	  /* else it waits for `start_at` */
	bool streams;	  /* its answer is handed on, */
	bool bytes;	  /* which is not looked at */
	bool paused;	  /* until there is room for it */
	int64_t asked_at; /* whether it is waited for */
	int attempts;	  /* started so far */
	int64_t start_at; /* of the next one; monotonic microseconds */
	int64_t deadline;
	size_t received;  /* bytes of the answer */
	struct text held; /* of a stream: what is not handed on yet */
	size_t blotted;	  /* of that, or of a whole answer: without the key */
	struct spread spread; /* of a stream: the key in several events */
	struct text tail;     /* of a stream: the end that has its usage */
	struct error why;     /* of what ended inside of a callback */
	char lines[4][544];   /* the headers of its type and origin, */
	struct curl_slist headers[4]; /* which go before those of all */
};

/* Makes `easy` ready for its next attempt; -1: out of memory. */
int transfer_prepare(struct upstream_call *call);

/* The attempt has ended: what was held back is handed on. */
void transfer_end(struct upstream_call *call, CURLcode code);

/* Counts the attempt, and what it cost. */
void transfer_count(const struct upstream_call *call);

/* Describes what an attempt ended with; `error` stays empty if all is well. */
void transfer_judge(
	struct upstream_call *call, CURLcode code, struct error *error);

#endif
