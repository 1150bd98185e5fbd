/* SPDX-License-Identifier: MIT */
/*
 * memory_kept.c - what the memory classes of a session keep: seen, corrected,
 * made again.
 *
 * It belongs to the settings that are kept with the session, so these requests
 * take none in the query.
 */
#include "core/memory/kept.h"
#include "core/store/memory_state.h"
#include "schema/json/value.h"
#include "server/api/handlers.h"

struct memory_kept {
	struct session session;
	struct settings settings;
	struct memory_scope scope;
};

/* `kept->settings` is to be cleared, after a failure as well. */
static int memory_kept_find(struct memory_kept *kept, struct store *store,
	const struct request *request, struct error *error)
{
	*kept = (struct memory_kept){
		.scope = {
			.store = store,
			.ref = request_ref(request),
			.settings = &kept->settings,
			.memories = request->memories,
			.window = WINDOW_NONE,
			.now = request->now,
		},
	};
	if (request_need(store, request, &kept->session, error))
		return -1;
	return session_settings(store, &kept->session, &kept->settings, error);
}

static int memory_kept_reply(
	struct memory_kept *kept, struct reply *reply, struct error *error)
{
	reply->status = 200;
	return memory_show(&kept->scope, &kept->session, &reply->body, error);
}

/*
 * The version stays as it is, so only a write's reply has the ETag: a read
 * would be told that nothing has changed.  There may be messages that a summary
 * of fewer lacks.
 */
static void memory_kept_written(
	const struct memory_kept *kept, struct reply *reply)
{
	reply_etag(reply, &kept->session);
	if (memory_reflects(kept->scope.memories, &kept->settings))
		text_slice(&reply->reflect, kept->scope.ref.name);
}

int api_memory_kept_get(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct memory_kept kept;
	int result = memory_kept_find(&kept, store, request, error);

	if (result == 0)
		result = memory_kept_reply(&kept, reply, error);
	settings_clear(&kept.settings);
	return result;
}

int api_memory_kept_parse(struct request *request, struct error *error)
{
	if (json_kind(request->body) == JSON_KIND_OBJECT)
		return 0;
	return error_set(error, ERROR_INVALID,
		"the body must be an object, as GET shows it, not %.*s",
		SLICE_SHORT(request->body));
}

int api_memory_kept_put(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct memory_kept kept;
	int result = memory_kept_find(&kept, store, request, error);

	kept.scope.writes = true;
	if (result == 0)
		result = memory_correct(
			&kept.scope, &kept.session, request->body, error);
	if (result == 0)
		result = memory_kept_reply(&kept, reply, error);
	if (result == 0)
		memory_kept_written(&kept, reply);
	settings_clear(&kept.settings);
	return result;
}

int api_memory_kept_delete(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct memory_kept kept;
	int result = memory_kept_find(&kept, store, request, error);

	if (result == 0)
		result = store_memory_state_forget(
			store, &kept.session, 0, error);
	if (result == 0)
		result = memory_kept_reply(&kept, reply, error);
	if (result == 0)
		memory_kept_written(&kept, reply);
	settings_clear(&kept.settings);
	return result;
}
