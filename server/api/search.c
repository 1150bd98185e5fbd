/* SPDX-License-Identifier: MIT */
/* search.c - messages found by their words. */
#include "core/history/history.h"
#include "core/store/search_text.h"
#include "schema/json/write.h"
#include "server/api/handlers.h"

#define RESULTS	     20
#define RESULTS_MOST 100
#define STEPS	     10000 /* a third of a second, at the very worst */

static int search_write_result(void *context, const struct search_row *row)
{
	struct text *body = context;
	struct text snippet = { 0 };

	search_snippet(&snippet, row->text, row->at);
	json_begin_object(body);
	json_member_string(body, "session", row->name);
	json_member_number(body, "seq", row->message.seq);
	json_name(body, "id");
	history_message_id(body, &row->session, &row->message);
	json_member_string(body, "snippet", text_view(&snippet));
	json_end_object(body);
	body->failed |= snippet.failed;
	text_clear(&snippet);
	return body->failed;
}

/* The writer mends a damaged index when it has met the damage itself. */
static int search_by_the_writer(const struct store *store,
	const struct request *request, struct reply *reply, struct error *error)
{
	if (request->next == NEXT_WRITE || !store_search_is_damaged(store))
		return -1;
	*error = (struct error){ 0 };
	reply->body.length = 0;
	reply->next = NEXT_WRITE;
	return 0;
}

static int search_write_results(struct store *store,
	const struct request *request, const struct session *session,
	struct reply *reply, struct error *error)
{
	struct search_query query = { .tenant = request->tenant,
		.session = session,
		.limit = RESULTS,
		.steps = STEPS,
		.now = request->now };
	struct text *body = &reply->body;

	if (request_integer(request,
		    (struct integer_range){ "limit", 1, RESULTS_MOST },
		    &query.limit, error))
		return -1;
	if (!request_parameter(request, "q", &query.text))
		return error_set(error, ERROR_INVALID, "q is missing");
	json_begin_object(body);
	json_name(body, "results");
	json_begin_array(body);
	if (store_search(store, &query,
		    (struct search_visitor){ search_write_result, body },
		    error))
		return search_by_the_writer(store, request, reply, error);
	json_end_array(body);
	json_end_object(body);
	reply->status = 200;
	return 0;
}

int api_search_all(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	return search_write_results(store, request, NULL, reply, error);
}

int api_search_session(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct session session;

	if (request_find(store, request, &session, error))
		return -1;
	return search_write_results(store, request, &session, reply, error);
}
