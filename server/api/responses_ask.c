/* SPDX-License-Identifier: MIT */
/* responses_ask.c - what the model's server is asked, and at which path. */
#include "core/chain/chat_request.h"
#include "core/memory/continuation.h"
#include "schema/json/value.h"
#include "schema/llm/response.h"
#include "server/api/llm_api.h"
#include "server/api/responses.h"
#include "server/api/responses_body.h"
#include "server/api/responses_stream.h"
#include "server/upstream/upstream.h"

#define PATH	  "/responses"
#define CHAT_PATH "/chat/completions"

struct response_own responses_own(
	const struct responses *run, struct slice base)
{
	const struct request *request = run->turn.request;

	return (struct response_own){
		.base = base,
		.conversation = request_session(request),
		.previous = text_view(&run->asked->previous),
		.transient = !run->asked->stores,
		.hides = !responses_body_asks_for_thoughts(request->body),
	};
}

/* Makes the body one for chat completions. */
static int responses_ask_chat(struct reply_call *call, struct error *error)
{
	struct text body = { 0 };
	const int result =
		chat_request_write(&body, text_view(&call->body), error);

	text_clear(&call->body);
	call->body = body;
	call->path = CHAT_PATH;
	return result;
}

static int responses_ask_put(const struct responses *run,
	const struct response_own *own, struct error *error)
{
	const struct request *request = run->turn.request;
	struct reply *reply = run->turn.reply;
	const bool chat = llm_api_is_chat(request->llm_api, request->now);

	reply->next = NEXT_CALL;
	reply->call.path = PATH;
	reply->call.falls_back = !chat && llm_api_may_switch(request->llm_api);
	continuation_put(&reply->continuation, RESPONSES_BASE, own->base);
	continuation_put_number(&reply->continuation, RESPONSES_CHAT, chat);
	if (chat && responses_ask_chat(&reply->call, error))
		return -1;
	return run->asked->streams
		       ? responses_stream(reply, own,
				 chat ? request->body : (struct slice){ 0 },
				 error)
		       : 0;
}

static int responses_ask_call(const struct responses *run,
	struct slice variables, struct error *error)
{
	const struct turn_run *turn = &run->turn;
	struct reply *reply = turn->reply;
	char base[SESSION_NAME_MADE];
	const struct slice made = { base, sizeof(base) };
	const struct response_own own = responses_own(run, made);
	const struct question question = {
		.body = turn->request->body,
		.list = run->given.list,
		.overlap = run->overlap,
		.variables = variables,
		.put_history = responses_body_put_history,
		.put = response_tell,
	};

	if (session_make_name(base, error))
		return -1;
	turn_note(turn, &(struct turn_facts){ .next = TURN_READ,
				.session = turn->session.id,
				.arrival = turn->noted.arrival,
				.overlap = run->overlap });
	if (responses_body_write(&question, &reply->call.body, error))
		return -1;
	return responses_ask_put(run, &own, error);
}

int responses_ask(struct responses *run, struct error *error)
{
	struct text variables = { 0 };
	int result = responses_find(run, error);

	if (result == 0)
		result = responses_give(run, error);
	if (result == 0 && run->asked->compares)
		result = turn_compare(
			&run->turn, run->given.list, &run->overlap, error);
	if (result == 0)
		result = responses_load(run, &variables, error);
	if (result == 0)
		result = responses_ask_call(run, text_view(&variables), error);
	text_clear(&variables);
	return result < 0 ? -1 : 0;
}
