/* SPDX-License-Identifier: MIT */
/*
 * malloc_fault.c - an allocator that fails when it is told to.
 *
 * Preloaded into the server by memory_fault_test.py, which shares the file
 * named by MALLOC_FAULT with it: the nth allocation from the moment it is
 * armed fails, and with `sticky` all that follow.
 */
#include "tests/faults/control.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

struct control {
	_Atomic long armed; /* the nth fails; 0: none */
	_Atomic long sticky;
	_Atomic long count; /* since it was armed */
};

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

static struct control *control;

__attribute__((constructor)) static void attach(void)
{
	control = control_map("MALLOC_FAULT", sizeof(*control));
}

static bool fails(void)
{
	long armed = control ? atomic_load(&control->armed) : 0;
	long count;

	if (!armed)
		return false;
	count = atomic_fetch_add(&control->count, 1) + 1;
	if (count != armed && !(count > armed && control->sticky))
		return false;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return fails() ? NULL : __libc_realloc(old, size);
}
