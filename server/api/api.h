/* SPDX-License-Identifier: MIT */
/*
 * api.h - request in, reply out: the routes and their handlers.
 *
 * Nothing here knows a socket, a thread or libmicrohttpd.
 */
#ifndef SERVER_API_API_H
#define SERVER_API_API_H

#include "core/store/store.h"
#include "schema/error.h"
#include "server/api/target.h"
#include "server/auth/digest.h"

#define API_SEGMENTS_MAX   4
#define SESSION_NAME_MAX   TARGET_NAME_MAX
#define API_PARAMETERS_MAX 24

enum api_method {
	METHOD_GET = 1,
	METHOD_HEAD = 2,
	METHOD_POST = 4,
	METHOD_PUT = 8,
	METHOD_PATCH = 16,
	METHOD_DELETE = 32,
	METHOD_OPTIONS = 64,
};

/*
 * Where a request's handler runs first.  Each thread has a store handle of its
 * own, and the writer's is the only one that writes:
 *
 *	sockets		READ: at once, for what takes a few milliseconds
 *	two scanners	SCAN: search, long pages, and runs between two hops
 *	one writer	WRITE: all that waits, in one batch, by one commit
 *	one caller	requests to a language model; no handler runs there
 *
 * A handler is a plain function that waits for nothing.  What it cannot do
 * where it is, it leaves to its next run: the reply says by which hop that is
 * reached.  A turn with a model is four runs:
 *
 *	READ, by a TURN to SCAN, by a CALL to SCAN, by a WRITE to WRITE
 *
 * of which the first looks at the body only, the second builds the prompt,
 * the third reads the answer and the fourth saves the turn.  Meanwhile the
 * connection is suspended, and what goes on is a task; see task.h.
 */
enum api_lane {
	LANE_READ,
	LANE_READER,
	LANE_WRITE,
	LANE_LOCK, /* as READ, but it comes to a write: see NEXT_WRITE */
};

/* What is to be done before the handler is run again. */
enum api_next {
	NEXT_NONE,   /* nothing: the reply is the answer */
	NEXT_READER, /* the run belongs in the reader lane */
	/*
	 * Its turn has to come: all that ask for the turn `reply->turn` have
	 * it one after the other, in the order of asking, each until its reply
	 * is final.  The next run is in the reader lane.
	 */
	NEXT_LOCK,
	/* `reply->call` must have been answered; then in the reader lane. */
	NEXT_CALL,
	/*
	 * The run belongs in the writer's batch.  If-Match and the like are
	 * looked at before the runs that follow NEXT_LOCK and NEXT_WRITE, and
	 * before no others of LANE_LOCK; and what a run after NEXT_WRITE
	 * replies is kept under its Idempotency-Key.  So a request that comes
	 * again gets its reply when its turn has come, without a call.
	 */
	NEXT_WRITE,
};

enum api_body {
	BODY_NONE,     /* must be absent */
	BODY_OPTIONAL, /* JSON or absent */
	BODY_REQUIRED, /* JSON */
	BODY_LINES,    /* JSON, or lines of it, or absent */
};

struct api_route;
struct upstream_answer;
struct memories;
struct metrics;

/* What api_check() makes of these header fields. */
struct conditions {
	bool any;	 /* the handler may not run at all */
	bool keep;	 /* its reply is kept, under this digest */
	int64_t retries; /* that the client has counted */
	unsigned char digest[DIGEST_LENGTH];
};

/* Everything is borrowed from the exchange and stays as it is. */
struct request {
	const struct api_route *route;
	enum api_method method;
	struct slice tenant;
	struct slice segments[API_SEGMENTS_MAX];
	int segment_count;
	struct target_parameter parameters[API_PARAMETERS_MAX];
	int parameter_count;
	struct slice body; /* valid, compact JSON, or lines; empty: none */
	/* Header fields; data NULL: not sent. */
	struct slice if_match;
	struct slice if_none_match;
	struct slice idempotency_key;
	struct slice last_event_id;
	struct slice retry_count; /* x-stainless-retry-count */
	struct slice session_id;  /* X-Session-Id */
	/* The session that is named there, or in the body; data NULL: none. */
	struct slice session;
	char session_room[SESSION_NAME_MAX];
	struct conditions conditions;
	/* Of a run that is not the first: what led to it, and brought along. */
	enum api_next next;
	struct slice continuation; /* the newest reply->continuation */
	const struct upstream_answer *answer; /* to the newest call, a 2xx */
	const struct stream_filter
		*filter; /* the newest call's; NULL: nothing streamed */
	int64_t now;	 /* milliseconds since 1970 */
	char allow[64];	 /* api_route()'s: the methods of the path */
	const struct metrics *metrics;
	const struct memories *memories;
};

/* A header that few replies have. */
struct reply_header {
	const char *name; /* a literal */
	char value[24];
};

#define REPLY_HEADERS_MAX 4

#define STREAM_TYPE "text/event-stream"

#define ETAG_SIZE 40

enum source_state {
	SOURCE_FAILED = -1,
	SOURCE_MORE, /* ask again when what it has appended, if any, is sent */
	SOURCE_WAIT, /* nothing more before something happens */
	SOURCE_END,
};

#define SOURCE_BYTES ((size_t)64 << 10)

/*
 * A body that is made bit by bit, while it is sent.  A source knows where it
 * is, never what is to come: a slow reader costs no memory.  It may keep
 * pointers into the request.
 */
struct source {
	/*
	 * Appends about SOURCE_BYTES at most.  Runs in the socket's thread,
	 * inside a read that the caller has begun, at `now`.
	 */
	enum source_state (*next)(struct source *source, struct store *store,
		int64_t now, struct text *out, struct error *error);
	void (*free)(struct source *source);
	/* store_session_key() of the session whose changes end a WAIT. */
	uint64_t key;
	/*
	 * It comes to an end: a stop waits for that, and a reader must see
	 * when not all of it came.
	 */
	bool whole;
};

/*
 * What a streamed answer of the upstream goes through on its way to the
 * client.  It runs in the caller's thread, so it must not wait for anything;
 * what it gathers is read by the runs that follow, which leave it as it is.
 * What it appends to `out` are Server-Sent Events, sent as they are.
 */
struct stream_filter {
	/* A 2xx has begun: from here on the client has status 200. */
	void (*begin)(struct stream_filter *filter, struct text *out);
	/* The next bytes, cut anywhere.  -1 ends the call, with the reason. */
	int (*data)(struct stream_filter *filter, struct slice bytes,
		struct text *out, struct error *error);
	void (*free)(struct stream_filter *filter);
};

/* A request to the upstream. */
struct reply_call {
	const char *path; /* a literal: "/chat/completions" */
	struct text body; /* JSON; empty: a GET */
	struct stream_filter
		*filter; /* the reply's to free; NULL: not streamed */
};

/*
 * Starts as {0}; a handler that is run again finds it cleared.  With a hop
 * only the members for hops count, without one the others.
 */
struct reply {
	enum api_next next;
	uint64_t lock; /* NEXT_LOCK: store_session_key() of its session */
	struct reply_call call; /* NEXT_CALL; refused or cut: that is final */
	struct text
		continuation; /* facts for later runs; empty: still the last */

	int status;
	const char *content_type; /* NULL: application/json */
	struct text body;
	struct source *source; /* instead of `body`; the reply's to free */
	char etag[ETAG_SIZE];  /* with quotes; "": none */
	int64_t session;       /* that the ETag is of; 0: none */
	struct text location;  /* empty: none */
	const char *allow;     /* for 405 and OPTIONS; NULL: none */
	bool erases;	       /* send when the log has been truncated */
	struct reply_header headers[REPLY_HEADERS_MAX];
	int header_count;
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
/* Has one of its texts found no memory? */
bool reply_is_short(const struct reply *reply);

/* Adds one of the few, none beyond; printf into its value. */
void reply_header(struct reply *reply, const char *name, const char *format,
	...) __attribute__((format(printf, 3, 4)));

/* The method of this name, or 0. */
enum api_method api_method(struct slice name);

/*
 * Finds the route of method and path.  ERROR_NOT_FOUND, or ERROR_METHOD with
 * *allow set (borrowed from the request).  Needs the request's method and
 * segments; sets its route.
 */
int api_route(struct request *request, const char **allow, struct error *error);
enum api_lane api_lane(const struct api_route *route);
enum api_body api_body(const struct api_route *route);
/* True for routes that need no key and answer any peer. */
bool api_open(const struct api_route *route);

/* Background work on the memory of the session that a request names. */
const struct api_route *api_reflect_route(void);

/* What a row of the route table says, for those who count or describe. */
struct api_row {
	const char *method;
	const char *pattern;
	const char *parameters; /* between spaces */
	enum api_lane lane;
	enum api_body body;
	bool open;
};

/* The row at `at`; false: the table ends before. */
bool api_row(size_t at, struct api_row *row);
/* Where a route stands; behind the last row what is none of the table. */
size_t api_row_of(const struct api_route *route);

/*
 * Checks what can be checked without a store: parameters that the route does
 * not know, a body where none belongs, conditions that cannot be read.
 */
int api_check(struct request *request, struct error *error);

/*
 * Scans a body as it came, in place, for the request's route; *length becomes
 * the compact one.  Over the bounds is ERROR_TOO_LARGE, no JSON is
 * ERROR_INVALID.
 */
struct json_scratch;
int api_scan(const struct request *request, char *body, size_t *length,
	struct json_scratch *scratch, struct error *error);

/* Runs the handler, inside a read or a batch that the caller has begun. */
int api_handle(struct store *store, const struct request *request,
	struct reply *reply, struct error *error);

/*
 * A copy that borrows nothing but what outlives every request; one piece of
 * memory, to be freed.  NULL: out of memory.
 */
struct request *request_copy(const struct request *request);
/* How much that is. */
size_t request_size(const struct request *request);

/* Turns an error into a reply of the one shape; 412 keeps its ETag. */
void api_refuse(struct reply *reply, const struct error *error);

#endif
