/* SPDX-License-Identifier: MIT */
/*
 * disk_fault.c - a disk whose nth call fails, or is a process's last.
 *
 * Preloaded by restore_test.py and ledger_test.py, which share the file named
 * by DISK_FAULT with it.  What counts is a call that changes a file or a name,
 * or sees one on the disk; for FAULT_READ, one that reads.
 */
#include "tests/faults/control.h"

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>
#include <unistd.h>

enum fault { FAULT_KILL, FAULT_WRITE, FAULT_FULL, FAULT_READ };

struct control {
	_Atomic long armed; /* the nth call; 0: none */
	_Atomic long fault;
	_Atomic long most; /* so many that follow each other fail */
	_Atomic long count;
};

static struct control *control;

__attribute__((constructor)) static void attach(void)
{
	control = control_map("DISK_FAULT", sizeof(*control));
}

/* True, and errno says why: the call fails. */
static bool fails(bool reads)
{
	long armed = control ? atomic_load(&control->armed) : 0;
	long fault = armed ? atomic_load(&control->fault) : 0;
	long count;

	if (!armed || reads != (fault == FAULT_READ))
		return false;
	count = atomic_fetch_add(&control->count, 1) + 1;
	if (count < armed || count >= armed + atomic_load(&control->most))
		return false;
	if (fault == FAULT_KILL)
		kill(getpid(), SIGKILL);
	errno = fault == FAULT_FULL ? ENOSPC : EIO;
	return true;
}

#define FALLIBLE(type, reads, name, parameters, arguments)         \
	type name parameters                                       \
	{                                                          \
		static type(*real) parameters;                     \
                                                                   \
		if (fails(reads))                                  \
			return -1;                                 \
		if (!real)                                         \
			*(void **)&real = dlsym(RTLD_NEXT, #name); \
		return real arguments;                             \
	}

FALLIBLE(int, false, link, (const char *from, const char *to), (from, to))
FALLIBLE(int, false, rename, (const char *from, const char *to), (from, to))
FALLIBLE(int, false, unlink, (const char *name), (name))
FALLIBLE(int, false, fsync, (int fd), (fd))
FALLIBLE(int, false, fdatasync, (int fd), (fd))
FALLIBLE(int, false, ftruncate, (int fd, off_t length), (fd, length))
FALLIBLE(int, false, ftruncate64, (int fd, off_t length), (fd, length))
FALLIBLE(ssize_t, false, pwrite,
	(int fd, const void *bytes, size_t size, off_t at),
	(fd, bytes, size, at))
FALLIBLE(ssize_t, false, pwrite64,
	(int fd, const void *bytes, size_t size, off_t at),
	(fd, bytes, size, at))
FALLIBLE(ssize_t, true, pread, (int fd, void *bytes, size_t size, off_t at),
	(fd, bytes, size, at))
FALLIBLE(ssize_t, true, pread64, (int fd, void *bytes, size_t size, off_t at),
	(fd, bytes, size, at))
