/* SPDX-License-Identifier: MIT */
/*
 * exchange.h - what the files here share; no other folder includes it.
 *
 *	http.c		the daemon and its threads
 *	listen.c	the socket it listens on
 *	peers.c		the connections, and the timer that cuts slow clients
 *	places.c	which of them are served, and which are given up
 *	shares.c	what an address or a tenant holds of what is for all
 *	writes.c	the writes of a tenant that wait for the writer
 *	probe.c		whether the store is ready, and the disk full
 *	fields.c	the header fields of a request
 *	trace.c		the trace that a request belongs to
 *	limits.c	requests that are refused because they are too many
 *	head.c		the head of a request: what is asked, and may it be?
 *	body.c		its body: counted, kept or thrown away
 *	exchange.c	the life of one request
 *	read.c		a read in the thread of its socket
 *	task.c		a request that takes several runs
 *	answer.c	a reply becomes a response
 *	audit.c		who erased, exported and imported
 *	source.c	a response that is made while it is sent
 *	notifier.c	responses that wait until a session changes
 *	watch.c		what other servers do to the sessions that are followed
 */
#ifndef SERVER_HTTP_EXCHANGE_H
#define SERVER_HTTP_EXCHANGE_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "schema/error.h"
#include "schema/json/scan.h"
#include "server/api/route.h"
#include "server/auth/access.h"
#include "server/auth/networks.h"
#include "server/http/guard.h"
#include "server/http/http.h"
#include "server/http/listen.h"
#include "server/http/rate.h"
#include "server/http/shares.h"
#include "server/work/job.h"
#include "server/work/task.h"

/* --- connections ------------------------------------------------------ */

enum peer_state {
	PEER_NEW,  /* no head has come */
	PEER_IDLE, /* between two requests */
	PEER_BODY, /* a body is awaited */
	PEER_BUSY, /* a request runs, or its reply is sent */
};

/* A connection; belongs to its socket's thread but for the atomics. */
struct peer {
	struct peer *next; /* under the registry's lock, as are the next five */
	struct peer **link;
	struct share *share; /* its address's */
	bool placed;	     /* has one of the places */
	bool surplus;	     /* beyond the limit; set when it comes */
	bool cut;	     /* and has lost its place */
	int fd;
	bool is_local;		   /* this machine's own */
	bool is_proxy;		   /* trusted to name its clients */
	bool ended;		   /* the timer's: nothing more will come */
	int64_t rate_at;	   /* the timer's: since when it looks on */
	uint64_t rate_bytes;	   /* the timer's: what had come by then */
	struct exchange *exchange; /* at most one; its thread's */
	_Atomic bool awaits_request;
	_Atomic enum peer_state state;
	_Atomic int64_t since;	   /* in which it is, monotonic milliseconds */
	_Atomic uint64_t received; /* of a body that is awaited */
	_Atomic int64_t deadline;
};

struct peers {
	pthread_mutex_t lock;
	pthread_cond_t wake; /* the timer, to end */
	pthread_t timer;
	struct peer *first;
	_Atomic size_t count; /* read without it too */
	size_t surplus;	      /* of them */
	struct shares *shares;
	struct networks proxies; /* that are trusted */
	int64_t arrive_milliseconds;
	struct notifier *notifier; /* gets the timer's ticks */
	struct watch *watch;	   /* so does it; NULL: none is needed */
	bool stopping;
};

int peers_start(struct peers *peers, struct shares *shares,
	unsigned arrive_seconds, struct error *error);
void peers_stop(struct peers *peers);
/* The share of an address; NULL: out of memory. */
struct share *peers_share_of(
	struct peers *peers, const struct in6_addr *address);
/* NULL: out of memory. */
struct peer *peers_add(struct peers *peers, int fd);
void peers_remove(struct peers *peers, struct peer *peer);

/* Finds a place for it, or cuts it; all three under the registry's lock. */
void places_find(struct peers *peers, struct peer *peer);
void places_give(struct peers *peers, struct peer *peer);
/*
 * Counts the connection of a trusted proxy for the client of its newest
 * request; takes the registry's lock.  SHARE_OVER: that has enough.
 */
enum share_answer places_lend(
	struct peers *peers, struct peer *peer, const struct in6_addr *client);
/* Nothing more is read from it or sent to it. */
void places_cut(struct peers *peers, struct peer *peer);

/* The connection's deadline, by what it is waited for. */
void peer_expects_body(struct peer *peer);
void peer_expects_request(const struct peers *peers, struct peer *peer);
void peer_expects_reply(struct peer *peer);
void peer_takes_reply(const struct peers *peers, struct peer *peer);
/* Waits for it to read a bit of an answer that is made meanwhile. */
void peer_takes_bit(struct peer *peer);
/* Waits for it to read the rest of an endless reply, at a stop. */
void peer_takes_end(struct peer *peer);
/* Will nothing more come from it?  Clients wait for their replies. */
bool peer_has_left(const struct peer *peer);

/* --- the daemon ------------------------------------------------------- */

struct limits {
	bool bounded;		/* --rate is given */
	struct rate requests;	/* of a key */
	struct rate wrong_keys; /* of an address */
};

/* `per_second` requests of a key; 0: any number. */
int limits_start(struct limits **out, int64_t per_second, struct error *error);
/* Accepts NULL. */
void limits_stop(struct limits *limits);

enum httpd_state {
	HTTPD_RUNNING,
	HTTPD_DRAINING, /* accepts no new request */
	HTTPD_STOPPING, /* and pushes nothing more to a lane */
};

struct httpd {
	struct httpd_options options;
	struct MHD_Daemon *daemons[HTTPD_THREADS_MOST]; /* NULL: not started */
	struct peers peers;
	pthread_key_t worker_key;
	bool known_library; /* whose memory layout the guard may check */
	struct listening listening;
	_Atomic enum httpd_state state;
	_Atomic size_t in_flight;   /* exchanges accepted, not yet ended */
	_Atomic unsigned suspended; /* of them, in the hands of other threads */
	_Atomic unsigned pushing;   /* threads that push to a lane now */
	struct shares shares;	    /* of addresses and of tenants */
	struct limits *limits;
	struct probe *probe;
	_Atomic int64_t log_second; /* when the library last had a line */
};

/* A resume costs its thread a look at each of its suspended connections. */
#define STREAMS_PER_WORKER 2000

/* The things that each of the sockets' threads has of its own. */
struct worker {
	struct store *store; /* NULL until the first read */
	struct json_scratch scratch;
	uint64_t random; /* state of the request ids */
	unsigned streams;
};

/* The calling thread's own; NULL: out of memory. */
struct worker *httpd_worker(struct httpd *httpd);
/*
 * Begins a read on its store handle, which is opened when it is first needed.
 */
int httpd_begin_read(
	struct httpd *httpd, struct store **out, struct error *error);

int64_t clock_milliseconds(void);

/* NULL: out of memory. */
struct watch *watch_new(struct httpd *httpd);
/* Looks, if it is time to; accepts NULL. */
void watch_tick(struct watch *watch, int64_t now);
/* When nothing ticks and it looks no more; accepts NULL. */
void watch_free(struct watch *watch);

/* --- one request ------------------------------------------------------ */

enum exchange_phase {
	PHASE_HEAD,	/* the request line is there */
	PHASE_BODY,	/* the body is coming in, kept or thrown away */
	PHASE_LANE,	/* suspended: the writer's, a reader's, a task's */
	PHASE_DECIDED,	/* the lane or the task has done with it */
	PHASE_ANSWERED, /* a response is queued */
};

#define REQUEST_ID_MAX 64

/* Header fields of which we know the meaning; an empty slice: not sent. */
struct fields {
	struct slice host;
	struct slice origin;
	struct slice forwarded;
	struct slice forwarded_for;
	struct slice proxied;	 /* the name of a field that a proxy adds */
	struct slice fetch_site; /* Sec-Fetch-Site */
	struct slice authorization;
	struct slice api_key;
	struct slice request_id;
	struct slice content_type;
	struct slice content_encoding;
	struct slice expect;
	struct slice if_match;
	struct slice if_none_match;
	struct slice idempotency_key;
	struct slice retry_count; /* X-Stainless-Retry-Count */
	struct slice last_event_id;
	struct slice session_id; /* X-Session-Id */
	struct slice send;	 /* Chatmem-Send */
	struct slice accept;
	struct slice mcp_version; /* MCP-Protocol-Version */
	struct slice mcp_method;
	struct slice mcp_name;
	struct slice traceparent;
	struct slice tracestate;
	struct slice preflight; /* Access-Control-Request-Method */
};

struct exchange {
	struct job job;
	struct task_viewer viewer;
	struct httpd *httpd;
	struct MHD_Connection *connection;
	struct peer *peer;
	_Atomic enum exchange_phase phase;
	bool counted;	/* in in_flight */
	bool suspended; /* in suspended */
	bool queued;	/* among its tenant's writes */
	bool framed;	/* the guard has passed the head */
	bool failed;	/* `error` says why; the rest of the body is not kept */
	bool closes;	/* the connection ends with the reply */
	bool gone;	/* its client was not there for the end of the reply */
	char id[REQUEST_ID_MAX + 1];
	struct fields fields;
	struct grant grant;  /* the rules that it is judged by */
	struct share *share; /* its tenant's; NULL: not known yet */
	struct guard_body framing;
	struct slice method; /* as sent */
	struct slice path;   /* raw */
	struct slice query;  /* raw */
	struct request request;
	uint64_t received; /* bytes of the body, kept or not */
	struct reply reply;
	struct error error;
	const char *allow;
	int64_t started; /* microseconds, monotonic */
	size_t reply_bytes;
	size_t held;	       /* of the reply, among SHARE_BYTES */
	struct stream *stream; /* of a reply that has a source */
	char *decoded;	       /* where the target is decoded */
	char target[];	       /* the raw target */
};

/* ERROR_INVALID names a field that came twice and must not. */
int fields_read(struct fields *fields, const struct guard_header *headers,
	size_t count, struct error *error);
/*
 * Forgets a traceparent that is none (W3C Trace Context): then this request
 * begins no trace.  A tracestate goes with it, or if it is too long.
 */
void trace_check(struct fields *fields);
/* The trace's id in it; empty: there is none. */
struct slice trace_id(const struct fields *fields);
/* A value without the blanks at its end. */
struct slice fields_trim(struct slice text);

/*
 * Reads the head into `exchange`: framing, fields, method, target, route,
 * tenant.  -1: refused, with exchange->error and ->allow.
 */
int head_read(
	struct exchange *exchange, const char *method, const char *version);

/*
 * The body, as it comes: kept, or thrown away when the exchange has failed.
 * MHD_NO: more than can be thrown away; the connection is cut.
 */
enum MHD_Result body_take(
	struct exchange *exchange, const char *data, size_t size);
/* Either the body will not be read, or its end cannot be known. */
bool body_is_hopeless(const struct exchange *exchange);
/*
 * Makes request.body of the whole body: scanned, read and checked.  -1:
 * refused.
 */
int body_scan(struct exchange *exchange);
/*
 * The bytes that the body and what was read of it count among those in flight.
 */
size_t body_held(const struct exchange *exchange);
/* Frees what was kept. */
void body_forget(struct exchange *exchange);

/*
 * A reply waits for a client that may never fetch it: it counts among the
 * bodies in flight.  Small ones are bounded by the number of connections.
 */
int exchange_hold_reply(struct exchange *exchange);

/* Notes whether the client of a turn got all of the reply. */
void exchange_note_delivery(
	const struct exchange *exchange, enum MHD_RequestTerminationCode why);

/* Counts bytes among those in flight; -1: too many, of all or of its tenant. */
int body_hold(struct exchange *exchange, size_t size, struct error *error);
void body_let_go(struct exchange *exchange, size_t size);

/* ERROR_RATE: its key has sent too many requests. */
int limits_check(const struct exchange *exchange, struct error *error);
/* It was unauthenticated; ERROR_RATE if its address has been too often. */
void limits_wrong_key(const struct exchange *exchange, struct error *error);

/* NULL: out of memory. */
struct probe *probe_new(void);
/* Accepts NULL. */
void probe_free(struct probe *probe);
/* True if it asks for what is known: then reply or error are filled. */
bool probe_answers(struct exchange *exchange);
/* Learns from what became of a write; of a probe that may be a failure yet. */
void probe_note(struct exchange *exchange);

/* Counts a write that waits; -1: its tenant has too many of them. */
int writes_join(struct exchange *exchange, struct error *error);
void writes_leave(struct exchange *exchange);

/*
 * The reply asks for a next run: makes a task of the request and waits for its
 * reply.  The connection is suspended.
 */
void exchange_next(struct exchange *exchange);
/*
 * Resumes the connection, to be answered; from here on the exchange may be
 * gone.
 */
void exchange_decided(struct exchange *exchange);
/*
 * Lends the exchange to another thread: its connection is suspended until that
 * resumes it, and then it is taken back.
 */
void exchange_lend(struct exchange *exchange);
void exchange_take_back(struct exchange *exchange);
static inline struct exchange *exchange_of(struct job *job)
{
	return (struct exchange *)(void *)((char *)job -
					   offsetof(struct exchange, job));
}
/* Fills the reply, in any lane; -1: refused, with exchange->error. */
int exchange_run_handler(struct exchange *exchange, struct store *store);
/* The same of a read, here and now. */
int exchange_read(struct exchange *exchange);
/* Gives the exchange's job to a lane; -1: refused, with exchange->error. */
int exchange_push(struct exchange *exchange, enum api_lane lane);
/* Of the first run: what is far away is never read in the socket's thread. */
enum api_lane exchange_lane(const struct exchange *exchange);
/* May other reads come together with it in this lane? */
bool exchange_is_short(const struct exchange *exchange, enum api_lane lane);

/* Logs who asked for it, if that is a matter of interest. */
void audit_note(const struct exchange *exchange, int status);

/* Makes a response of the reply, or of the error, and queues it. */
enum MHD_Result exchange_answer(struct exchange *exchange);

/*
 * Opens a stream for a reply with a source; ERROR_UNAVAILABLE beyond the bound.
 */
int stream_open(struct exchange *exchange);
/* NULL: out of memory. */
struct MHD_Response *stream_wrap(struct exchange *exchange);
void stream_close(struct exchange *exchange);

/* The callbacks of the daemon. */
void *exchange_begin(
	void *httpd, const char *target, struct MHD_Connection *connection);
enum MHD_Result exchange_step(void *httpd, struct MHD_Connection *connection,
	const char *url, const char *method, const char *version,
	const char *upload, size_t *upload_size, void **context);
void exchange_end(void *httpd, struct MHD_Connection *connection,
	void **context, enum MHD_RequestTerminationCode why);
/*
 * A request whose head is too large for the library's pool may be begun twice
 * or never be ended by it.
 */
void exchange_abandon(struct peer *peer);

#endif
