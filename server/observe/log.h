/* SPDX-License-Identifier: MIT */
/*
 * log.h - lines on standard error: logfmt, or JSON.
 *
 * Values that hold a space, a quote, '=', a control or anything beyond ASCII
 * are quoted and escaped, so that no client can forge a line.
 */
#ifndef SERVER_OBSERVE_LOG_H
#define SERVER_OBSERVE_LOG_H

#include "schema/text.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

enum log_format { LOG_LOGFMT, LOG_JSON };

struct log_options {
	enum log_format format;
	bool no_access; /* requests have no line */
};
/* Before threads start. */
void log_configure(const struct log_options *options);

/* Of all threads, from now on. */
void log_set_level(enum log_level level);
bool log_enabled(enum log_level level);

/*
 * Writes `time=… level=… msg=MESSAGE` and the pairs that follow, names and
 * values alternately, all `const char *`, ended by NULL.
 */
void log_line(enum log_level level, const char *message, ...)
	__attribute__((sentinel));

/* The access line of one request, at LOG_INFO. */
struct log_access {
	const char *request_id;
	struct slice trace; /* the id of its trace; empty: it has none */
	struct slice method;
	struct slice path; /* raw, without its query */
	int status;
	size_t request_bytes;
	size_t reply_bytes;
	int64_t microseconds;
};
void log_access(const struct log_access *access);

#endif
