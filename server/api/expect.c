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

/* So many of a page that goes from the newest message on; 0: it does not. */
static int64_t expect_page(const struct request *request, struct error *error)
{
	static const char *const others[] = { "after", "before", "type",
		"calls" };
	int64_t limit = STORE_NEWEST_MOST;
	bool descending = false;
	struct slice value;

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (request_parameter(request, others[i], &value))
			return 0;
	if (request_order(request, &descending, error) ||
		request_integer(request,
			(struct integer_range){ "limit", 1, SEQ_MOST }, &limit,
			error))
		return 0;
	return descending ? limit : 0;
}

/*
 * The messages of a `last` alone, or of a page from the newest on, and the one
 * that tells of more.  A text takes the session's words for its speakers, too.
 * The handler refuses a query that cannot be read.
 */
static void expect_newest(
	const struct request *request, struct store_expected *expected)
{
	struct reply_form form;
	struct window window;
	struct error ignored = { 0 };
	struct slice as_of;
	int64_t count;

	if (request_form(request, &form, &ignored) ||
		request_window(request, &window, &ignored) ||
		!window_is_plain(&window) ||
		request_parameter(request, "as_of", &as_of))
		return;
	count = window_is_set(&window) ? window.last
				       : expect_page(request, &ignored);
	if (count <= 0)
		return;
	expected->newest = count + 1;
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
