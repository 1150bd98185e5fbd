/* SPDX-License-Identifier: MIT */
/*
 * noting_damage.h - the damage that a store which only takes notes has met.
 */
#ifndef TESTS_UNIT_NOTING_DAMAGE_H
#define TESTS_UNIT_NOTING_DAMAGE_H

#include "core/store/check.h"

static int retries; /* so often a batch that is lost is to be run again */

bool store_retries(struct store *unused)
{
	(void)unused;
	return retries > 0 && retries-- > 0;
}

bool store_erase_is_stuck(const struct store *unused)
{
	(void)unused;
	return false;
}

int store_erase_refuse(struct error *unused)
{
	(void)unused;
	return -1;
}

#endif
