/* SPDX-License-Identifier: MIT */
/*
 * malloc_fault.c - an allocator that fails when it is told to.
 *
 * Preloaded into the server by memory_fault_test.py, which shares the file
 * named by MALLOC_FAULT with it: the nth allocation from the moment it is
 * armed fails, and with `sticky` all that follow.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
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
	const char *path = getenv("MALLOC_FAULT");
	int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *shared;

	if (file < 0)
		return;
	shared = mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE,
		MAP_SHARED, file, 0);
	close(file);
	if (shared != MAP_FAILED)
		control = shared;
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
