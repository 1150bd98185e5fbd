/* SPDX-License-Identifier: MIT */
/*
 * guard.h - checks of a request's head that libmicrohttpd 0.9.75 does not make,
 * over slices that http/ hands it.
 *
 * The library glues folded header lines to the next name, drops lines with a
 * space before the colon, lets the first of two lengths win, and ends the head
 * at a line that begins with a colon.  Each of these lets a proxy and us
 * disagree about where a request ends.  They have one thing in common: the
 * parsed head is not the received one.  So guard_head() demands that the pieces
 * lie in memory exactly as they would after an honest parse.
 */
#ifndef SERVER_HTTP_GUARD_H
#define SERVER_HTTP_GUARD_H

#include "schema/text.h"

struct error;

struct guard_header {
	struct slice name;
	struct slice value;
};

struct guard_head {
	struct slice method;
	struct slice version;  /* "HTTP/1.1" */
	size_t raw_uri_length; /* as it came, before any decoding */
	size_t head_bytes;     /* the library's count */
	const struct guard_header *headers; /* in the order received */
	size_t header_count;
	bool contiguous; /* compare addresses; only for a library we know */
};

/* The framing of the body, as the head says it. */
struct guard_body {
	bool chunked;
	bool has_length;
	uint64_t length;
};

/* ERROR_INVALID names the rule that was broken. */
int guard_head(const struct guard_head *head, struct guard_body *body,
	struct error *error);

/*
 * Does a line of the chunk framing before `data` end in a bare LF?  The
 * library takes it for CR LF, a proxy in front may not.  `data` are bytes of a
 * chunked body where the library, which must be one that we know, received
 * them: behind the head, and where a chunk begins behind the line with its
 * size.  The lines behind the last chunk cannot be seen.
 */
bool guard_is_bare_framing(const char *data);

#endif
