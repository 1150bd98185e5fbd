/* SPDX-License-Identifier: MIT */
/*
 * request.h - what a client asks, and what earlier runs have found.
 *
 * A handler never changes its request: it may have to run again.
 */
#ifndef SERVER_API_REQUEST_H
#define SERVER_API_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/digest/digest.h"
#include "server/api/lane.h"
#include "server/api/target.h"

#define API_SEGMENTS_MAX   5
#define SESSION_NAME_MAX   TARGET_NAME_MAX
#define API_PARAMETERS_MAX 24
#define MCP_ID_MAX	   128

struct api_route;
struct deliveries;
struct error;
struct input;
struct llm_api;
struct memories;
struct metrics;
struct stream_filter;
struct upstream_answer;

enum api_method {
	METHOD_GET = 1,
	METHOD_HEAD = 2,
	METHOD_POST = 4,
	METHOD_PUT = 8,
	METHOD_PATCH = 16,
	METHOD_DELETE = 32,
	METHOD_OPTIONS = 64,
};

/* The conditions that api_check() reads from the header fields. */
struct conditions {
	bool any;	 /* the handler may not run at all */
	bool keep;	 /* its reply is kept, under this digest */
	int64_t retries; /* that the client has counted */
	unsigned char digest[DIGEST_LENGTH];
};

/*
 * Text that a request borrows, but for the path, the query and the body; of a
 * header field that was not sent `data` is NULL.  The list is written here and
 * nowhere else: request_copy() follows it.
 */
#define REQUEST_SLICES(SLICE_OF)                                            \
	SLICE_OF(tenant)                                                    \
	SLICE_OF(if_match)                                                  \
	SLICE_OF(if_none_match)                                             \
	SLICE_OF(idempotency_key)                                           \
	SLICE_OF(last_event_id)                                             \
	SLICE_OF(retry_count) /* x-stainless-retry-count */                 \
	SLICE_OF(session_id)  /* X-Session-Id */                            \
	SLICE_OF(traceparent) /* valid: see http/trace.c */                 \
	SLICE_OF(tracestate)  /* of such a one */                           \
	SLICE_OF(request_id)  /* the client's, or a new one */              \
	SLICE_OF(send)	      /* Chatmem-Send */                            \
	SLICE_OF(accept)                                                    \
	SLICE_OF(mcp_version)  /* MCP-Protocol-Version */                   \
	SLICE_OF(mcp_method)   /* Mcp-Method */                             \
	SLICE_OF(mcp_name)     /* Mcp-Name */                               \
	SLICE_OF(content_type) /* where it is no name of JSON */            \
	SLICE_OF(query)	       /* raw; of a request that came as one */     \
	SLICE_OF(session)      /* named there or in the body; NULL: none */ \
	SLICE_OF(continuation) /* the newest that a reply had; empty: none */

#define REQUEST_MEMBER(name) struct slice name;

/*
 * The last two members belong to the request.  The others are borrowed from the
 * exchange, and stay as they are.
 */
struct request {
	const struct api_route *route;
	enum api_method method;
	REQUEST_SLICES(REQUEST_MEMBER)
	struct slice segments[API_SEGMENTS_MAX];
	int segment_count;
	struct target_parameter parameters[API_PARAMETERS_MAX];
	int parameter_count;
	char session_buf[SESSION_NAME_MAX]; /* of `session`, where decoded */
	/*
	 * The request was made of the call of a tool, which has this id, in
	 * JSON; "": of none.
	 */
	char mcp_call[MCP_ID_MAX];
	struct conditions conditions;
	/*
	 * The rest describes a run that is not the first: what came before it.
	 */
	enum api_next next;
	const struct upstream_answer *answer; /* to the newest call, a 2xx */
	/* The newest call's; NULL: nothing was streamed. */
	const struct stream_filter *filter;
	int64_t now;		 /* milliseconds since 1970 */
	struct llm_api *llm_api; /* see llm_api.h */
	bool refused;		 /* the newest call: `answer` is no 2xx */
	int64_t response_ttl;	 /* a response is kept so long; milliseconds */
	bool page;		 /* people may have the page */
	const char *passed;	 /* paths behind /v1, with commas; NULL: none */
	char allow[64];		 /* api_route()'s: the methods of the path */
	struct metrics *metrics;
	struct deliveries *deliveries;
	const struct memories *memories;
	struct slice body; /* valid, compact JSON, or lines; empty: none */

	/* They belong to the request until a task takes them over. */
	struct text buffer;  /* the bytes of the body, as they came */
	struct input *input; /* see input.h; NULL: the route reads nothing */
};

/* Frees what belongs to the request. */
void request_clear(struct request *request);

/* The session's name: the {id} of the path, or X-Session-Id and the like. */
struct slice request_session(const struct request *request);

/* Is it for OpenAI's API, which has errors of its own shape? */
bool request_is_openai(const struct request *request);

/* Is it for the Model Context Protocol, whose errors are JSON-RPC's? */
bool request_is_mcp(const struct request *request);

/* A disk that is nearly full does not refuse it. */
bool request_makes_room(const struct request *request);

/* The value of a query parameter; false: not given. */
bool request_parameter(
	const struct request *request, const char *name, struct slice *value);

/* The greatest number of messages, and the greatest seq, of a query. */
#define SEQ_MOST INT64_C(999999999999999999)

/* A parameter that is a whole number within bounds. */
struct integer_range {
	const char *name;
	int64_t least;
	int64_t most;
};

/* Reads one.  *out keeps its value when the parameter was not given. */
int request_integer(const struct request *request, struct integer_range range,
	int64_t *out, struct error *error);

/* Reads a parameter that is true or false, as request_integer() does. */
int request_flag(const struct request *request, const char *name, bool *out,
	struct error *error);

/*
 * The bytes, of `most`, that this run may write: little in the socket's thread.
 * Where that cuts a reply short, reply_elsewhere() has the handler run again.
 */
size_t request_bytes(const struct request *request, size_t most);

/*
 * A copy that borrows nothing but what outlives every request, and the body
 * and the input, which stay the original's until request_take_body(): one
 * piece of memory, to be freed.  NULL: out of memory.
 */
struct request *request_copy(const struct request *request);
/* The size of such a copy, with the body and the input. */
size_t request_size(const struct request *request);

/* Gives the original's body and input to the copy. */
void request_take_body(struct request *copy, struct request *original);

#endif
