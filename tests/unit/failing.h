/* SPDX-License-Identifier: MIT */
/*
 * failing.h - memory that runs out when a test wants it to.
 *
 *	while (failing_next()) {
 *		int result = call(…);
 *		bool failed = failing_stop();
 *		…
 *	}
 *
 * runs the block with the first allocation failing, then with the second,
 * and so on; the last time none has failed.  Other threads have all they need.
 */
#ifndef TESTS_UNIT_FAILING_H
#define TESTS_UNIT_FAILING_H

#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>

static _Thread_local struct {
	size_t round;
	size_t left; /* allocations until the one that fails; 0: not armed */
	bool happened;
} failing;

static inline bool failing_next(void)
{
	bool again = failing.round == 0 || failing.happened;

	failing.round = again ? failing.round + 1 : 0;
	failing.left = failing.round;
	failing.happened = false;
	return again;
}

/* Ends the failing of this round; true if there was one. */
static inline bool failing_stop(void)
{
	failing.left = 0;
	return failing.happened;
}

/* Threads allocate before the sanitizer of threads knows them. */
#define UNWATCHED __attribute__((no_sanitize("thread")))

UNWATCHED static inline bool failing_now(void)
{
	if (failing.left == 0 || --failing.left > 0)
		return false;
	failing.happened = true;
	return true;
}

/* These stand before the C library's, or the sanitizer's. */
UNWATCHED void *realloc(void *old, size_t size)
{
	static void *(*next)(void *, size_t);

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "realloc");
	return failing_now() ? NULL : next(old, size);
}

UNWATCHED void *calloc(size_t count, size_t size)
{
	static void *(*next)(size_t, size_t);

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "calloc");
	return failing_now() ? NULL : next(count, size);
}

#endif
