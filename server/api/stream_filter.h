/* SPDX-License-Identifier: MIT */
/*
 * stream_filter.h - the way of the upstream's streamed answer to the client.
 *
 * A filter runs in the upstream's thread, so it must not wait for anything.
 * Later runs read what it gathers, and leave it as it is.  The Server-Sent
 * Events that it appends to `out` are sent as they are.
 */
#ifndef SERVER_API_STREAM_FILTER_H
#define SERVER_API_STREAM_FILTER_H

#include <stdbool.h>

struct error;
struct slice;
struct text;

struct stream_filter {
	/* A 2xx has begun: from here on the client has its status. */
	void (*begin)(struct stream_filter *filter, struct text *out);
	/* The next bytes, cut anywhere.  -1 ends the call, with the reason. */
	int (*data)(struct stream_filter *filter, struct slice bytes,
		struct text *out, struct error *error);
	void (*free)(struct stream_filter *filter);
	/* Set before begin(): the answer is bytes and not events. */
	bool bytes;
};

#endif
