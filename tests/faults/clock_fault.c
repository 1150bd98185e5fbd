/* SPDX-License-Identifier: MIT */
/*
 * clock_fault.c - clocks that are off by as much as they are told to be.
 *
 * Preloaded into the server by clock_test.py, which shares the file named by
 * CLOCK_FAULT with it.
 */
#include "tests/faults/control.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
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
	control = control_map("CLOCK_FAULT", sizeof(*control));
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
