/* SPDX-License-Identifier: MIT */
/*
 * expectations.c - what is known not to be there, while a batch runs.
 */
#include "core/store/sql/expectations.h"
#include "core/store/change_feed.h"

static struct expectation *expectations_first(struct store *store)
{
	return store->expectations ? store->expectations->all : NULL;
}

static struct expectation *expectations_end(struct store *store)
{
	return store->expectations
		       ? store->expectations->all + store->expectations->count
		       : NULL;
}

#define EACH(of)                                                \
	struct expectation *of = expectations_first(store),     \
			   *of##_end = expectations_end(store); \
	of != of##_end;                                         \
	of++

static bool expectations_names(
	const struct expectation *of, uint64_t key, struct session_ref ref)
{
	return of->key == key &&
	       slice_equal(of->what->ref.tenant, ref.tenant) &&
	       slice_equal(of->what->ref.name, ref.name);
}

bool store_expect_no_session(struct store *store, struct session_ref ref)
{
	const uint64_t key = store->expectations ? store_session_key(ref) : 0;

	for (EACH(of))
		if (of->no_session && expectations_names(of, key, ref))
			return true;
	return false;
}

void store_expect_made(struct store *store, struct session_ref ref,
	const struct session *session, bool empty)
{
	const uint64_t key = store->expectations ? store_session_key(ref) : 0;

	for (EACH(of)) {
		if (!expectations_names(of, key, ref))
			continue;
		of->no_session = false;
		of->session = empty ? session->id : 0;
	}
}

static bool expectations_keys(
	const struct expectation *of, struct idempotency_key key)
{
	return slice_equal(of->what->key, key.key) &&
	       slice_equal(of->what->ref.tenant, key.tenant);
}

bool store_expect_no_record(struct store *store, struct idempotency_key key)
{
	for (EACH(of))
		if (of->no_record && expectations_keys(of, key))
			return true;
	return false;
}

bool store_expect_no_newest(struct store *store, int64_t session)
{
	for (EACH(of))
		if (of->no_newest && of->session == session)
			return true;
	return false;
}

void store_expect_kept(
	struct store *store, struct idempotency_key key, int64_t session)
{
	for (EACH(of)) {
		if (key.key.length && expectations_keys(of, key))
			of->no_record = false;
		if (!key.key.length && of->session == session)
			of->no_newest = false;
	}
}

int64_t *store_expect_count(struct store *store, struct slice tenant)
{
	struct store_expectations *expectations = store->expectations;

	for (size_t i = 0; expectations && i < expectations->count_count; i++)
		if (slice_equal(expectations->counts[i].tenant, tenant))
			return &expectations->counts[i].count;
	return NULL;
}

/* Ids come in their order, so the one after the last is looked at first. */
static bool *expectations_id(
	struct store *store, struct expectation *of, struct slice id)
{
	size_t *next = &store->expectations->next_id;

	for (size_t i = 0; i < of->what->id_count; i++) {
		const size_t at = (*next + i) % of->what->id_count;

		if (!slice_equal(of->what->ids[at], id))
			continue;
		*next = at + 1;
		return &of->no_id[at];
	}
	return NULL;
}

bool store_expect_no_id(
	struct store *store, const struct session *session, struct slice id)
{
	if (session->as_of || session->inherited ||
		store_id_seq(id, session->mark))
		return false;
	for (EACH(of)) {
		const bool *no_id = of->session == session->id
					    ? expectations_id(store, of, id)
					    : NULL;

		if (no_id)
			return *no_id;
	}
	return false;
}

void store_expect_appended(
	struct store *store, int64_t session, struct slice id)
{
	for (EACH(of)) {
		bool *no_id = of->session == session
				      ? expectations_id(store, of, id)
				      : NULL;

		if (no_id)
			*no_id = false;
	}
}
