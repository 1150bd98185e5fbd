/* SPDX-License-Identifier: MIT */
/*
 * log.c - lines on standard error: logfmt, or JSON.
 */
#include "server/observe/log.h"

#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "server/observe/log_names.h"

/* The bytes that one value may take of a line, escapes included. */
#define VALUE_MAX 1000

/*
 * A line needs no memory but the stack, so that it can tell of running out of
 * it.  It is one write() of at most PIPE_BUF bytes, so that the lines of
 * several threads never mix.
 */
struct log_buffer {
	char bytes[PIPE_BUF];
	size_t length;
	bool full; /* something did not fit since it was last looked at */
};

static const char *const level_names[] = { "error", "warning", "info",
	"debug" };

static _Atomic enum log_level log_level = LOG_INFO;
static struct log_options log_options;

void log_configure(const struct log_options *options)
{
	log_options = *options;
}

void log_set_level(enum log_level level)
{
	log_level = level;
}

bool log_enabled(enum log_level level)
{
	return level <= log_level;
}

/* Keeps bytes for what ends the line. */
static void log_put(struct log_buffer *line, const char *bytes, size_t length)
{
	if (length + 2 > sizeof(line->bytes) - line->length) {
		line->full = true;
		return;
	}
	memcpy(line->bytes + line->length, bytes, length);
	line->length += length;
}

static void log_put_string(struct log_buffer *line, const char *string)
{
	log_put(line, string, strlen(string));
}

/* --- logfmt --------------------------------------------------------------- */

static bool log_is_plain(struct slice value)
{
	for (size_t i = 0; i < value.length; i++) {
		unsigned char c = (unsigned char)value.data[i];

		if (c <= ' ' || c >= 0x7f || strchr("\"=\\", c))
			return false;
	}
	return value.length > 0;
}

/* Returns how many bytes it has escaped: one. */
static size_t log_put_escaped(struct log_buffer *line, struct slice rest)
{
	static const char from[] = "\"\\\n\r\t";
	static const char to[] = "\"\\nrt";
	const char c = *rest.data;
	const char *short_form = c ? strchr(from, c) : NULL;
	char escape[8];

	if (short_form)
		snprintf(escape, sizeof(escape), "\\%c", to[short_form - from]);
	else if (c >= ' ' && c < 0x7f)
		snprintf(escape, sizeof(escape), "%c", c);
	else
		snprintf(escape, sizeof(escape), "\\x%02x", (unsigned char)c);
	log_put_string(line, escape);
	return 1;
}

/* --- JSON ----------------------------------------------------------------- */

/* A character beyond ASCII stays; what is none, or a control, does not. */
static size_t log_put_json(struct log_buffer *line, struct slice rest)
{
	const size_t step = utf8_step(rest);
	const uint32_t c = step ? utf8_code_point(rest.data, step) : 0xfffd;
	char escape[8];

	if (step == 1 && c >= ' ' && c < 0x7f)
		return log_put_escaped(line, rest);
	if (step && c >= 0xa0) {
		log_put(line, rest.data, step);
		return step;
	}
	snprintf(escape, sizeof(escape), "\\u%04x", c);
	log_put_string(line, escape);
	return step ? step : 1;
}

/* --- both ----------------------------------------------------------------- */

static bool log_is_json(void)
{
	return log_options.format == LOG_JSON;
}

static void log_put_value(struct log_buffer *line, struct slice value)
{
	const size_t end = line->length + VALUE_MAX;

	if (!log_is_json() && log_is_plain(value) &&
		value.length <= VALUE_MAX) {
		log_put(line, value.data, value.length);
		return;
	}
	log_put(line, "\"", 1);
	while (value.length > 0) {
		size_t step;

		if (line->length >= end) {
			log_put(line, "...", 3);
			break;
		}
		step = log_is_json() ? log_put_json(line, value)
				     : log_put_escaped(line, value);
		value.data += step;
		value.length -= step;
	}
	log_put(line, "\"", 1);
}

static void log_put_name(struct log_buffer *line, const char *name)
{
	log_put_string(line, log_is_json() ? ",\"" : " ");
	log_put_string(line, name);
	log_put_string(line, log_is_json() ? "\":" : "=");
}

/* A pair for which there is no room is left out. */
static void log_put_pair(
	struct log_buffer *line, const char *name, struct slice value)
{
	const size_t length = line->length;
	char hidden[LOG_NAMES_MAX];

	line->full = false;
	log_put_name(line, name);
	log_put_value(line, log_names_hide(value, hidden));
	if (line->full)
		line->length = length;
}

static void log_put_number(
	struct log_buffer *line, const char *name, int64_t number)
{
	const size_t length = line->length;
	char digits[24];

	snprintf(digits, sizeof(digits), "%" PRId64, number);
	line->full = false;
	log_put_name(line, name);
	log_put_string(line, digits);
	if (line->full)
		line->length = length;
}

static void log_begin(
	struct log_buffer *line, enum log_level level, const char *message)
{
	struct timespec now;
	struct tm utc;
	char time[48];

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	snprintf(time, sizeof(time), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
		utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour,
		utc.tm_min, utc.tm_sec, (int)(now.tv_nsec / 1000000));
	line->length = 0;
	log_put_string(line, log_is_json() ? "{\"time\":" : "time=");
	log_put_value(line, slice_of(time));
	log_put_pair(line, "level", slice_of(level_names[level]));
	log_put_pair(line, "msg", slice_of(message));
}

/* A failure to log cannot be logged. */
static void log_end(struct log_buffer *line)
{
	ssize_t written;

	if (log_is_json())
		line->bytes[line->length++] = '}';
	line->bytes[line->length++] = '\n';
	written = write(STDERR_FILENO, line->bytes, line->length);
	(void)written;
}

void log_line(enum log_level level, const char *message, ...)
{
	struct log_buffer line;
	const char *name;
	va_list pairs;

	if (!log_enabled(level))
		return;
	log_begin(&line, level, message);
	va_start(pairs, message);
	while ((name = va_arg(pairs, const char *)))
		log_put_pair(
			&line, name, slice_of(va_arg(pairs, const char *)));
	va_end(pairs);
	log_end(&line);
}

void log_access(const struct log_access *access)
{
	struct log_buffer line;

	if (!log_enabled(LOG_INFO) || log_options.no_access)
		return;
	log_begin(&line, LOG_INFO, "request");
	log_put_pair(&line, "id", slice_of(access->request_id));
	if (access->trace.length > 0)
		log_put_pair(&line, "trace", access->trace);
	log_put_pair(&line, "method", access->method);
	log_put_pair(&line, "path", access->path);
	log_put_number(&line, "status", access->status);
	log_put_number(&line, "bytes_in", (int64_t)access->request_bytes);
	log_put_number(&line, "bytes_out", (int64_t)access->reply_bytes);
	log_put_number(&line, "microseconds", access->microseconds);
	log_end(&line);
}
