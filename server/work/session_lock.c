/* SPDX-License-Identifier: MIT */
/* session_lock.c - lines of those that want the same, first come first served.
 */
#include "server/work/session_lock.h"

#include <stddef.h>

static struct turn **line_of(struct turns *turns, uint64_t key)
{
	return &turns->lines[key % TURN_LINES];
}

/* The first of this key, whose turn it is. */
static struct turn *first(struct turn *line, uint64_t key)
{
	while (line && line->key != key)
		line = line->next;
	return line;
}

bool turns_join(struct turns *turns, struct turn *turn)
{
	struct turn **end = line_of(turns, turn->key);
	const bool now = !first(*end, turn->key);

	while (*end)
		end = &(*end)->next;
	turn->next = NULL;
	*end = turn;
	return now;
}

struct turn *turns_leave(struct turns *turns, struct turn *turn)
{
	struct turn **line = line_of(turns, turn->key);
	const bool was_first = first(*line, turn->key) == turn;

	while (*line != turn)
		line = &(*line)->next;
	*line = turn->next;
	return was_first ? first(*line, turn->key) : NULL;
}
