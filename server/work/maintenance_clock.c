/* SPDX-License-Identifier: MIT */
/*
 * maintenance_clock.c - the clock that decides what has expired: is it to be
 * believed?
 */
#include "server/work/maintenance.h"

#include "core/store/check.h"
#include "core/store/hold.h"
#include "schema/clock.h"
#include "schema/error.h"

#include <stdio.h>

#define HOUR_MS 3600000

static int64_t maintenance_clock_passed(void)
{
	return clock_ms(CLOCK_BOOTTIME);
}

static void maintenance_clock_tell(
	struct maintenance *maintenance, enum clock_news news, int64_t ahead)
{
	const struct writer_options *options = maintenance->options;
	char line[120];

	if (options->beside) /* it tells */
		return;
	if (news == CLOCK_IS_AHEAD) {
		snprintf(line, sizeof(line),
			"the clock is %lld hours ahead of what was seen last: "
			"what has expired is kept for another hour",
			(long long)(ahead / HOUR_MS));
		options->warn(options->context, line);
	}
	if (news == CLOCK_IS_BACK)
		options->warn(options->context, "the clock is back");
	if (news == CLOCK_AGREED)
		options->warn(options->context,
			"the clock is believed: what has expired is deleted");
}

void maintenance_look_at_clock(struct maintenance *maintenance)
{
	const int64_t now = store_now(maintenance->store);
	const int64_t passed = maintenance_clock_passed();
	const enum clock_news news =
		clock_watch_look(&maintenance->clock, now, passed);
	const int64_t until = clock_watch_until(&maintenance->clock, passed);

	store_hold(maintenance->store, until);
	if (news == CLOCK_IS_BACK || news == CLOCK_AGREED)
		store_release(maintenance->store);
	maintenance_clock_tell(maintenance, news, now - until);
}

void maintenance_start_clock(struct maintenance *maintenance)
{
	struct error error = { 0 };
	int64_t seen;

	if (store_probed_at(maintenance->store, &seen, &error) == 0 &&
		seen > 0) {
		maintenance->probed = seen;
		clock_watch_start(
			&maintenance->clock, seen, maintenance_clock_passed());
	}
	maintenance_look_at_clock(maintenance);
}

int64_t maintenance_until(const struct maintenance *maintenance)
{
	return clock_watch_until(
		&maintenance->clock, maintenance_clock_passed());
}

int maintenance_date(struct maintenance *maintenance, struct error *error)
{
	struct store *store = maintenance->store;
	const int64_t until = maintenance_until(maintenance);

	maintenance->probing = 0;
	if (maintenance->probed && until >= maintenance->probed)
		return 0;
	maintenance->probing = until;
	return store_probe(store, store_now(store), error);
}

void maintenance_is_dated(struct maintenance *maintenance)
{
	if (maintenance->probing)
		maintenance->probed = maintenance->probing;
	maintenance->probing = 0;
}
