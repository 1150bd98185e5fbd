/* SPDX-License-Identifier: MIT */
/*
 * expectations.c - what is known not to be there, while a batch runs.
 */
#include "core/store/sql/expectations.h"
#include "core/store/change_feed.h"

static struct expectation *expectations_first(const struct store *store)
{
	return store->expectations ? store->expectations->all : NULL;
}

static struct expectation *expectations_end(const struct store *store)
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

bool store_expect_session(
	struct store *store, struct session_ref ref, struct session *out)
{
	const uint64_t key = store->expectations ? store_session_key(ref) : 0;

	for (EACH(of))
		if (of->has_row && expectations_names(of, key, ref)) {
			*out = of->row;
			return true;
		}
	return false;
}

/* NULL: it is not known. */
static void expectations_set_profile(
	struct expectation *of, const struct session_profile *profile)
{
	struct error ignored = { 0 };

	of->wrote_profile = true;
	of->has_profile = profile && store_profile_copy(profile, &of->texts,
					     &of->profile, &ignored) == 0;
}

void store_expect_made(struct store *store, struct session_ref ref,
	const struct session *session, bool empty)
{
	static const struct session_profile none = {
		.memory = { "{}", 2 },
		.metadata = { "{}", 2 },
		.retain_retired = -1,
	};
	const uint64_t key = store->expectations ? store_session_key(ref) : 0;

	for (EACH(of)) {
		if (!expectations_names(of, key, ref))
			continue;
		of->no_session = false;
		of->session = empty ? session->id : 0;
		expectations_set_profile(of, empty ? &none : NULL);
	}
}

void store_expect_configured(struct store *store, int64_t session,
	const struct session_profile *profile)
{
	for (EACH(of))
		if (of->session == session)
			expectations_set_profile(of, profile);
}

void store_expect_undo(struct store *store)
{
	for (EACH(of)) {
		of->has_profile = of->has_profile && !of->wrote_profile;
		of->no_newest = of->no_newest && !of->wrote_newest;
	}
}

const struct session_profile *store_expect_profile(
	struct store *store, int64_t session)
{
	for (EACH(of))
		if (of->has_profile && of->session == session)
			return &of->profile;
	return NULL;
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

bool store_expect_no_newest(
	struct store *store, int64_t session, struct slice digest)
{
	for (EACH(of))
		if (of->no_newest && of->session == session &&
			slice_equal(of->what->digest, digest))
			return true;
	return false;
}

void store_expect_kept(struct store *store, struct idempotency_key key,
	const struct idempotency_record *record)
{
	for (EACH(of)) {
		if (key.key.length && expectations_keys(of, key))
			of->no_record = false;
		if (key.key.length || of->session != record->session)
			continue;
		of->wrote_newest = true;
		of->no_newest = !slice_equal(of->what->digest, record->digest);
	}
}

bool store_expect_turn(const struct store *store, const struct store_turn *turn)
{
	for (EACH(of))
		if (of->is_served && of->what->turn == turn)
			return true;
	return false;
}

int64_t *store_expect_count(struct store *store, struct slice tenant)
{
	struct store_expectations *expectations = store->expectations;

	for (size_t i = 0; expectations && i < expectations->count_count; i++)
		if (slice_equal(expectations->counts[i].tenant, tenant))
			return &expectations->counts[i].count;
	return NULL;
}

static bool *expectations_id(struct expectation *of, struct slice id)
{
	const struct message_id *known = message_ids_find(&of->ids, id);

	return known ? &of->no_id[known->index] : NULL;
}

bool store_expect_no_id(
	struct store *store, const struct session *session, struct slice id)
{
	if (session->as_of || session->inherited ||
		store_id_seq(id, session->mark) ||
		store_id_seq(id, session->id_mark))
		return false;
	for (EACH(of)) {
		const bool *no_id = of->session == session->id
					    ? expectations_id(of, id)
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
		bool *no_id =
			of->session == session ? expectations_id(of, id) : NULL;

		if (no_id)
			*no_id = false;
	}
}
