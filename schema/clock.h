/* SPDX-License-Identifier: MIT */
/* clock.h - the time, in microseconds and in milliseconds. */
#ifndef SCHEMA_CLOCK_H
#define SCHEMA_CLOCK_H

#include <stdint.h>
#include <time.h>

/* CLOCK_REALTIME: since 1970; any other: for what lies between. */
static inline int64_t clock_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static inline int64_t clock_ms(clockid_t clock)
{
	return clock_us(clock) / 1000;
}

#endif
