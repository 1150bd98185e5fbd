/* SPDX-License-Identifier: MIT */
/* pace.h - how much is done at a time, so that nothing waits long for it. */
#ifndef SERVER_WORK_PACE_H
#define SERVER_WORK_PACE_H

#include <stdint.h>

#define PACE_US	   5000 /* that a step may take */
#define PACE_ROWS  1024 /* and the most that it looks at */
#define PACE_FIRST 64	/* rows of the first step */

/* The rows of the next step, after one of so many took that long. */
static inline int64_t pace_rows(int64_t rows, int64_t took_us, int64_t most_us)
{
	if (took_us > most_us && rows > 1)
		return rows / 2;
	return took_us < most_us / 4 && rows < PACE_ROWS ? rows * 2 : rows;
}

#endif
