/* SPDX-License-Identifier: MIT */
/* mark.c - what tells a session from any other one of its name. */
#include "core/store/mark.h"
#include "schema/error.h"

#include <string.h>
#include <sys/random.h>

static const char mark_letters[] = "0123456789abcdefghjkmnpqrstvwxyz";

/* -1: it is no letter of a mark. */
static int mark_bits(char letter)
{
	const char *at = letter ? strchr(mark_letters, letter) : NULL;

	return at ? (int)(at - mark_letters) : -1;
}

bool mark_valid(struct slice mark)
{
	if (mark.length != MARK_LENGTH)
		return false;
	for (size_t i = 0; i < MARK_LENGTH; i++)
		if (mark_bits(mark.data[i]) < 0)
			return false;
	return true;
}

int mark_make(char mark[MARK_LENGTH + 1], struct error *error)
{
	uint64_t bits;

	if (getrandom(&bits, sizeof(bits), 0) != sizeof(bits))
		return error_set(error, ERROR_UNAVAILABLE,
			"the system has no random numbers");
	for (int i = 0; i < MARK_LENGTH; i++, bits >>= 5)
		mark[i] = mark_letters[bits & 31];
	mark[MARK_LENGTH] = '\0';
	return 0;
}

void mark_move(char mark[MARK_LENGTH + 1], const char by[MARK_LENGTH + 1])
{
	for (int i = 0; i < MARK_LENGTH; i++)
		mark[i] = mark_letters[(mark_bits(mark[i]) ^ mark_bits(by[i])) &
				       31];
}
