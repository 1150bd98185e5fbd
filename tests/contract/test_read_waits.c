/* SPDX-License-Identifier: MIT */
/*
 * test_read_waits.c - reads as the server runs them, over a database that is
 * far away: the newest messages come in one round trip.
 */
#include "core/memory/registry.h"
#include "core/store/expect.h"
#include "server/api/route.h"
#include "server/api/target.h"
#include "tests/contract/store_unit.h"

static const struct memories none;

static void start(void)
{
	struct store *store;

	scratch();
	store = open_store(STORE_WRITE);
	for (int i = 0; i < 30; i++)
		say(store, "s0", "{\"content\":\"hello\"}");
	store_close(store);
}

static void stop(void)
{
	scratch_end();
}

/* Of a list of messages. */
static const struct {
	int64_t waits;
	const char *query;
} readings[] = {
	{ 1, "last=20" },
	{ 1, "last=5" },
	{ 1, "order=desc&limit=20" },
	{ 1, "order=desc" },
	{ 2, "order=desc&limit=20&type=human" },
	{ 2, "limit=20" },
};

static int64_t waits_of_reading(struct store *reader, size_t which)
{
	const int64_t had = engine->waits(reader);
	struct request request = { .method = METHOD_GET,
		.segments = { SLICE("sessions"), SLICE("s0"),
			SLICE("messages") },
		.segment_count = 3,
		.memories = &none };
	struct store_expected expected;
	struct reply reply = { 0 };
	const char *allow;
	char storage[64];

	request.parameter_count = target_query(slice_of(readings[which].query),
		storage, request.parameters, API_PARAMETERS_MAX, &error);
	ok(api_route(&request, &allow, &error));
	ok(api_check(&request, &error));
	ok(store_begin(reader, &error));
	api_expect(&request, &expected);
	ok(store_expect(reader, &expected, 1, 0, &error));
	request.now = store_now(reader);
	ok(api_handle(reader, &request, &reply, &error));
	ck_assert_int_eq(reply.status, 200);
	ck_assert(!store_retries(reader));
	store_rollback(reader);
	reply_clear(&reply);
	request_clear(&request);
	return engine->waits(reader) - had;
}

START_TEST(a_read_of_the_newest_messages_waits_once)
{
	struct store *reader;

	if (!engine->waits)
		return;
	reader = open_store(STORE_READ);
	for (size_t i = 0; i < sizeof(readings) / sizeof(*readings); i++)
		ck_assert_msg(waits_of_reading(reader, i) == readings[i].waits,
			"read %zu", i);
	store_close(reader);
}
END_TEST

CONTRACT_UNIT(
	"read_waits", start, stop, a_read_of_the_newest_messages_waits_once)
