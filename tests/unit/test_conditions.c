/* SPDX-License-Identifier: MIT */
/*
 * test_conditions.c - requests at one version or once only, hours apart.
 */
#include "core/memory/registry.h"
#include "core/store/idempotency.h"
#include "server/api/route.h"
#include "tests/sqlite/sqlite_unit.h"

#define MINUTE INT64_C(60000)
#define DAY    (24 * 60 * MINUTE)
#define NOW    INT64_C(1800000000000)

static struct store *store;
static struct reply reply;
static const struct memories memories;

static void begin(void)
{
	scratch_file();
	store = open_store(STORE_WRITE);
	ok(store_begin(store, &error));
}

static void end(void)
{
	reply_clear(&reply);
	store_rollback(store);
	store_close(store);
	scratch_end();
}

/* A request for /sessions/s/messages, or for what `last` says of it. */
static struct request request(
	enum api_method method, const char *last, const char *body)
{
	return (struct request){
		.method = method,
		.segments = { SLICE("sessions"), SLICE("s"), slice_of(last) },
		.segment_count = last[0] ? 3 : 2,
		.body = slice_of(body),
		.now = NOW,
		.memories = &memories,
	};
}

static struct request post(const char *body)
{
	return request(METHOD_POST, "messages", body);
}

static struct request keyed(const char *key, const char *body)
{
	struct request made = post(body);

	made.idempotency_key = slice_of(key);
	return made;
}

static struct request counted(const char *retries, const char *body)
{
	struct request made = post(body);

	made.retry_count = slice_of(retries);
	return made;
}

/* Does what the server does with it, as one member of a batch. */
static int run(struct request asked, struct error *why)
{
	int result = api_route(&asked, &(const char *){ NULL }, why);

	reply_clear(&reply);
	ck_assert_int_eq(store_enter(store, why), 0);
	if (!result && !(result = api_check(&asked, why)))
		result = api_handle(store, &asked, &reply, why);
	ck_assert_int_eq(store_leave(store, result == 0, why), 0);
	request_clear(&asked);
	return result;
}

static bool is_replay(void)
{
	return reply.header_count == 1;
}

static struct request at(int64_t now, struct request asked)
{
	asked.now = now;
	return asked;
}

START_TEST(a_key_is_good_for_a_day)
{
	ok(run(keyed("k", "\"a\""), &error));
	ck_assert(!is_replay());
	ok(run(at(NOW + DAY - 1, keyed("k", "\"a\"")), &error));
	ck_assert(is_replay());
	fails(run(at(NOW + DAY - 1, keyed("k", "\"b\"")), &error),
		ERROR_KEY_REUSED);
	ok(run(at(NOW + DAY, keyed("k", "\"b\"")), &error));
	ck_assert(!is_replay());
	ok(run(at(NOW + DAY, keyed("k", "\"b\"")), &error));
	ck_assert(is_replay());
}
END_TEST

START_TEST(a_count_is_good_for_ten_minutes)
{
	ok(run(counted("0", "\"a\""), &error));
	ok(run(at(NOW + 10 * MINUTE - 1, counted("1", "\"a\"")), &error));
	ck_assert(is_replay());
	ok(run(at(NOW + 10 * MINUTE, counted("1", "\"a\"")), &error));
	ck_assert(!is_replay());
}
END_TEST

START_TEST(a_clock_that_went_back_forgets_nothing)
{
	ok(run(keyed("k", "\"a\""), &error));
	ok(run(at(NOW - DAY, keyed("k", "\"a\"")), &error));
	ck_assert(is_replay());
}
END_TEST

START_TEST(what_is_answered_again_is_the_same_in_every_byte)
{
	struct request made = { .method = METHOD_POST,
		.segments = { SLICE("sessions") },
		.segment_count = 1,
		.body = SLICE("{\"metadata\":{\"a\":\"\\u0000\\ud83d\"}}"),
		.idempotency_key = SLICE("k"),
		.now = NOW,
		.memories = &memories };
	struct text body = { 0 }, location = { 0 };
	char etag[ETAG_SIZE];

	ok(run(made, &error));
	memcpy(etag, reply.etag, sizeof(etag));
	text_slice(&body, text_view(&reply.body));
	text_slice(&location, text_view(&reply.location));
	ok(run(at(NOW + 1, made), &error));
	ck_assert(is_replay());
	ck_assert_int_eq(reply.status, 201);
	ck_assert_str_eq(reply.etag, etag);
	ck_assert(slice_equal(text_view(&reply.body), text_view(&body)));
	ck_assert(
		slice_equal(text_view(&reply.location), text_view(&location)));
	text_clear(&body);
	text_clear(&location);
}
END_TEST

START_TEST(a_reply_is_undone_with_its_write)
{
	ok(store_commit(store, &error));
	ok(store_begin(store, &error));
	ok(run(keyed("k", "\"a\""), &error));
	store_rollback(store);
	ok(store_begin(store, &error));
	ok(run(keyed("k", "\"a\""), &error));
	ck_assert(!is_replay());
}
END_TEST

START_TEST(a_refusal_is_not_remembered)
{
	struct request late = keyed("k", "\"a\"");

	fails(run(keyed("k", "{\"role\":1}"), &error), ERROR_INVALID);
	late.if_match = SLICE("\"5\"");
	fails(run(late, &error), ERROR_VERSION);
	ck_assert_str_eq(reply.etag, "\"0\"");
	ok(run(keyed("k", "\"a\""), &error));
	ck_assert(!is_replay());
}
END_TEST

START_TEST(a_refusal_of_a_version_keeps_the_etag)
{
	struct request late = post("\"b\"");

	ok(run(post("\"a\""), &error));
	late.if_none_match = SLICE("*");
	fails(run(late, &error), ERROR_VERSION);
	says("If-None-Match does not hold: the version is 1");
	reply_refuse(&reply, &(struct request){ 0 }, &error);
	ck_assert_int_eq(reply.status, 412);
	ck_assert(strncmp(reply.etag, "\"1-", 3) == 0);
	error.code = ERROR_INVALID;
	reply_refuse(&reply, &(struct request){ 0 }, &error);
	ck_assert_str_eq(reply.etag, "");
}
END_TEST

START_TEST(the_etag_of_a_condition_is_not_the_replys)
{
	struct request gone = request(METHOD_DELETE, "", "");

	ok(run(post("\"a\""), &error));
	gone.if_match = SLICE("*");
	ok(run(gone, &error));
	ck_assert_str_eq(reply.etag, "");
}
END_TEST

START_TEST(an_erased_session_takes_its_replies_with_it)
{
	ok(run(keyed("k", "\"secret\""), &error));
	ok(run(counted("0", "\"secret\""), &error));
	ok(run(request(METHOD_DELETE, "", ""), &error));
	ok(run(keyed("k", "\"other\""), &error));
	ck_assert(!is_replay());
	ok(run(request(METHOD_DELETE, "messages", ""), &error));
	ok(run(keyed("k", "\"other\""), &error));
	ck_assert(is_replay());
}
END_TEST

START_TEST(an_expired_session_takes_its_replies_with_it)
{
	struct request made = keyed("k", "{\"ttl_seconds\":60}");

	made.segment_count = 1;
	ok(run(made, &error));
	ok(run(at(NOW + MINUTE - 1, made), &error));
	ck_assert(is_replay());
	ok(run(at(NOW + MINUTE, made), &error));
	ck_assert(!is_replay());
}
END_TEST

START_TEST(a_fork_is_counted_where_it_is_asked_for)
{
	struct request fork = request(METHOD_POST, "fork", "{\"id\":\"f\"}");

	ok(run(post("\"a\""), &error));
	fork.retry_count = SLICE("0");
	ok(run(fork, &error));
	fork.retry_count = SLICE("1");
	ok(run(at(NOW + 10 * MINUTE - 1, fork), &error));
	ck_assert(is_replay());
	ck_assert_int_eq(reply.status, 201);
	fails(run(at(NOW + 10 * MINUTE, fork), &error), ERROR_VERSION);
	ok(run(post("\"b\""), &error));
	fails(run(fork, &error), ERROR_VERSION);
}
END_TEST

START_TEST(maintenance_leaves_the_records_of_a_session_that_is_there)
{
	ok(run(keyed("k", "\"a\""), &error));
	ok(run(request(METHOD_PATCH, "", "{\"retain_retired\":0}"), &error));
	ok(run(request(METHOD_DELETE, "messages", ""), &error));
	ok(store_commit(store, &error));
	maintain(store, NOW + 1, 100);
	gives("SELECT count(*) FROM message", "0");
	ok(store_begin(store, &error));
	ok(run(keyed("k", "\"a\""), &error));
	ck_assert(is_replay());
}
END_TEST

START_TEST(nothing_is_kept_of_an_erasure)
{
	struct request gone = request(METHOD_DELETE, "", "");

	ok(run(keyed("k", "\"secret\""), &error));
	ok(run(counted("0", "\"secret\""), &error));
	ok(run(keyed("l", "\"secret\""), &error));
	gone.idempotency_key = SLICE("m");
	ok(run(gone, &error));
	ok(run(keyed("k", "\"new\""), &error));
	ok(store_commit(store, &error));
	maintain(store, NOW, 1);
	gives("SELECT count(*) FROM idempotency_record", "1");
	ok(store_begin(store, &error));
}
END_TEST

START_TEST(only_a_change_of_a_session_can_be_counted)
{
	ok(run(counted("0", "[]"), &error));
	ok(run(post("\"a\""), &error));
	ok(run(counted("0", "[]"), &error));
	ok(store_commit(store, &error));
	gives("SELECT count(*) FROM idempotency_record", "0");
	ok(store_begin(store, &error));
	ok(run(counted("0", "\"a\""), &error));
	ok(run(counted("0", "\"b\""), &error));
	ok(store_commit(store, &error));
	gives("SELECT count(*) FROM idempotency_record", "1");
	ok(store_begin(store, &error));
}
END_TEST

START_TEST(a_count_speaks_of_the_last_change_only)
{
	struct request patch =
		request(METHOD_PATCH, "", "{\"metadata\":{\"a\":1}}");

	ok(run(counted("0", "\"a\""), &error));
	ok(run(counted("3", "\"a\""), &error));
	ck_assert(is_replay());
	ok(run(keyed("k", "[]"), &error));
	ok(run(counted("1", "\"a\""), &error));
	ck_assert(is_replay());
	ok(run(patch, &error));
	ok(run(counted("1", "\"a\""), &error));
	ck_assert(!is_replay());
	ok(run(post("\"a\""), &error));
	ok(run(counted("1", "\"a\""), &error));
	ck_assert(!is_replay());
	ok(run(counted("0", "\"a\""), &error));
	ck_assert(!is_replay());
}
END_TEST

START_TEST(a_key_counts_and_a_count_does_not)
{
	struct request both = keyed("k", "\"a\"");

	both.retry_count = SLICE("1");
	ok(run(both, &error));
	ok(run(post("\"b\""), &error));
	ok(run(both, &error));
	ck_assert(is_replay());
}
END_TEST

START_TEST(a_request_without_conditions_has_none)
{
	struct request plain = post("\"a\"");
	const char *allow;

	ok(api_route(&plain, &allow, &error));
	ok(api_check(&plain, &error));
	ck_assert(!plain.conditions.any);
	request_clear(&plain);
	plain.method = METHOD_GET;
	plain.body = SLICE("");
	plain.idempotency_key = SLICE("");
	plain.retry_count = SLICE("none");
	plain.if_none_match = SLICE("odd");
	ok(api_route(&plain, &allow, &error));
	ok(api_check(&plain, &error));
	ck_assert(!plain.conditions.any);
}
END_TEST

/* Keeps it once more, with a location that fills its first 64 bytes. */
static int keep_elsewhere(void *context, const struct idempotency_record *kept)
{
	struct idempotency_record *moved = context;
	static char digest[DIGEST_LENGTH];

	memcpy(digest, kept->digest.data, sizeof(digest));
	*moved = (struct idempotency_record){
		.digest = { digest, 32 },
		.status = 201,
		.renews = true,
		.location = SLICE("/sessions/0123456789abcdef0123456789abcdef"
				  "0123456789abcdef012345"),
	};
	return 1;
}

/* The end of the string is written when nothing may fail any more. */
START_TEST(a_location_has_room_for_its_end)
{
	const struct idempotency_query k = { { SLICE(""), SLICE("k") }, 0,
		NOW };
	struct idempotency_record moved;
	const struct idempotency_visitor keep = { keep_elsewhere, &moved };

	ok(run(keyed("k", "\"a\""), &error));
	ok(store_idempotency_find(store, &k, keep, &error));
	ok(store_idempotency_keep(store, k.key, &moved, NOW, &error));
	ok(run(keyed("k", "\"a\""), &error));
	ck_assert(is_replay());
	ck_assert_uint_eq(reply.location.length, 64);
	ck_assert_uint_gt(reply.location.capacity, 64);
}
END_TEST

STORE_UNIT("conditions", begin, end, a_key_is_good_for_a_day,
	a_count_is_good_for_ten_minutes, a_clock_that_went_back_forgets_nothing,
	what_is_answered_again_is_the_same_in_every_byte,
	a_reply_is_undone_with_its_write, a_refusal_is_not_remembered,
	a_refusal_of_a_version_keeps_the_etag,
	the_etag_of_a_condition_is_not_the_replys,
	an_erased_session_takes_its_replies_with_it,
	an_expired_session_takes_its_replies_with_it,
	a_fork_is_counted_where_it_is_asked_for,
	maintenance_leaves_the_records_of_a_session_that_is_there,
	nothing_is_kept_of_an_erasure,
	only_a_change_of_a_session_can_be_counted,
	a_count_speaks_of_the_last_change_only,
	a_key_counts_and_a_count_does_not,
	a_request_without_conditions_has_none, a_location_has_room_for_its_end)
