/* SPDX-License-Identifier: MIT */
/*
 * clock_watch.c - is the clock of the day to be believed?
 */
#include "core/store/clock_watch.h"

void clock_watch_start(struct clock_watch *watch, int64_t seen, int64_t passed)
{
	*watch = (struct clock_watch){
		.believed = seen - passed,
		.state = CLOCK_BELIEVED,
	};
}

static void clock_watch_believe(struct clock_watch *watch, int64_t offset)
{
	watch->believed = offset;
	watch->state = CLOCK_BELIEVED;
}

static enum clock_news clock_watch_doubt(
	struct clock_watch *watch, int64_t offset, int64_t passed)
{
	const bool steady = watch->state == CLOCK_DOUBTED &&
			    offset - watch->doubted <= CLOCK_DOUBT &&
			    watch->doubted - offset <= CLOCK_DOUBT;

	if (steady && passed - watch->since >= CLOCK_DOUBT) {
		clock_watch_believe(watch, offset);
		return CLOCK_AGREED;
	}
	if (steady)
		return CLOCK_NO_NEWS;
	watch->doubted = offset;
	watch->since = passed;
	watch->state = CLOCK_DOUBTED;
	return CLOCK_IS_AHEAD;
}

enum clock_news clock_watch_look(
	struct clock_watch *watch, int64_t now, int64_t passed)
{
	const int64_t offset = now - passed;
	const bool doubted = watch->state == CLOCK_DOUBTED;

	if (watch->state != CLOCK_UNSEEN &&
		offset - watch->believed > CLOCK_JUMP)
		return clock_watch_doubt(watch, offset, passed);
	clock_watch_believe(watch, offset);
	return doubted ? CLOCK_IS_BACK : CLOCK_NO_NEWS;
}

int64_t clock_watch_until(const struct clock_watch *watch, int64_t passed)
{
	return watch->believed + passed;
}
