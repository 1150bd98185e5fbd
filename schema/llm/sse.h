/* SPDX-License-Identifier: MIT */
/*
 * sse.h - Server-Sent Events, read as their bytes come.
 *
 * Lines may end with CR, LF or both and may come in any pieces.  Only data and
 * id of an event are looked at: comments and other fields are passed over, and
 * so is a byte order mark.  An event that no empty line ends is none.
 */
#ifndef SCHEMA_LLM_SSE_H
#define SCHEMA_LLM_SSE_H

#include "schema/text.h"

struct error;

/* Starts as {0}. */
struct sse {
	struct text line;
	struct text
		data;	/* of the event that is coming, a newline after each */
	struct text id; /* the newest, also of events before this one */
	bool begun;	/* the first line has been seen */
	bool after_cr;	/* a newline now belongs to the line before */
};

/* Gets the data of each event; lines of it have a newline between them. */
typedef int sse_visit(void *context, struct slice data, struct error *error);

/*
 * Reads some more bytes.  -1 if memory runs out, or if a visit returns that.
 */
int sse_read(struct sse *sse, struct slice bytes, sse_visit *visit,
	void *context, struct error *error);

void sse_clear(struct sse *sse);

/* Appends an event; `name` NULL: without a name. */
void sse_write(struct text *out, const char *name, struct slice data);

#endif
