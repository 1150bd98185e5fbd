/* SPDX-License-Identifier: MIT */
/*
 * reply.h - what a run of a handler leaves: the answer, or the next run.
 */
#ifndef SERVER_API_REPLY_H
#define SERVER_API_REPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "schema/text.h"
#include "server/api/etag.h"
#include "server/api/lane.h"

struct error;
struct recent_body;
struct request;
struct source;
struct stream_filter;

/* A header that few replies have. */
struct reply_header {
	const char *name; /* a literal */
	char value[24];
};

#define REPLY_HEADERS_MAX 8

/* A header that is always the same; literals. */
struct reply_constant {
	const char *name;
	const char *value;
};

#define STREAM_TYPE "text/event-stream"

/*
 * The type under which a client is given somebody else's bytes: as it was
 * sent, or one that no browser runs.  Borrows it, or is a literal.
 */
const char *reply_type(const char *sent);

/* A request to the upstream. */
struct reply_call {
	const char *path;   /* a literal: "/chat/completions"; or NULL: */
	struct text target; /* its own, with its query; ends with a NUL */
	struct text body;   /* JSON; empty: a GET */
	/* The reply's to free; NULL: the answer is not streamed. */
	struct stream_filter *filter;
	/*
	 * The body is the request's, of its type, and what comes is streamed
	 * of whatever type it is, for as long as the client is there.
	 */
	bool as_is;
	/*
	 * Refused as by a server that lacks the path, it makes the handler run
	 * again; see llm_api.h.
	 */
	bool falls_back;
};

/*
 * Starts as {0}; a handler that is run again finds it cleared.  With a next
 * run only the first four members count, without one the others.
 */
struct reply {
	enum api_next next;
	uint64_t lock; /* NEXT_LOCK: store_session_key() of its session */
	struct reply_call call; /* NEXT_CALL; refused or cut: that is final */
	/*
	 * The facts that later runs must know; empty: they know them already.
	 */
	struct text continuation;

	int status;
	const char *content_type; /* NULL: application/json */
	struct text body;
	struct source *source;	    /* instead of `body`; the reply's to free */
	struct recent_body *shared; /* the same: a body that others have, too */
	char etag[ETAG_SIZE];	    /* with quotes; "": none */
	int64_t session;	    /* that the ETag is of; 0: none */
	struct text location;	    /* empty: none */
	const char *allow;	    /* for 405 and OPTIONS; NULL: none */
	bool erases;		    /* send when the log has been truncated */
	int64_t erased;		    /* this session; 0: those of an owner */
	struct reply_header headers[REPLY_HEADERS_MAX];
	int header_count;
	const struct reply_constant *constants; /* end with NULL; NULL: none */
	/*
	 * Of a streamed answer: the events that end it, sent instead of the
	 * body; the body is for a request that comes again, and in that case
	 * begins with "data:".
	 */
	struct text ending;
	/* A session whose memory has work to do behind this; empty: none. */
	struct text reflect;
};

void reply_clear(struct reply *reply);
/* Forgets its body. */
void reply_clear_body(struct reply *reply);
/* The bytes of its body, whichever it has. */
size_t reply_length(const struct reply *reply);
/*
 * A terminal's prompt stands on a line of its own.  Without memory for it the
 * line feed is left out: what was stored has been stored.
 */
void reply_end_line(struct reply *reply);
/* Has one of its texts found no memory? */
bool reply_is_short(const struct reply *reply);

/* Adds one of the few, none beyond; printf into its value. */
void reply_header(struct reply *reply, const char *name, const char *format,
	...) __attribute__((format(printf, 3, 4)));

/*
 * True: the run was cut short, and the reply asks for another in the reader
 * lane, where request_bytes() allows more.
 */
bool reply_elsewhere(struct reply *reply, const struct request *request,
	bool cut, struct error *error);

/*
 * Makes a reply of what an upstream refused with: its status and its body,
 * which the reply takes.  The error is what it was found to be; without a body
 * its words are sent.
 */
void reply_hand_on_refusal(struct reply *reply, int status, struct text *body,
	const struct request *request, const struct error *error);

/*
 * Turns an error into a reply of the one shape, or where the request is for
 * OpenAI's API of theirs; 412 keeps its ETag.
 */
void reply_refuse(struct reply *reply, const struct request *request,
	const struct error *error);

#endif
