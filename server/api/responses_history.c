/* SPDX-License-Identifier: MIT */
/* responses_history.c - what a response goes on from, found and loaded. */
#include "core/memory/run.h"
#include "core/store/quota.h"
#include "schema/json/value.h"
#include "schema/json/write.h"
#include "schema/llm/response.h"
#include "server/api/responses.h"

bool responses_goes_on(const struct responses *run)
{
	return run->asked->previous.length > 0;
}

/* --- finding ------------------------------------------------------------ */

static int responses_history_refuse(
	const struct responses *run, struct error *error)
{
	return error_set(error, ERROR_PREVIOUS_RESPONSE,
		"Previous response with id '%.*s' not found.",
		SLICE_SHORT(text_view(&run->asked->previous)));
}

static int responses_history_see(void *context, const struct message_row *row)
{
	(void)row;
	*(bool *)context = true;
	return 1;
}

/* Has its end been removed since? */
static int responses_history_check_end(
	const struct responses *run, struct error *error)
{
	const struct session *session = &run->turn.session;
	bool there = run->previous.last_seq == 0;

	if (session->id != run->previous.session)
		return responses_history_refuse(run, error);
	if (!there &&
		store_message_find(run->turn.store, session,
			(struct message_ref){ .seq = run->previous.last_seq },
			(struct message_visitor){
				responses_history_see, &there },
			error))
		return -1;
	return there ? 0 : responses_history_refuse(run, error);
}

/* A response in no session becomes one of its name, which must be free. */
static int responses_history_find_session(
	struct responses *run, struct error *error)
{
	const struct store_response *previous = &run->previous;

	run->ref.tenant = run->turn.request->tenant;
	run->ref.name = previous->session != 0 ? previous->session_name
					       : previous->name;
	if (store_session_find(run->turn.store, run->ref,
		    run->turn.request->now, &run->turn.session, error))
		return -1;
	if (previous->session != 0)
		return responses_history_check_end(run, error);
	return run->turn.session.id == 0
		       ? 0
		       : error_set(error, ERROR_INVALID,
				 "previous_response_id: session \"%.*s\", "
				 "which the response would be, is another one",
				 SLICE_SHORT(previous->name));
}

static int responses_history_find_previous(
	struct responses *run, struct error *error)
{
	const struct session_ref ref = { run->turn.request->tenant,
		text_view(&run->asked->previous) };

	if (store_response_is_name(ref.name) &&
		store_response_find(run->turn.store, ref,
			run->turn.request->now, &run->previous, error))
		return -1;
	return run->previous.id != 0
		       ? responses_history_find_session(run, error)
		       : responses_history_refuse(run, error);
}

int responses_find(struct responses *run, struct error *error)
{
	const struct request *request = run->turn.request;

	if (request->session.data != NULL) {
		run->ref = request_ref(request);
		return turn_find(&run->turn, error);
	}
	if (run->asked->stores &&
		store_quota_check(run->turn.store, request->tenant, 2, error))
		return -1;
	return responses_goes_on(run)
		       ? responses_history_find_previous(run, error)
		       : 0;
}

/* --- loading ------------------------------------------------------------ */

static int responses_history_load_session(const struct responses *run,
	struct text *variables, struct error *error)
{
	const struct turn_run *turn = &run->turn;
	struct settings settings = { 0 };
	struct memory_scope scope = turn_scope(turn, &settings);
	int result =
		session_settings(turn->store, &turn->session, &settings, error);

	settings.return_messages = true;
	scope.ref = run->ref;
	scope.verbatim = false;
	scope.form = form_named(SLICE("openai-items"));
	scope.window.paired = true;
	scope.window.following = run->given.list;
	scope.window.following_first = run->overlap.known;
	scope.window.asked = run->overlap.known == run->given.list->count;
	if (run->overlap.archived.last > 0)
		scope.before = run->overlap.archived.first;
	if (run->overlap.leading > 0)
		scope.window.keep_system = 0;
	if (run->previous.id != 0)
		scope.before = run->previous.last_seq + 1;
	if (result == 0)
		result = turn_load(turn, &scope, variables, error);
	settings_clear(&settings);
	return result;
}

static void responses_history_put_items(struct text *out, struct slice items)
{
	struct json_walk walk = json_walk(items);
	struct slice item;

	while (json_next_element(&walk, &item))
		json_put(out, item);
}

/* The items of one that is in no session. */
static int responses_history_load_alone(const struct responses *run,
	struct text *variables, struct error *error)
{
	json_begin_object(variables);
	json_name(variables, "history");
	json_begin_array(variables);
	responses_history_put_items(variables, run->previous.input);
	responses_history_put_items(
		variables, response_output(run->previous.body));
	json_end_array(variables);
	json_end_object(variables);
	return variables->failed ? error_out_of_memory(error) : 0;
}

int responses_load(const struct responses *run, struct text *variables,
	struct error *error)
{
	if (run->previous.id != 0 && run->previous.session == 0)
		return responses_history_load_alone(run, variables, error);
	if (run->ref.name.data != NULL)
		return responses_history_load_session(run, variables, error);
	text_string(variables, "{}");
	return variables->failed ? error_out_of_memory(error) : 0;
}
