/* SPDX-License-Identifier: MIT */
/*
 * failing_malloc.h - lets the nth allocation of a test program fail.
 *
 *	for (long nth = 1; malloc_fails(nth); nth++)
 *		… must fail for want of memory, or take fewer than nth
 *
 * The sanitizers bring allocators of their own: under them nothing fails,
 * malloc_fails() is false at once, and the loop runs without them.
 */
#ifndef TESTS_FAILING_MALLOC_H
#define TESTS_FAILING_MALLOC_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)

static inline bool malloc_fails(long nth)
{
	(void)nth;
	return false;
}

static inline bool malloc_failed(void)
{
	return false;
}

#else

static _Thread_local long malloc_left; /* 0: none fails */
static _Thread_local bool malloc_hit;

/* glibc's own, under the names that it keeps for this. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *old, size_t size);

static bool malloc_refuses(void)
{
	if (malloc_left == 0 || --malloc_left > 0)
		return false;
	malloc_hit = true;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return malloc_refuses() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return malloc_refuses() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return malloc_refuses() ? NULL : __libc_realloc(old, size);
}

/* From here on the nth allocation fails, once.  True. */
static inline bool malloc_fails(long nth)
{
	malloc_left = nth;
	malloc_hit = false;
	return true;
}

/* Ends it, and tells whether an allocation has failed. */
static inline bool malloc_failed(void)
{
	malloc_left = 0;
	return malloc_hit;
}

#endif
#endif
