/* SPDX-License-Identifier: MIT */
/*
 * upstream.h - requests to a language model: one thread for all of them.
 *
 * The upstream is any server that speaks OpenAI's API.  A call waits for it
 * without holding a thread; any number of them (up to `calls_max`) wait side by
 * side, over connections that are used again.
 *
 * A call is tried again where nothing can have been paid for, up to three times
 * in all and within the call's time: after a connection that was not made, and
 * after 429, 502, 503 and 504.  Nothing is tried again once an answer has
 * begun.
 */
#ifndef SERVER_UPSTREAM_UPSTREAM_H
#define SERVER_UPSTREAM_UPSTREAM_H

#include "schema/text.h"

/* Bytes of the type of a call's body. */
#define UPSTREAM_TYPE_MAX 255

struct metrics;
struct upstream;
struct error;

/*
 * An answer.  With an error from the upstream it is filled too, as far as that
 * got: a refusal is a whole answer, with its status and its body.
 */
struct upstream_answer {
	int status;	  /* HTTP; 0: there was none */
	char type[128];	  /* media type as it was sent; "": none */
	struct text body; /* empty if it was streamed */
};

/* Headers that say whose a call is, borrowed; those that are empty are not. */
struct upstream_origin {
	struct slice traceparent; /* at most 255 bytes */
	struct slice tracestate;  /* at most 512 */
	struct slice request_id;  /* at most 64 */
};

/*
 * A call.  Its owner embeds it, and zeroes it before its first push.  The
 * members down to `streams` are the owner's and stay as they are until done();
 * the functions are called from the upstream's thread and must not wait for
 * anything.
 */
struct upstream_call {
	const char *path;  /* behind the base: "/chat/completions" */
	struct slice body; /* borrowed; data NULL: a GET */
	struct slice type; /* of it, borrowed; empty: JSON */
	struct upstream_origin origin;
	/* The answer is handed on as it comes, but JSON is not: it is whole. */
	bool streams;
	/* Streams only: JSON is handed on like all else, and not looked at. */
	bool as_is;
	/* Streams only: a 2xx has begun; status and type are known. */
	void (*begun)(struct upstream_call *call);
	/* Streams only: the next bytes of a 2xx.  -1 cancels the call. */
	int (*data)(struct upstream_call *call, struct slice bytes);
	/*
	 * Streams only: is there no room for more bytes?  Then none are read,
	 * until upstream_wake() has it asked again.  NULL: there always is.
	 */
	bool (*full)(struct upstream_call *call);
	/*
	 * Is the answer waited for no more?  Then the call is cancelled.  Asked
	 * about once a second until done(); NULL: it is always waited for.
	 */
	bool (*gone)(struct upstream_call *call);
	/*
	 * Called once.  `outcome` is NULL when a 2xx has come whole, else why
	 * not: ERROR_UPSTREAM and ERROR_UPSTREAM_TIMEOUT with the upstream's
	 * status and text, ERROR_UNAVAILABLE (cancelled, stopping, out of
	 * memory).  A stream that only ends with its connection is whole for
	 * HTTP even when it was cut: look for its own end mark.  From here on
	 * the call is the owner's again, upstream_call_clear() included.
	 */
	void (*done)(struct upstream_call *call, const struct error *outcome);

	struct upstream_answer answer;
	struct upstream_progress *progress; /* the upstream's */
	struct upstream_call *next;	    /* the upstream's */
	_Atomic bool cancelled;		    /* the upstream's */
};

/* The version of libcurl; NULL: this was built without. */
const char *upstream_library(void);

/* Frees the answer; the call may be pushed again after it. */
void upstream_call_clear(struct upstream_call *call);

struct upstream_options {
	const char *url;     /* up to and with "/v1"; NULL: not configured */
	const char *key;     /* secret; NULL: none */
	const char *ca_file; /* to check certificates; NULL: the system's */
	size_t calls_max;    /* that may be under way, 1000 */
	size_t answer_max;   /* bytes, 16 MiB; a stream may have four times */
	int64_t connect_ms;  /* to be connected, 10000 */
	int64_t silence_ms;  /* nothing is sent; whole seconds, 120000 */
	int64_t answer_ms;   /* for all of a call, 1200000 */
	int64_t backoff_ms;  /* before the second attempt, 500 */
	struct metrics *metrics; /* borrowed; counts attempts; NULL: none */
};

/*
 * Texts are copied.  ERROR_INVALID if url, key or file cannot be used; the
 * reason quotes no key.  Without a url the upstream refuses every call.
 */
int upstream_start(struct upstream **out,
	const struct upstream_options *options, struct error *error);

/*
 * 0 if there is a server to call; else ERROR_NOT_CONFIGURED with the setting to
 * give.
 */
int upstream_check(const struct upstream *upstream, struct error *error);

/*
 * Begins a call: 0, or -1 (not configured, too many, stopping) with the reason,
 * and then done() is not called.
 */
int upstream_push(struct upstream *upstream, struct upstream_call *call,
	struct error *error);

/*
 * Ends a call that was pushed, from any thread; its done() is called soon.
 * Does nothing to one that is done: the owner need only keep its memory.
 */
void upstream_cancel(struct upstream *upstream, struct upstream_call *call);

/* There is room again for a call whose full() said no; from any thread. */
void upstream_wake(struct upstream *upstream);

/*
 * Cancels what is under way and ends the thread; pushes are refused from
 * here on.  Accepts NULL.
 */
void upstream_stop(struct upstream *upstream);

/*
 * Frees it, after upstream_stop() and when no thread pushes any more.  Accepts
 * NULL.
 */
void upstream_free(struct upstream *upstream);

#endif
