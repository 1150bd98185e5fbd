/* SPDX-License-Identifier: MIT */
/* test_engine_table.c - each engine has every slot that an engine must have. */
#include "core/store/engine.h"
#include "tests/contract/tested_engine.h"
#include "tests/unit/unit.h"

#include <stddef.h>
#include <string.h>

#define SLOT(name)                                       \
	{                                                \
#name, offsetof(struct engine_ops, name) \
	}

/* As engine.h marks them. */
static const struct slot {
	const char *name;
	size_t at;
} musts[] = { SLOT(open), SLOT(close), SLOT(ready), SLOT(begin), SLOT(commit),
	SLOT(rollback), SLOT(enter), SLOT(leave), SLOT(lost), SLOT(start),
	SLOT(bind_number), SLOT(bind_text), SLOT(bind_blob), SLOT(bind_null),
	SLOT(step), SLOT(number), SLOT(text), SLOT(end), SLOT(run),
	SLOT(run_counting), SLOT(insert) },
  mays[] = { SLOT(durability), SLOT(upkeep), SLOT(figures), SLOT(backup),
	  SLOT(note_backup), SLOT(check), SLOT(renew_usage), SLOT(salvage),
	  SLOT(restore), SLOT(plan), SLOT(now), SLOT(draw), SLOT(ahead),
	  SLOT(again), SLOT(turns), SLOT(versions), SLOT(hints), SLOT(pack),
	  SLOT(lists) },
  locks[] = { SLOT(lock_owner), SLOT(lock_history) },
  searches[] = { SLOT(fill), SLOT(forget), SLOT(is_stale), SLOT(merge),
	  SLOT(find), SLOT(words) };

#define COUNT(slots) (sizeof(slots) / sizeof(*(slots)))

static bool has(const struct engine_ops *ops, const struct slot *slot)
{
	void (*set)(void);

	memcpy(&set, (const char *)ops + slot->at, sizeof(set));
	return set != NULL;
}

/* All rows up to the one of plain paths, which is the last. */
static void for_each_row(void (*check)(const struct engine_row *row))
{
	const struct engine_row *row = store_engines;

	for (; row->scheme[0]; row++)
		check(row);
	check(row);
}

static void has_the_musts(const struct engine_row *row)
{
	for (size_t i = 0; i < COUNT(musts); i++)
		ck_assert_msg(has(row->ops, &musts[i]),
			"the engine of \"%s\" has no %s", row->scheme,
			musts[i].name);
}

START_TEST(every_engine_has_what_it_must_have)
{
	for_each_row(has_the_musts);
}
END_TEST

static void locks_whole(const struct engine_row *row)
{
	ck_assert_msg(has(row->ops, &locks[0]) == has(row->ops, &locks[1]),
		"the engine of \"%s\" has one lock alone", row->scheme);
}

START_TEST(an_engine_has_both_locks_or_none)
{
	for_each_row(locks_whole);
}
END_TEST

static void searches_whole(const struct engine_row *row)
{
	for (size_t i = 1; i < COUNT(searches); i++)
		ck_assert_msg(has(row->ops, &searches[i]) ==
				      has(row->ops, &searches[0]),
			"the engine of \"%s\" has %s or %s alone", row->scheme,
			searches[i].name, searches[0].name);
}

START_TEST(an_engine_searches_with_all_of_its_slots_or_none)
{
	for_each_row(searches_whole);
}
END_TEST

/* A slot that is in none of the lists would never be looked at. */
START_TEST(every_slot_is_in_a_list)
{
	const size_t functions =
		COUNT(musts) + COUNT(mays) + COUNT(locks) + COUNT(searches);

	ck_assert_uint_eq(sizeof(struct engine_ops),
		offsetof(struct engine_ops, open) + functions * sizeof(void *));
}
END_TEST

static int tested;

static void is_tested(const struct engine_row *row)
{
	(void)row;
	ck_assert_ptr_nonnull(tested_engines[tested]);
	tested++;
}

START_TEST(every_engine_runs_the_contract)
{
	for_each_row(is_tested);
	ck_assert_ptr_null(tested_engines[tested]);
}
END_TEST

UNIT("engine_table", every_engine_has_what_it_must_have,
	an_engine_has_both_locks_or_none,
	an_engine_searches_with_all_of_its_slots_or_none,
	every_slot_is_in_a_list, every_engine_runs_the_contract)
