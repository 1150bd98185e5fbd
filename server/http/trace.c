/* SPDX-License-Identifier: MIT */
/*
 * trace.c - the trace that a request belongs to, as W3C Trace Context names it:
 * 00-TRACE-PARENT-FLAGS, of 32, 16 and 2 digits.
 */
#include <string.h>

#include "server/http/exchange.h"

#define LENGTH	    55
#define ID_AT	    3
#define ID_SIZE	    32
#define PARENT	    36
#define PARENT_SIZE 16
#define STATE_MOST                                                \
	512 /* what everybody should hand on; more may be dropped \
	     */

static bool trace_is_hex(const char *at, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (at[i] == '\0' || !strchr("0123456789abcdef", at[i]))
			return false;
	return true;
}

static bool trace_is_zero(const char *at, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (at[i] != '0')
			return false;
	return true;
}

/* Later versions may have more behind the flags. */
static bool trace_is_one(struct slice text)
{
	const char *at = text.data;

	return text.length >= LENGTH && text.length < 256 &&
	       trace_is_hex(at, 2) && memcmp(at, "ff", 2) != 0 &&
	       at[2] == '-' && trace_is_hex(at + ID_AT, ID_SIZE) &&
	       !trace_is_zero(at + ID_AT, ID_SIZE) && at[35] == '-' &&
	       trace_is_hex(at + PARENT, PARENT_SIZE) &&
	       !trace_is_zero(at + PARENT, PARENT_SIZE) && at[52] == '-' &&
	       trace_is_hex(at + 53, 2) &&
	       (text.length == LENGTH ||
		       (memcmp(at, "00", 2) != 0 && at[LENGTH] == '-'));
}

void trace_check(struct fields *fields)
{
	if (fields->traceparent.data && !trace_is_one(fields->traceparent))
		fields->traceparent = (struct slice){ 0 };
	if (!fields->traceparent.data || fields->tracestate.length > STATE_MOST)
		fields->tracestate = (struct slice){ 0 };
}

struct slice trace_id(const struct fields *fields)
{
	if (fields->traceparent.length == 0)
		return (struct slice){ 0 };
	return (struct slice){ fields->traceparent.data + ID_AT, ID_SIZE };
}
