/* SPDX-License-Identifier: MIT */
/* item_seek.c - an item by its id alone. */
#include "core/store/item_sessions.h"
#include "schema/forms/items.h"
#include "server/api/conversation.h"

struct item_seek_run {
	struct store *store;
	const struct request *request;
	struct slice id;
	struct text *out;
	struct error *error;
	int result;
};

static int item_seek_read(
	const struct item_seek_run *run, struct slice session_name)
{
	const struct session_ref ref = { run->request->tenant, session_name };
	struct session session;
	struct item_place place;

	if (store_session_find(
		    run->store, ref, run->request->now, &session, run->error) ||
		item_find(run->store, &session, run->id, &place, run->error))
		return -1;
	return place.seq == 0 ? 0
			      : item_read(run->store, &session, &place,
					run->out, run->error);
}

static int item_seek_visit(void *context, struct slice session_name)
{
	struct item_seek_run *run = context;
	const size_t begun = run->out->length;

	run->result = item_seek_read(run, session_name);
	return run->result != 0 || run->out->length > begun;
}

/* Reads it where a message with this id is, of which it is a part. */
static int item_seek_in(struct item_seek_run *run, struct slice message_id)
{
	const struct item_search search = {
		.tenant = run->request->tenant,
		.id = items_id_bare(message_id),
		.now = run->request->now,
	};
	const int result = store_item_sessions(run->store, &search,
		(struct name_visitor){ item_seek_visit, run }, run->error);

	return result != 0 ? result : run->result;
}

int item_seek(struct store *store, const struct request *request,
	struct slice id, struct text *out, struct error *error)
{
	struct item_seek_run run = {
		.store = store,
		.request = request,
		.id = id,
		.out = out,
		.error = error,
	};
	const size_t begun = out->length;

	if (item_seek_in(&run, id))
		return -1;
	return out->length > begun || item_split(&id) == 0
		       ? 0
		       : item_seek_in(&run, id);
}
