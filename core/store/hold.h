/* SPDX-License-Identifier: MIT */
/*
 * hold.h - what is not deleted while the clock is doubted.
 *
 * Of the writer's handle only; clock_watch.h tells when.
 */
#ifndef CORE_STORE_HOLD_H
#define CORE_STORE_HOLD_H

#include <stdint.h>

struct error;
struct store;

/*
 * Until it is called again all that ended after this time is kept, though it
 * is out of sight.  A session of that kind whose name is wanted gets another:
 * its own, "~expired-" and its mark.
 */
void store_hold(struct store *store, int64_t until);

/* It is looked again for what may be due: some of it was held. */
void store_release(struct store *store);

/* By this time things are deleted; `now`, or before it. */
int64_t store_believed(const struct store *store, int64_t now);

/*
 * When store_probe() wrote last, by the clock that was believed; 0: never.  It
 * is what a start knows of the clock before it.
 */
int store_probed_at(struct store *store, int64_t *at, struct error *error);

#endif
