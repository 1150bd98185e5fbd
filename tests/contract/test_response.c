/* SPDX-License-Identifier: MIT */
/* test_response.c - responses are kept until they expire or are erased. */
#include "tests/contract/store_unit.h"

#include "core/store/idempotency.h"
#include "core/store/response.h"

#define FIRST  "resp_00000000000000000000000000000001"
#define SECOND "resp_00000000000000000000000000000002"
#define LATER  5000

static struct store *store;

static void setup(void)
{
	scratch();
	store = open_store(STORE_WRITE);
	ok(store_begin(store, &error));
}

static void teardown(void)
{
	store_rollback(store);
	store_close(store);
	scratch_end();
}

static void keep(const char *tenant, const char *name, int64_t session)
{
	const struct store_response response = {
		.tenant = slice_of(tenant),
		.name = slice_of(name),
		.session = session,
		.last_seq = 2 * (session != 0),
		.previous = SLICE("before"),
		.expires_at = LATER,
		.input = SLICE("[1]"),
		.body = SLICE("{\"a\":2}"),
	};

	ok(store_response_keep(store, &response, &error));
}

/* What is due by then is done, between two batches. */
static void pass(int64_t now)
{
	ok(store_commit(store, &error));
	maintain(store, now, 100);
	ok(store_begin(store, &error));
}

/* Its session, -1 if there is none such; all else is as it was kept. */
static int64_t found(const char *tenant, const char *name, int64_t now)
{
	struct store_response response;

	ok(store_response_find(store,
		(struct session_ref){ slice_of(tenant), slice_of(name) }, now,
		&response, &error));
	if (response.id != 0) {
		is(response.previous, "before");
		is(response.input, "[1]");
		is(response.body, "{\"a\":2}");
		ck_assert_int_eq(response.expires_at, LATER);
	}
	text_clear(&response.buf);
	return response.id != 0 ? response.session : -1;
}

START_TEST(a_response_is_its_tenants_alone)
{
	keep("t", FIRST, 0);
	keep("u", FIRST, 0);
	ck_assert_int_eq(found("t", FIRST, 1000), 0);
	ck_assert_int_eq(found("", FIRST, 1000), -1);
	ck_assert_int_eq(found("t", SECOND, 1000), -1);
}
END_TEST

START_TEST(a_response_expires)
{
	struct session session = make(store, "s");

	keep("", FIRST, 0);
	keep("", SECOND, session.id);
	ck_assert_int_eq(found("", FIRST, LATER - 1), 0);
	ck_assert_int_eq(found("", FIRST, LATER), -1);
	ck_assert_int_le(store_maintenance_due(store), LATER);
	pass(LATER - 1);
	has_rows("response", 2);
	pass(LATER + 7200000);
	has_rows("response", 0);
}
END_TEST

START_TEST(a_response_is_erased_with_its_session)
{
	struct session session = make(store, "s");

	append(store, &session, "{\"content\":\"m\"}");
	keep("", FIRST, session.id);
	keep("", SECOND, 0);
	ck_assert_int_eq(found("", FIRST, 1000), session.id);
	ok(store_session_erase(store, &session, 1000, &error));
	ck_assert_int_eq(found("", FIRST, 1000), -1);
	ck_assert_int_eq(found("", SECOND, 1000), 0);
	pass(1000);
	has_rows("response", 1);
}
END_TEST

START_TEST(a_response_alone_gets_a_session)
{
	struct session session = make(store, "s");
	struct store_response response;

	keep("", FIRST, 0);
	ok(store_response_find(store,
		(struct session_ref){ SLICE(""), SLICE(FIRST) }, 1000,
		&response, &error));
	session.last_seq = 7;
	ok(store_response_attach(store, &response, &session, &error));
	text_clear(&response.buf);
	ok(store_response_find(store,
		(struct session_ref){ SLICE(""), SLICE(FIRST) }, 1000,
		&response, &error));
	is(response.session_name, "s");
	ck_assert_int_eq(response.last_seq, 7);
	ok(store_response_delete(store, &response, &error));
	ck_assert_int_eq(found("", FIRST, 1000), -1);
	text_clear(&response.buf);
}
END_TEST

/* A reply, kept with the client's key, of this response, in no session. */
static void keep_reply(const char *tenant, const char *key, const char *name)
{
	const struct idempotency_record record = {
		.digest = SLICE("0123456789abcdef0123456789abcdef"),
		.status = 200,
		.etag = slice_of(name),
		.body = SLICE("{}"),
	};

	ok(store_idempotency_keep(store,
		(struct idempotency_key){ slice_of(tenant), slice_of(key) },
		&record, 1000, &error));
}

START_TEST(replies_of_a_response_alone_go_with_it)
{
	struct store_response response;
	struct session session;

	keep("", FIRST, 0);
	keep("", SECOND, 0);
	keep_reply("", "1", "\"" FIRST "\"");
	keep_reply("", "2", "\"" SECOND "\"");
	keep_reply("t", "3", "\"" FIRST "\"");
	ok(store_response_find(store,
		(struct session_ref){ SLICE(""), SLICE(FIRST) }, 1000,
		&response, &error));
	ok(store_response_delete(store, &response, &error));
	text_clear(&response.buf);
	pass(1000);
	has_rows("idempotency_record", 2);
	ok(store_response_find(store,
		(struct session_ref){ SLICE(""), SLICE(SECOND) }, 1000,
		&response, &error));
	session = make(store, "s");
	ok(store_response_attach(store, &response, &session, &error));
	text_clear(&response.buf);
	pass(1000);
	has_rows("idempotency_record", 1);
}
END_TEST

START_TEST(a_response_goes_when_its_session_expires)
{
	struct session session = make(store, "s");
	struct session_profile profile = {
		.ttl_seconds = 1, .memory = SLICE("{}"), .metadata = SLICE("{}")
	};

	keep("", FIRST, session.id);
	ok(store_session_configure(store, &session, &profile, 1000, &error));
	ck_assert_int_eq(found("", FIRST, 1999), session.id);
	ck_assert_int_eq(found("", FIRST, 4000), -1);
}
END_TEST

START_TEST(names_are_told_from_others)
{
	static const char *const others[] = { "", "resp_", "resp_1",
		"resp_0000000000000000000000000000000g", FIRST "0",
		"RESP_00000000000000000000000000000001" };

	ck_assert(store_response_is_name(SLICE(FIRST)));
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		ck_assert_msg(!store_response_is_name(slice_of(others[i])),
			"%s", others[i]);
}
END_TEST

CONTRACT_UNIT("response", setup, teardown, a_response_is_its_tenants_alone,
	a_response_expires, a_response_is_erased_with_its_session,
	a_response_alone_gets_a_session, replies_of_a_response_alone_go_with_it,
	a_response_goes_when_its_session_expires, names_are_told_from_others)
