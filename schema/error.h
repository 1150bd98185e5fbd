/* SPDX-License-Identifier: MIT */
/*
 * error.h - what can go wrong, and the words for it.
 *
 * A function that can fail takes a `struct error *` last and returns 0 or
 * -1.  The lowest function that knows the words writes them, one line, what
 * the caller sent in quotes; nobody above overwrites them.  Details of the
 * storage go to the log, never into an error.
 */
#ifndef SCHEMA_ERROR_H
#define SCHEMA_ERROR_H

#include <stdbool.h>
#include <stddef.h>

/* Code, name on the wire, HTTP status; section 2 of the API. */
#define ERROR_CODES(X)                                                 \
	X(ERROR_INVALID, "invalid", 400)                               \
	X(ERROR_PREVIOUS_RESPONSE, "previous_response_not_found", 400) \
	X(ERROR_UNAUTHENTICATED, "unauthenticated", 401)               \
	X(ERROR_FORBIDDEN, "forbidden", 403)                           \
	X(ERROR_NOT_FOUND, "not_found", 404)                           \
	X(ERROR_METHOD, "method", 405)                                 \
	X(ERROR_GONE, "gone", 410)                                     \
	X(ERROR_VERSION, "version", 412)                               \
	X(ERROR_TOO_LARGE, "too_large", 413)                           \
	X(ERROR_MEDIA_TYPE, "media_type", 415)                         \
	X(ERROR_KEY_REUSED, "key_reused", 422)                         \
	X(ERROR_RATE, "rate", 429)                                     \
	X(ERROR_INTERNAL, "internal", 500)                             \
	X(ERROR_DAMAGED, "damaged", 500)                               \
	X(ERROR_NOT_CONFIGURED, "not_configured", 501)                 \
	X(ERROR_UPSTREAM, "upstream", 502)                             \
	X(ERROR_UPSTREAM_TIMEOUT, "upstream_timeout", 504)             \
	X(ERROR_UNAVAILABLE, "unavailable", 503)                       \
	X(ERROR_UNKNOWN, "unknown", 503)                               \
	X(ERROR_STORAGE, "storage", 507)                               \
	X(ERROR_QUOTA, "quota", 507)

#define ERROR_ENUM(code, name, status) code,
enum error_code { ERROR_NONE, ERROR_CODES(ERROR_ENUM) };
#undef ERROR_ENUM

/* Starts as {0}.  `message` is UTF-8 and is cut at 500 bytes. */
struct error {
	enum error_code code;
	char message[504];
	bool final;	 /* though a 5xx: the same request would fail again */
	int retry_after; /* seconds, for a 429 or 503; 0: not known */
};

/*
 * Describes the failure and is -1, so that `return error_set(…)` works; a
 * macro, because gcc -O3 cannot see through a function that "never"
 * returns 0 and warns about every out-parameter.
 */
#define error_set(error, code, ...) \
	(error_describe((error), (code), __VA_ARGS__), -1)
#define error_out_of_memory(error) \
	error_set((error), ERROR_UNAVAILABLE, "out of memory")

/*
 * printf into `error`.  Bytes that are not UTF-8 or are controls become
 * '?', so that whatever a caller sent can be quoted.  It is not final, and does
 * not say when to come again.
 */
void error_describe(struct error *error, enum error_code code,
	const char *format, ...) __attribute__((format(printf, 3, 4)));

/* "invalid", 400 and the like. */
const char *error_name(enum error_code code);
int error_status(enum error_code code);

#endif
