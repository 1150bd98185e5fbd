/* SPDX-License-Identifier: MIT */
/*
 * stream_filter.h - what the upstream's streamed answer goes through on its
 * way to the client.
 *
 * A filter runs in the upstream's thread, so it must not wait for anything.
 * What it gathers is read by the runs that follow, which leave it as it is.
 * What it appends to `out` are Server-Sent Events, sent as they are.
 */
#ifndef SERVER_API_STREAM_FILTER_H
#define SERVER_API_STREAM_FILTER_H

struct error;
struct slice;
struct text;

struct stream_filter {
	/* A 2xx has begun: from here on the client has status 200. */
	void (*begin)(struct stream_filter *filter, struct text *out);
	/* The next bytes, cut anywhere.  -1 ends the call, with the reason. */
	int (*data)(struct stream_filter *filter, struct slice bytes,
		struct text *out, struct error *error);
	void (*free)(struct stream_filter *filter);
};

#endif
