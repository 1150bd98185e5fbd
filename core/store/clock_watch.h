/* SPDX-License-Identifier: MIT */
/*
 * clock_watch.h - is the clock of the day to be believed?
 *
 * Somebody may set it.  It is held against CLOCK_BOOTTIME, which nobody sets:
 * a clock that is suddenly more than a day ahead is doubted for an hour, and
 * until then time goes on from where it was.  After a clock that went back
 * there is nothing to be deleted too early; it is believed at once.
 *
 * All times are milliseconds.
 */
#ifndef CORE_STORE_CLOCK_WATCH_H
#define CORE_STORE_CLOCK_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_JUMP  ((int64_t)24 * 3600 * 1000)
#define CLOCK_DOUBT ((int64_t)3600 * 1000)

/* Starts as {0}. */
struct clock_watch {
	int64_t believed; /* the clock less what has passed since the boot */
	int64_t doubted;  /* the same, of a clock ahead of it */
	int64_t since;	  /* when that was seen first, since the boot */
	enum clock_state {
		CLOCK_UNSEEN,
		CLOCK_BELIEVED,
		CLOCK_DOUBTED,
	} state;
};

/* The log tells of these. */
enum clock_news { CLOCK_NO_NEWS, CLOCK_IS_AHEAD, CLOCK_IS_BACK, CLOCK_AGREED };

/* The clock that is believed showed this when it was looked at last. */
void clock_watch_start(struct clock_watch *watch, int64_t seen, int64_t passed);

/*
 * Looks at the clock, `passed` after the boot.  Nothing that ends after
 * clock_watch_until() is to be deleted.
 */
enum clock_news clock_watch_look(
	struct clock_watch *watch, int64_t now, int64_t passed);

/*
 * The time that is believed.  The clock may be set at any moment after a look,
 * so what ends later is for the next one.
 */
int64_t clock_watch_until(const struct clock_watch *watch, int64_t passed);

#endif
