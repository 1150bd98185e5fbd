/* SPDX-License-Identifier: MIT */
/*
 * mark.h - what tells a session from any other one of its name.
 *
 * A mark is MARK_LENGTH letters of base32, five bits each, without i, l, o and
 * u.  Clients see it in ETags, in the ids of events and in those of messages.
 */
#ifndef CORE_STORE_MARK_H
#define CORE_STORE_MARK_H

#include "core/store/store.h"

bool mark_valid(struct slice mark);

/* Makes one of 64 random bits; ERROR_UNAVAILABLE: the system has none. */
int mark_make(char mark[MARK_LENGTH + 1], struct error *error);

/*
 * Moves a valid mark by another one, as the epochs of a store do: each mark
 * becomes another one, and the same move leads back.
 */
void mark_move(char mark[MARK_LENGTH + 1], const char by[MARK_LENGTH + 1]);

#endif
