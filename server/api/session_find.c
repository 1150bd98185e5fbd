/* SPDX-License-Identifier: MIT */
/* session_find.c - the session that a request is about, and its settings. */
#include "core/memory/run.h"
#include "server/api/handlers.h"

struct session_ref request_ref(const struct request *request)
{
	return (struct session_ref){ request->tenant,
		request_session(request) };
}

int request_find(struct store *store, const struct request *request,
	struct session *session, struct error *error)
{
	return store_session_find(
		store, request_ref(request), request->now, session, error);
}

int request_find_at(struct store *store, const struct request *request,
	struct session *session, struct error *error)
{
	int64_t as_of = -1;

	if (request_integer(request,
		    (struct integer_range){ "as_of", 0, SEQ_MOST }, &as_of,
		    error) ||
		request_find(store, request, session, error))
		return -1;
	return as_of < 0 ? 0
			 : store_session_as_of(store, session, as_of, error);
}

int request_need(struct store *store, const struct request *request,
	struct session *session, struct error *error)
{
	struct slice name = request_session(request);

	if (request_find(store, request, session, error))
		return -1;
	if (session->id == 0)
		return error_set(error, ERROR_NOT_FOUND,
			request_is_openai(request)
				? "Conversation with id '%.*s' not found."
				: "no session \"%.*s\"",
			SLICE_SHORT(name));
	return 0;
}

int session_settings(struct store *store, const struct session *session,
	struct settings *settings, struct error *error)
{
	struct session_profile profile;
	struct text buf = { 0 };
	int result = settings_default(settings, error);

	if (result == 0 && session->id != 0) {
		result = store_session_profile(
			store, session, &buf, &profile, error);
		if (result == 0)
			result = settings_from_json(
				settings, profile.memory, error);
	}
	text_clear(&buf);
	return result;
}

static int session_find_query_settings(const struct request *request,
	struct settings *settings, struct error *error)
{
	for (int i = 0; i < request->parameter_count; i++)
		if (settings_from_query(settings, request->parameters[i].name,
			    request->parameters[i].value, error) < 0)
			return -1;
	return 0;
}

int request_check_settings(const struct request *request, struct error *error)
{
	struct settings settings = { 0 };
	int result = session_find_query_settings(request, &settings, error);

	settings_clear(&settings);
	return result;
}

/* An option that the query gives has to be one of the class. */
static int session_find_check_options(const struct request *request,
	const struct settings *settings, struct error *error)
{
	for (int i = 0; i < request->parameter_count; i++)
		if (memory_check_option(request->memories, settings,
			    request->parameters[i].name, error))
			return -1;
	return 0;
}

int request_settings(struct store *store, const struct request *request,
	const struct session *session, struct settings *settings,
	struct error *error)
{
	struct slice class;

	if (session_settings(store, session, settings, error) ||
		session_find_query_settings(request, settings, error) ||
		session_find_check_options(request, settings, error))
		return -1;
	/* A class that is chosen here has not been checked yet. */
	return request_parameter(request, "class", &class)
		       ? memory_check(request->memories, settings, error)
		       : 0;
}
