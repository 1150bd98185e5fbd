/* SPDX-License-Identifier: MIT */
/*
 * clock_fault.c - clocks that are off by as much as they are told to be.
 *
 * Preloaded into the server by clock_test.py, which shares the file named by
 * CLOCK_FAULT with it.
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct control {
	_Atomic long of_day;	 /* seconds that CLOCK_REALTIME is ahead */
	_Atomic long since_boot; /* and CLOCK_BOOTTIME */
};

static struct control *control;

__attribute__((constructor)) static void attach(void)
{
	const char *path = getenv("CLOCK_FAULT");
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

int clock_gettime(clockid_t clock, struct timespec *now)
{
	const int failed = (int)syscall(SYS_clock_gettime, clock, now);

	if (failed || !control)
		return failed;
	if (clock == CLOCK_REALTIME)
		now->tv_sec += atomic_load(&control->of_day);
	if (clock == CLOCK_BOOTTIME)
		now->tv_sec += atomic_load(&control->since_boot);
	return 0;
}
