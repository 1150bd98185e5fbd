/* SPDX-License-Identifier: MIT */
/*
 * expect.c - all that a request will look up in the writer's batch.
 *
 * A database that is far away is asked for it at once, for all members of the
 * batch.  Each thing that is left out here costs a round trip, and no more.
 */
#include "core/store/expect.h"

#include "core/memory/registry.h"
#include "server/api/handlers.h"
#include "server/api/input.h"

/* Without a key, only a retry may be a repeat of the last change. */
static void expect_conditions(
	const struct request *request, struct store_expected *expected)
{
	const struct conditions *conditions = &request->conditions;

	if (!conditions->keep)
		return;
	if (request->idempotency_key.data)
		expected->key = request->idempotency_key;
	else if (conditions->retries)
		expected->digest =
			(struct slice){ (const char *)conditions->digest,
				DIGEST_LENGTH };
}

/* Metadata beside messages is a patch of the profile. */
static void expect_list(
	const struct request *request, struct store_expected *expected)
{
	const struct message_list *list = request_list(request);

	expected->messages = list->items;
	expected->message_count = list->count;
	if (list->metadata.length > 0)
		expected->profile = true;
}

static void expect_erased(
	const struct request *request, struct store_expected *expected)
{
	request_parameter(request, "owner", &expected->owner);
	expected->erases_owner = true;
}

void api_expect(const struct request *request, struct store_expected *expected)
{
	const unsigned expects = request->route->expects;

	*expected = (struct store_expected){
		.ref.tenant = request->tenant,
		.ref.name = expects & EXPECT_MADE ? request_made_name(request)
						  : request_session(request),
		.profile = expects & EXPECT_PROFILE ||
			   (expects & EXPECT_REFLECT &&
				   memories_reflect(request->memories)),
	};
	expect_conditions(request, expected);
	if (expects & EXPECT_IDS)
		expect_list(request, expected);
	if (expects & EXPECT_OWNER)
		expected->owner = request_owner(request);
	if (expects & EXPECT_ERASED)
		expect_erased(request, expected);
}
