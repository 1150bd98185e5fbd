/* SPDX-License-Identifier: MIT */
/* responses_store.c - what a response leaves: messages, and itself. */
#include "schema/forms/parse.h"
#include "schema/llm/response.h"
#include "server/api/responses.h"

/* --- the session that it is in ------------------------------------------ */

/* A chain is as long kept as its newest response. */
static int responses_store_expire(const struct responses *run,
	struct session *session, struct error *error)
{
	const struct request *request = run->turn.request;
	const int64_t seconds = request->response_ttl / 1000;
	struct session_profile profile;
	struct text buf = { 0 };
	int result = store_session_profile(
		run->turn.store, session, &buf, &profile, error);

	if (result == 0 && profile.ttl_seconds != seconds) {
		profile.ttl_seconds = seconds;
		result = store_session_configure(run->turn.store, session,
			&profile, request->now, error);
	}
	text_clear(&buf);
	return result;
}

/* The previous one has had no session: its messages begin one. */
static int responses_store_begin(struct responses *run,
	const struct message_list *list, struct error *error)
{
	struct turn_run *turn = &run->turn;
	struct session *session = &turn->session;

	if (store_session_take(turn->store, run->ref, turn->request->now,
		    session, error) ||
		store_session_create(turn->store, run->ref, turn->request->now,
			session, error) ||
		responses_store_expire(run, session, error) ||
		turn_append(turn, run->ref, list, error))
		return -1;
	return store_response_attach(
		turn->store, &run->previous, session, error);
}

static int responses_store_push(const struct message_list *from,
	struct message_list *to, struct error *error)
{
	for (size_t i = 0; i < from->count; i++)
		if (message_list_push(to, &from->items[i], error))
			return -1;
	return 0;
}

static int responses_store_begin_session(
	struct responses *run, struct error *error)
{
	const struct response_own own = {
		.base = response_own_base(run->previous.name),
	};
	struct responses_output output = { .list = { 0 } };
	struct message_list list = { 0 };
	int result =
		message_items_parse(&list, run->previous.input, "input", error);

	if (result == 0)
		result = responses_read_output(
			&output, &own, run->previous.body, error);
	if (result == 0)
		result = responses_store_push(&output.list, &list, error);
	if (result == 0)
		result = responses_store_begin(run, &list, error);
	message_list_clear(&list);
	responses_clear_output(&output);
	return result;
}

/* The session of the previous one goes on without this: a new one is it. */
static int responses_store_fork(
	struct responses *run, struct slice name, struct error *error)
{
	struct turn_run *turn = &run->turn;
	struct session parent = turn->session;
	const struct session_fork fork = {
		.ref = { turn->request->tenant, name },
		.upto = run->previous.last_seq,
		.now = turn->request->now,
	};

	run->ref = fork.ref;
	if (store_session_fork(
		    turn->store, &parent, &fork, &turn->session, error))
		return -1;
	return responses_store_expire(run, &turn->session, error);
}

/* Only the newest of a chain has the session to itself. */
static bool responses_store_is_newest(const struct responses *run)
{
	return store_response_is_name(run->ref.name) &&
	       run->turn.session.last_seq == run->previous.last_seq;
}

static int responses_store_enter(
	struct responses *run, struct slice name, struct error *error)
{
	if (run->previous.id == 0)
		return 0;
	if (run->previous.session == 0)
		return responses_store_begin_session(run, error);
	return responses_store_is_newest(run)
		       ? 0
		       : responses_store_fork(run, name, error);
}

/* --- the response ------------------------------------------------------- */

static int responses_store_keep(struct responses *run, struct slice name,
	struct slice response, struct error *error)
{
	const struct turn_run *turn = &run->turn;
	const struct responses_input *asked = run->asked;
	const struct store_response kept = {
		.tenant = turn->request->tenant,
		.name = name,
		.session = turn->session.id,
		.last_seq = turn->session.last_seq,
		.previous = text_view(&asked->previous),
		.expires_at = turn->request->now + turn->request->response_ttl,
		.input = run->given.items,
		.body = response,
	};

	return asked->stores ? store_response_keep(turn->store, &kept, error)
			     : 0;
}

/* Input and output, in this order. */
static int responses_store_append(struct responses *run,
	const struct response_own *own, struct slice response,
	struct error *error)
{
	struct responses_output output = { .list = { 0 } };
	struct message_list list = { 0 };
	int result = responses_read_output(&output, own, response, error);

	if (result == 0)
		result = turn_choose(&run->turn, run->given.list, &list, error);
	if (result == 0)
		result = responses_store_push(&output.list, &list, error);
	if (result == 0)
		result = turn_archive(&run->turn, error);
	if (result == 0)
		result = turn_append(&run->turn, run->ref, &list, error);
	message_list_clear(&list);
	responses_clear_output(&output);
	return result;
}

int responses_store(struct responses *run, const struct response_own *own,
	struct slice response, struct error *error)
{
	struct text name = { 0 };
	int result;

	text_string(&name, RESPONSE_PREFIX);
	text_slice(&name, own->base);
	result = name.failed
			 ? error_out_of_memory(error)
			 : responses_store_enter(run, text_view(&name), error);
	if (result == 0 && run->ref.name.data != NULL)
		result = responses_store_append(run, own, response, error);
	if (result == 0)
		result = responses_store_keep(
			run, text_view(&name), response, error);
	text_clear(&name);
	return result;
}
