/* SPDX-License-Identifier: MIT */
/*
 * expect.c - all that a request will look up in the writer's batch.
 *
 * A database that is far away is asked for it at once, for all members of the
 * batch.  Each thing that is left out here costs a round trip, and no more.
 */
#include "core/store/expect.h"

#include "core/history/window.h"
#include "core/memory/registry.h"
#include "schema/forms/form.h"
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

/*
 * The messages of a `last` alone, and the one that tells of more.  A text takes
 * the session's words for its speakers, too.  The handler refuses a query that
 * cannot be read.
 */
static void expect_newest(
	const struct request *request, struct store_expected *expected)
{
	struct reply_form form;
	struct window window;
	struct error ignored = { 0 };
	struct slice as_of;

	if (request_form(request, &form, &ignored) ||
		request_window(request, &window, &ignored) ||
		!window_is_plain(&window) || window.last <= 0 ||
		request_parameter(request, "as_of", &as_of))
		return;
	expected->newest = window.last + 1;
	expected->alone = form.form->shape != FORM_LINE;
}

bool api_is_short(const struct request *request)
{
	struct store_expected expected = { 0 };

	if (request->route->expects & EXPECT_NEWEST)
		expect_newest(request, &expected);
	return expected.newest > 0 && expected.newest <= STORE_NEWEST_MOST;
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
	if (expects & EXPECT_NEWEST)
		expect_newest(request, expected);
	if (expects & EXPECT_ERASED)
		expect_erased(request, expected);
}
