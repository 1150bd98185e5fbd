/* SPDX-License-Identifier: MIT */
/*
 * spread.h - a secret that is spelled over several events of a stream.
 *
 * A language model says a text in pieces, one an event: "sk-", "ab", "cd".
 * Each piece is harmless, and whoever puts them together has the secret.  So
 * the texts of the events are put together here, by their place in the JSON;
 * the lines of one event are one JSON.  JSON's escapes are read, as deep as
 * they are nested; a spelling of a URL's or base64 is looked for within one
 * answer only (blot.h).
 * An event is held back only while a text ends in what may be the secret's
 * beginning, and in more of it than the few characters that all keys begin
 * with.
 */
#ifndef SERVER_UPSTREAM_SPREAD_H
#define SERVER_UPSTREAM_SPREAD_H

#include "schema/text.h"

/* Texts that end in the beginning of the secret at the same time. */
#define SPREAD_TEXTS 16

/* A character of the secret, in the bytes that are held. */
struct spread_piece {
	size_t at;
	size_t size; /* 0: it has been handed on */
};

struct spread_text {
	uint64_t path; /* a hash of its place in the event */
	size_t matched;
	struct spread_piece *pieces; /* so many, with room for the secret */
};

#define SPREAD_DEPTH 32

/* Where a walk through the JSON of an event is. */
struct spread_level {
	uint64_t base; /* the path of the array or object */
	uint64_t path; /* of the member or element in it */
	bool is_array;
	unsigned count; /* elements so far */
};

/* Starts as {0}. */
struct spread {
	struct spread_text texts[SPREAD_TEXTS];
	size_t seen; /* of the held bytes; the rest is no whole line yet */
	bool late;   /* in a line that was too long to wait for its end */
	bool failed; /* memory ran out */
	bool is_cr;  /* the last line ended so: a line feed belongs to it */
	int depth;
	struct spread_level levels[SPREAD_DEPTH];
};

/*
 * Looks at the lines of an event stream that have come whole, and puts stars
 * over a secret that is spread over them.  Returns how many of the held bytes
 * may be handed on.  An empty secret: all of them.
 */
size_t spread_blot(
	struct spread *spread, char *held, size_t length, struct slice secret);

/* So many of the held bytes are gone. */
void spread_move(struct spread *spread, size_t size);

/* Nothing follows: more than half of a secret is not shown either. */
void spread_end(struct spread *spread, char *held, struct slice secret);

/* Forgets all, for another stream. */
void spread_clear(struct spread *spread);

#endif
