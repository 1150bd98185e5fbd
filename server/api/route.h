/* SPDX-License-Identifier: MIT */
/*
 * route.h - from a request to the handler that answers it.
 *
 * Nothing here knows a socket, a thread or libmicrohttpd.
 */
#ifndef SERVER_API_ROUTE_H
#define SERVER_API_ROUTE_H

#include "schema/text.h"
#include "server/api/reply.h"
#include "server/api/request.h"
#include "server/auth/scope.h"

struct error;
struct json_scratch;
struct store;
struct store_recent;

enum api_body {
	BODY_NONE,     /* must be absent */
	BODY_OPTIONAL, /* JSON or absent */
	BODY_REQUIRED, /* JSON */
	BODY_LINES,    /* JSON, or lines of it, or absent */
	BODY_BYTES,    /* of any type, and not looked at */
};

/*
 * Reads what the handler needs and what no store has, and makes of it the
 * request's input; or only checks it.
 */
typedef int api_parser(struct request *request, struct error *error);

typedef int api_handler(struct store *store, const struct request *request,
	struct reply *reply, struct error *error);

/* Beside session and conditions, a run in a batch looks up: */
enum api_expect {
	EXPECT_IDS = 1,	    /* of the messages that the input is */
	EXPECT_PROFILE = 2, /* of the session */
	EXPECT_REFLECT =
		4,	   /* the same, where a class works in the background */
	EXPECT_MADE = 8,   /* the session whose name was made for it */
	EXPECT_OWNER = 16, /* that the input gives to the session */
	EXPECT_ERASED = 32, /* the owner that the query names */
	/* A read of the last messages: these, with their session. */
	EXPECT_NEWEST = 64,
};

/* A row of the table in routes.c. */
struct api_route {
	enum api_method method;
	const char *pattern;
	enum api_lane lane; /* of the handler's first run */
	enum api_body body;
	api_handler *handle;
	api_parser *parse;	/* NULL: there is nothing to be read */
	const char *parameters; /* of the query, between spaces; NULL: none */
	bool open;		/* needs no key, answers any peer */
	bool storeless;		/* its first run can do with a store of NULL */
	bool health;		/* answered even beyond all limits */
	enum scope scope;	/* that a key needs; none: see api_scope() */
	bool any_parameter;	/* the query is not looked at */
	const char *larger;	/* takes what is too large here; or NULL */
	const char *audit;	/* the log says who did this; or NULL */
	unsigned expects;	/* enum api_expect */
	bool alone;		/* see struct job */
	bool erases;		/* the session, be it damaged */
	bool recalls;		/* see api_recall() */
	bool forks;		/* its reply tells of another session */
	bool hands_on;		/* a refusal of the upstream is its answer */
	bool replays; /* an identical request gets a reply that was lost */
};

/* The method of this name, or 0; the name of a method, or NULL. */
enum api_method api_method(struct slice name);
const char *api_method_name(enum api_method method);

/*
 * Finds the route of method and path.  ERROR_NOT_FOUND, or ERROR_METHOD with
 * *allow set (borrowed from the request).  Needs the request's method and
 * segments; sets its route.
 */
int api_route(struct request *request, const char **allow, struct error *error);

/* The pattern of the route that an unknown path was meant for; NULL: none. */
const char *api_route_meant(const struct request *request);

/*
 * The scope that a key needs: none of an open route, else what the row says,
 * or what the method stands for.
 */
enum scope api_scope(const struct api_route *route);

/* Goes on, after a refusal of what is too large, with what takes it. */
void api_name_larger(const struct api_route *route, struct error *error);

/* Background work on the memory of the session that a request names. */
const struct api_route *api_reflect_route(void);

/* The row at `at` of the table; NULL: it ends before. */
const struct api_route *api_route_at(size_t at);
/*
 * The index of a route; of a route that is not in the table, that behind the
 * last.
 */
size_t api_row_of(const struct api_route *route);

/*
 * Checks what can be checked without a store: parameters that the route does
 * not know, a body where none belongs, what its parse() refuses, conditions
 * that cannot be read.  The request's input is the caller's to free, by
 * request_clear(), also after a failure.
 */
int api_check(struct request *request, struct error *error);

/*
 * Scans a body as it came, in place, for the request's route; *length becomes
 * the compact one.  Over the bounds is ERROR_TOO_LARGE, no JSON is
 * ERROR_INVALID.
 */
int api_scan(const struct request *request, char *body, size_t *length,
	struct json_scratch *scratch, struct error *error);

/* Says what the run in a batch will look up; borrowed from the request. */
struct store_expected;
void api_expect(const struct request *request, struct store_expected *expected);
/* Is it a short read, for which others need not wait long? */
bool api_is_short(const struct request *request);

/* Runs the handler, inside a read or a batch that the caller has begun. */
int api_handle(struct store *store, const struct request *request,
	struct reply *reply, struct error *error);

/*
 * Answers as an earlier run did, if that is kept with the session as it is now.
 * False: it is not, and the handler is to be run.
 */
bool api_recall(struct store_recent *recent, const struct request *request,
	struct reply *reply);
/* Keeps the reply of a run, before its read ends; it may end its line. */
void api_remember(struct store *store, const struct request *request,
	struct reply *reply);

#endif
