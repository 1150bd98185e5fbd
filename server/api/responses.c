/* SPDX-License-Identifier: MIT */
/*
 * responses.c - OpenAI's responses, with a history.
 *
 * The history goes before the input, and both it and the output are stored
 * when the model has answered.  A request that keeps nothing and goes on from
 * nothing is handed on.
 */
#include <stdlib.h>
#include <string.h>

#include "core/memory/continuation.h"
#include "core/store/change_feed.h"
#include "schema/json/value.h"
#include "schema/json/write.h"
#include "schema/llm/chat_response.h"
#include "schema/llm/response.h"
#include "server/api/conversation.h"
#include "server/api/llm_api.h"
#include "server/api/responses.h"
#include "server/api/responses_body.h"
#include "server/api/responses_stream.h"
#include "server/upstream/upstream.h"

#define PATH   "/responses"
#define ANSWER "responses.answer" /* in the continuation, compact */

/* --- the answer --------------------------------------------------------- */

/* An event has the response inside. */
static struct slice responses_inside(
	const struct responses *run, struct slice answer)
{
	struct slice response = SLICE("{}");

	if (run->turn.request->filter == NULL)
		return answer;
	json_find_kind(answer, "response", JSON_KIND_OBJECT, &response);
	return response;
}

/*
 * Reads the answer: a response, or the event with one that ended its stream;
 * empty: it ended with a failure.
 */
static int responses_read_answer(
	const struct responses *run, struct text *answer, struct error *error)
{
	const struct request *request = run->turn.request;

	if (request->filter != NULL)
		return responses_stream_end(request, answer, error);
	if (continuation_number(request->continuation, RESPONSES_CHAT) != 0)
		return chat_response_read(answer,
			text_view(&request->answer->body), request->body,
			error);
	return response_read(text_view(&request->answer->body), answer, error);
}

/* A request that comes again gets the beginning and the end of a stream. */
static void responses_tell(const struct responses *run,
	const struct response_own *own, struct slice answer)
{
	struct reply *reply = run->turn.reply;
	struct text first = { 0 };

	reply->status = 200;
	if (run->turn.request->filter == NULL) {
		response_own_write(&reply->body, own, answer);
		return;
	}
	json_begin_object(&first);
	json_member_string(&first, "type", SLICE("response.created"));
	json_member_number(&first, "sequence_number", 0);
	json_member(&first, "response", responses_inside(run, answer));
	json_end_object(&first);
	reply->body.failed |= first.failed;
	if (!first.failed)
		responses_stream_write(&reply->body, own, text_view(&first));
	responses_stream_write(&reply->ending, own, answer);
	text_slice(&reply->body, text_view(&reply->ending));
	text_clear(&first);
}

/* Of what has failed nothing is kept; what ended a stream so was sent. */
static void responses_tell_failure(const struct responses *run,
	const struct response_own *own, struct slice answer)
{
	struct response_own failed = *own;

	failed.transient = true;
	run->turn.reply->status = 200;
	if (run->turn.request->filter == NULL)
		response_own_write(&run->turn.reply->body, &failed, answer);
}

/* Notes it for the run in the batch, if anything of it is to be stored. */
static void responses_note_answer(const struct responses *run,
	const struct response_own *own, struct slice answer)
{
	const struct turn_run *turn = &run->turn;
	struct reply *reply = turn->reply;
	struct turn_facts facts = turn->noted;

	if (answer.length == 0 ||
		!response_is_kept(responses_inside(run, answer))) {
		responses_tell_failure(run, own, answer);
		return;
	}
	if (!run->asked->stores && turn->request->session.data == NULL) {
		responses_tell(run, own, answer);
		return;
	}
	facts.next = TURN_SAVE;
	reply->next = NEXT_WRITE;
	turn_note(turn, &facts);
	continuation_put(&reply->continuation, RESPONSES_BASE,
		continuation_find(turn->request->continuation, RESPONSES_BASE));
	continuation_put(&reply->continuation, ANSWER, answer);
}

static int responses_read(const struct responses *run, struct error *error)
{
	const struct response_own own = responses_own(
		run, continuation_find(
			     run->turn.request->continuation, RESPONSES_BASE));
	struct responses_output output = { .list = { 0 } };
	struct text answer = { 0 };
	int result = responses_read_answer(run, &answer, error);

	if (result == 0 && continuation_number(run->turn.request->continuation,
				   RESPONSES_CHAT) == 0)
		llm_api_has(run->turn.request->llm_api, run->turn.request->now);
	if (result == 0 && answer.length > 0)
		result = responses_read_output(&output, &own,
			responses_inside(run, text_view(&answer)), error);
	if (result == 0)
		responses_note_answer(run, &own, text_view(&answer));
	responses_clear_output(&output);
	text_clear(&answer);
	return result;
}

/* --- what is stored ----------------------------------------------------- */

/* A response that is in no session has a tag of its own. */
static void responses_tag(
	const struct responses *run, const struct response_own *own)
{
	struct reply *reply = run->turn.reply;

	if (run->turn.session.id != 0)
		reply_etag(reply, &run->turn.session);
	else
		response_etag(own->base, reply->etag);
}

static int responses_save(struct responses *run, struct error *error)
{
	struct turn_run *turn = &run->turn;
	const struct slice noted = turn->request->continuation;
	const struct slice answer = continuation_find(noted, ANSWER);
	const struct response_own own =
		responses_own(run, continuation_find(noted, RESPONSES_BASE));

	if (responses_find(run, error) || responses_give(run, error) ||
		responses_store(
			run, &own, responses_inside(run, answer), error))
		return -1;
	responses_tag(run, &own);
	responses_tell(run, &own, answer);
	return turn->request->session.data == NULL
		       ? 0
		       : reply_reflect(turn->store, turn->request,
				 &turn->session, turn->reply, error);
}

/* --- the first run ------------------------------------------------------ */

/* A header that has no meaning for this request; NULL: it has none. */
static const char *responses_odd_header(const struct responses *run)
{
	const struct request *request = run->turn.request;

	if (request->session.data != NULL)
		return NULL;
	if (!run->asked->stores)
		return request_sessions_header(request);
	return request->if_match.data	     ? "If-Match"
	       : request->if_none_match.data ? "If-None-Match"
					     : NULL;
}

/*
 * A request that may come again waits for itself, any other for nobody: nor
 * does one that leaves nothing to repeat.
 */
static int responses_begin_alone(struct responses *run, struct error *error)
{
	const struct request *request = run->turn.request;
	const struct slice key = request->idempotency_key;
	const struct slice digest = { (const char *)request->conditions.digest,
		DIGEST_LENGTH };

	if (!run->asked->stores ||
		(key.data == NULL && request->conditions.retries == 0))
		return responses_ask(run, error);
	run->turn.reply->next = NEXT_LOCK;
	run->turn.reply->lock = store_session_key((struct session_ref){
		request->tenant, key.data != NULL ? key : digest });
	return 0;
}

static int responses_begin(struct responses *run, struct error *error)
{
	const struct request *request = run->turn.request;
	const char *header = responses_odd_header(run);

	if (header != NULL)
		return error_set(error, ERROR_INVALID,
			"%s needs a conversation", header);
	if (request->session.data != NULL)
		return conversation_find(run->turn.store, request,
			       &run->turn.session, error) ||
				       turn_arrive(&run->turn, error)
			       ? -1
			       : 0;
	if (!responses_goes_on(run))
		return responses_begin_alone(run, error);
	if (responses_find(run, error))
		return -1;
	run->turn.reply->next = NEXT_LOCK;
	run->turn.reply->lock = store_session_key(run->ref);
	return 0;
}

/* Does the refusal mean that the server has no /responses? */
static int responses_is_lacking(
	const struct responses *run, bool *lacking, struct error *error)
{
	const struct request *request = run->turn.request;
	const struct upstream_answer *answer = request->answer;
	struct slice value;
	struct text model = { 0 };
	int result = 0;

	if (json_find_kind(request->body, "model", JSON_KIND_STRING, &value))
		json_decode(&model, value);
	if (model.failed)
		result = error_out_of_memory(error);
	else
		*lacking = llm_api_lacks(request->llm_api, answer->status,
			text_view(&answer->body), text_view(&model),
			request->now);
	text_clear(&model);
	return result;
}

static int responses_hand_on_refusal(
	const struct responses *run, struct error *error)
{
	const struct request *request = run->turn.request;
	const struct upstream_answer *answer = request->answer;
	struct text body = { 0 };
	struct error why;

	error_describe(&why, ERROR_UPSTREAM, "the upstream refused (status %d)",
		answer->status);
	why.final = true;
	text_slice(&body, text_view(&answer->body));
	if (body.failed)
		return error_out_of_memory(error);
	reply_hand_on_refusal(
		run->turn.reply, answer->status, &body, request, &why);
	text_clear(&body);
	return 0;
}

/* The server refused as one that has no /responses; or as one that has. */
static int responses_fall_back(struct responses *run, struct error *error)
{
	bool lacking = false;

	if (responses_is_lacking(run, &lacking, error))
		return -1;
	if (!lacking)
		return responses_hand_on_refusal(run, error);
	turn_step(&run->turn);
	turn_note(&run->turn, &(struct turn_facts){ .next = TURN_ASK,
				      .arrival = run->turn.noted.arrival });
	run->turn.reply->next = NEXT_READER;
	return 0;
}

static int responses_run(struct responses *run, struct error *error)
{
	if (run->turn.request->refused && run->turn.request->next == NEXT_CALL)
		return responses_fall_back(run, error);
	switch (turn_step(&run->turn)) {
	case TURN_READ:
		return responses_read(run, error);
	case TURN_SAVE:
		return responses_save(run, error);
	case TURN_ASK:
		return responses_ask(run, error);
	case TURN_BEGIN:
		break;
	}
	return responses_begin(run, error);
}

/* --- what is handed on -------------------------------------------------- */

/* The body, without the ids of this server and with what they stand for. */
static int responses_hand_on(const struct responses *run, struct error *error)
{
	struct text *body = &run->turn.reply->call.body;
	struct text items = { 0 };
	int result =
		run->asked->refers ? responses_resolve(run, &items, error) : 0;

	body->length = 0;
	if (result == 0)
		responses_body_hand_on(
			body, run->turn.request->body, text_view(&items));
	text_clear(&items);
	return result;
}

static int responses_pass_on(const struct responses *run, struct error *error)
{
	const struct request *request = run->turn.request;
	struct reply *reply = run->turn.reply;
	const char *header = responses_odd_header(run);

	if (header != NULL)
		return error_set(error, ERROR_INVALID,
			"%s needs a conversation", header);
	if (request_pass_on(request, PATH, run->asked->streams, reply, error))
		return -1;
	if (request->next != NEXT_NONE) {
		llm_api_has(request->llm_api, request->now);
		return 0;
	}
	reply->call.falls_back = llm_api_may_switch(request->llm_api);
	return responses_hand_on(run, error);
}

/*
 * A server of chat completions is asked for what this one asks, and so is one
 * that has refused what was handed on.
 */
static bool responses_is_handed_on(const struct responses *run)
{
	const struct request *request = run->turn.request;

	if (!run->asked->handed_on || request->refused)
		return false;
	return request->next == NEXT_NONE
		       ? !llm_api_is_chat(request->llm_api, request->now)
		       : continuation_find(
				 request->continuation, RESPONSES_BASE)
					 .length == 0;
}

int api_responses_post(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct responses run = {
		.turn = { .store = store, .request = request, .reply = reply },
		.asked = request_input(request),
	};
	int result = responses_is_handed_on(&run)
			     ? responses_pass_on(&run, error)
			     : responses_run(&run, error);

	text_clear(&run.previous.buf);
	message_list_clear(&run.given.own);
	text_clear(&run.given.made);
	return result;
}
