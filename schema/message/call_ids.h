/* SPDX-License-Identifier: MIT */
/*
 * call_ids.h - ids for calls that came without one, and for their results.
 *
 * Ollama's calls have none, and a result names its tool only.  Models want an
 * id, each call another, and some want just nine letters and digits.  A made
 * id is told from all others by a check of its own.  It depends on the call
 * alone, so that it stays as it is while a window moves; what it takes the
 * other messages to know is mended when all are written.
 */
#ifndef SCHEMA_MESSAGE_CALL_IDS_H
#define SCHEMA_MESSAGE_CALL_IDS_H

#include "schema/text.h"

/* Appends the id of a call; the name is a JSON string. */
void call_ids_put(struct text *out, struct slice name, struct slice arguments);

/* Appends that of a result of a tool, whose call is not known yet. */
void call_ids_put_result(struct text *out, struct slice name);

/* Is the JSON string such an id, of either kind? */
bool call_ids_is_made(struct slice id);

/*
 * Appends the id of the nth call, from 2 on, that has this one (a JSON string)
 * in its message, and of its result: models want each call another.  The id
 * with a mark behind it, so that it is known again.
 */
void call_ids_put_nth(struct text *out, struct slice id, unsigned nth);

/* Appends the object with the id, the value of one of its members, so. */
void call_ids_put_object(
	struct text *out, struct slice object, struct slice id, unsigned nth);

/* The id, as UTF-8, without such a mark. */
struct slice call_ids_unmarked(struct slice id);

/*
 * The values of an array, from `begun` on, are all written, in the order of the
 * history, those of one call or result each in one: each call gets an id that
 * no other has, and the first result of a tool the id of the first call before
 * it, and so on.
 */
void call_ids_finish(struct text *out, size_t begun);

#endif
