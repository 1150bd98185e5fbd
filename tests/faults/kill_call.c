/* SPDX-License-Identifier: MIT */
/*
 * kill_call.c - a process that is killed before its nth change of the disk.
 *
 * Preloaded by restore_test.py; KILL_CALL says which.  What counts is a call
 * that changes a file or a name, or sees one on the disk.
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

static long left = -1;

static void count(void)
{
	if (left < 0) {
		const char *nth = getenv("KILL_CALL");

		left = nth ? atol(nth) : 0;
	}
	if (left > 0 && --left == 0)
		kill(getpid(), SIGKILL);
}

#define COUNTED(type, name, parameters, arguments)                 \
	type name parameters                                       \
	{                                                          \
		static type(*real) parameters;                     \
                                                                   \
		count();                                           \
		if (!real)                                         \
			*(void **)&real = dlsym(RTLD_NEXT, #name); \
		return real arguments;                             \
	}

COUNTED(int, link, (const char *from, const char *to), (from, to))
COUNTED(int, rename, (const char *from, const char *to), (from, to))
COUNTED(int, unlink, (const char *name), (name))
COUNTED(int, fsync, (int fd), (fd))
COUNTED(int, fdatasync, (int fd), (fd))
COUNTED(int, ftruncate, (int fd, off_t length), (fd, length))
COUNTED(int, ftruncate64, (int fd, off_t length), (fd, length))
COUNTED(ssize_t, pwrite, (int fd, const void *bytes, size_t size, off_t at),
	(fd, bytes, size, at))
COUNTED(ssize_t, pwrite64, (int fd, const void *bytes, size_t size, off_t at),
	(fd, bytes, size, at))
