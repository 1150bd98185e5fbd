/* SPDX-License-Identifier: MIT */
/* conversations.c - sessions as OpenAI's conversations. */
#include <stdlib.h>
#include <string.h>

#include "schema/json/write.h"
#include "server/api/conversation.h"
#include "server/api/conversation_input.h"
#include "server/api/openai_list.h"

int conversation_find(struct store *store, const struct request *request,
	struct session *session, struct error *error)
{
	const struct slice prefix = SLICE(CONVERSATION_PREFIX);
	const struct slice name = request_session(request);

	if (name.length >= prefix.length &&
		memcmp(name.data, prefix.data, prefix.length) == 0)
		return request_need(store, request, session, error);
	return request_find(store, request, session, error);
}

void conversation_write(struct text *out, struct slice name, int64_t created_at,
	struct slice metadata)
{
	json_begin_object(out);
	json_member_string(out, "id", name);
	json_member_string(out, "object", SLICE("conversation"));
	json_member_number(out, "created_at", created_at / 1000);
	json_member(out, "metadata", metadata);
	json_end_object(out);
}

int reply_conversation(struct store *store, const struct session *session,
	struct slice name, struct reply *reply, struct error *error)
{
	struct session_profile profile;
	struct text buf = { 0 };

	if (store_session_profile(store, session, &buf, &profile, error) == 0) {
		reply->status = 200;
		reply_etag(reply, session);
		conversation_write(&reply->body, name, session->created_at,
			profile.metadata);
	}
	text_clear(&buf);
	return reply->status != 0 ? 0 : -1;
}

int api_conversation_get(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct session session;

	if (request_need(store, request, &session, error))
		return -1;
	return reply_conversation(
		store, &session, request_session(request), reply, error);
}

/* --- making and changing ------------------------------------------------ */

/* The metadata take the place of those that there are. */
static int conversations_set_metadata(struct store *store,
	const struct request *request, struct session *session,
	struct error *error)
{
	const struct conversation_input *input = request_input(request);
	struct session_profile profile;
	struct text buf = { 0 };
	int result =
		store_session_profile(store, session, &buf, &profile, error);

	if (result == 0 && !slice_equal(profile.metadata, input->metadata)) {
		profile.metadata = input->metadata;
		result = store_session_configure(
			store, session, &profile, request->now, error);
	}
	text_clear(&buf);
	return result;
}

/* A session just made gets its first version in any case. */
static int conversations_make(struct store *store,
	const struct request *request, struct session_ref ref,
	struct session *session, struct error *error)
{
	const struct conversation_input *input = request_input(request);
	const struct session_profile profile = {
		.memory = SLICE("{}"),
		.metadata = input->metadata,
		.retain_retired = -1,
	};

	if (store_session_create(store, ref, request->now, session, error))
		return -1;
	return store_session_configure(
		store, session, &profile, request->now, error);
}

int api_conversations_post(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	const struct message_list *list = request_list(request);
	struct history_edit edit = {
		.ref = { request->tenant, request_made_name(request) },
		.now = request->now,
	};
	int result;

	if (conversations_make(store, request, edit.ref, &edit.session, error))
		return -1;
	edit.appended = calloc(list->count + 1, sizeof(*edit.appended));
	if (edit.appended == NULL)
		return error_out_of_memory(error);
	result = history_append(store, &edit, list, error);
	if (result == 0)
		result = reply_conversation(
			store, &edit.session, edit.ref.name, reply, error);
	free(edit.appended);
	return result;
}

int api_conversation_post(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct session session;

	if (request_need(store, request, &session, error) ||
		conversations_set_metadata(store, request, &session, error))
		return -1;
	return reply_conversation(
		store, &session, request_session(request), reply, error);
}

int api_conversation_delete(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct erasure erasure;
	struct text *body = &reply->body;

	if (request_erase(store, request, reply, &erasure, error))
		return -1;
	json_begin_object(body);
	json_member_string(body, "id", request_session(request));
	json_member_string(body, "object", SLICE("conversation.deleted"));
	json_member_bool(body, "deleted", true);
	json_end_object(body);
	return 0;
}

/* --- listing ------------------------------------------------------------ */

/* Sessions, shown or not, that are looked at for one page. */
#define CONVERSATIONS_LOOKS 4000

struct conversations_listing {
	struct openai_list list;
	int64_t looked;
};

static int conversations_list_row(void *context, const struct session_row *row)
{
	struct conversations_listing *listing = context;

	if (listing->looked++ == CONVERSATIONS_LOOKS) {
		listing->list.more = listing->list.count > 0;
		return 1;
	}
	if (row->hidden)
		return 0;
	if (!openai_list_next(&listing->list))
		return 1;
	conversation_write(listing->list.out, row->name,
		row->session.created_at, row->metadata);
	return !openai_list_keep(&listing->list) || listing->list.out->failed;
}

/* Finds the conversation behind which the page begins. */
static int conversations_find_after(struct store *store,
	const struct request *request, struct slice after,
	struct session_query *query, struct error *error)
{
	struct session session;

	if (after.data == NULL)
		return 0;
	if (store_session_find(store,
		    (struct session_ref){ request->tenant, after },
		    request->now, &session, error))
		return -1;
	query->after = (struct session_cursor){ .id = session.id,
		.time = session.touched_at };
	return session.id != 0
		       ? 0
		       : error_set(error, ERROR_INVALID,
				 "after '%.*s' is no conversation; it may "
				 "have been deleted",
				 SLICE_SHORT(after));
}

int api_conversations_get(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct conversations_listing listing = { .looked = 0 };
	struct session_query query = { .tenant = request->tenant,
		.now = request->now };
	struct openai_page page;

	if (request_openai_page(request, &page, error) ||
		conversations_find_after(
			store, request, page.after, &query, error))
		return -1;
	query.ascending = !page.descending;
	reply->status = 200;
	openai_list_begin(&listing.list, &reply->body, page.limit,
		request_bytes(request, OPENAI_LIST_BYTES));
	if (store_session_list(store, &query,
		    (struct session_visitor){
			    conversations_list_row, &listing },
		    error))
		return -1;
	openai_list_end(&listing.list);
	reply_elsewhere(reply, request, listing.list.cut, error);
	return 0;
}
