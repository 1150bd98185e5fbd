/* SPDX-License-Identifier: MIT */
/* items.c - the items of conversations: listed and added. */
#include <stdlib.h>

#include "core/history/history.h"
#include "server/api/conversation.h"
#include "server/api/conversation_input.h"
#include "server/api/openai_list.h"

/* --- listing ------------------------------------------------------------ */

struct items_listing {
	struct item_writer writer;
	struct openai_list list;
	struct openai_page page;
	struct item_place after;
	bool failed;
};

/* Does it stand before the page, in the page's order? */
static bool items_is_before(
	const struct items_listing *listing, int64_t seq, size_t part)
{
	if (seq != listing->after.seq)
		return false;
	return listing->page.descending ? part >= listing->after.part
					: part <= listing->after.part;
}

static int items_list_row(void *context, const struct message_row *row)
{
	struct items_listing *listing = context;
	const struct items_shown *shown = &listing->writer.shown;

	if (item_writer_read(&listing->writer, row)) {
		listing->failed = true;
		return 1;
	}
	for (size_t i = 0; i < shown->count; i++) {
		const size_t part =
			listing->page.descending ? shown->count - i : i + 1;

		if (items_is_before(listing, row->seq, part))
			continue;
		if (!openai_list_next(&listing->list))
			return 1;
		item_write(&listing->writer, listing->list.out, row, part);
		if (!openai_list_keep(&listing->list))
			return 1;
	}
	return listing->list.out->failed;
}

/* Finds where the page begins. */
static int items_find_after(struct store *store, const struct session *session,
	struct items_listing *listing, struct error *error)
{
	const struct slice after = listing->page.after;

	if (after.data == NULL)
		return 0;
	if (item_find(store, session, after, &listing->after, error))
		return -1;
	return listing->after.seq != 0
		       ? 0
		       : error_set(error, ERROR_INVALID,
				 "after '%.*s' is no item of this "
				 "conversation; it may have been deleted",
				 SLICE_SHORT(after));
}

static int items_list(struct store *store, const struct session *session,
	struct items_listing *listing, struct error *error)
{
	const bool descending = listing->page.descending;
	const int64_t seq = listing->after.seq;
	/* Each message is an item at least; two more tell where it goes on. */
	const struct message_query query = {
		.limit = listing->page.limit + 2,
		.descending = descending,
		.after = seq != 0 && !descending ? seq - 1 : 0,
		.before = seq != 0 && descending ? seq + 1 : 0,
	};

	if (session->id == 0)
		return 0;
	if (store_message_list(store, session, &query,
		    (struct message_visitor){ items_list_row, listing }, error))
		return -1;
	return listing->failed ? error_out_of_memory(error) : 0;
}

int api_items_get(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct items_listing listing = { .failed = false };
	struct session session;
	int result;

	if (request_openai_page(request, &listing.page, error) ||
		conversation_find(store, request, &session, error) ||
		items_find_after(store, &session, &listing, error))
		return -1;
	reply->status = 200;
	reply_etag(reply, &session);
	listing.writer.session = &session;
	openai_list_begin(&listing.list, &reply->body, listing.page.limit,
		request_bytes(request, OPENAI_LIST_BYTES));
	result = items_list(store, &session, &listing, error);
	if (result == 0)
		openai_list_end(&listing.list);
	item_writer_clear(&listing.writer);
	return reply_elsewhere(reply, request, listing.list.cut, error)
		       ? 0
		       : result;
}

/* --- adding ------------------------------------------------------------- */

/* Lists what was added, of however many bytes. */
static int items_write_added(struct reply *reply, const struct session *session,
	const struct message_list *list,
	const struct history_appended *appended, struct error *error)
{
	struct item_writer writer = { .session = session };
	struct openai_list added;
	int result = 0;

	openai_list_begin(&added, &reply->body, INT64_MAX, SIZE_MAX);
	for (size_t i = 0; result == 0 && i < list->count; i++) {
		const struct message_row row = { .message = list->items[i],
			.seq = appended[i].seq };

		result = item_writer_read(&writer, &row);
		for (size_t part = 1; result == 0 && part <= writer.shown.count;
			part++) {
			item_write(&writer, &reply->body, &row, part);
			openai_list_keep(&added);
		}
	}
	openai_list_end(&added);
	item_writer_clear(&writer);
	return result ? error_out_of_memory(error) : 0;
}

int api_items_post(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	const struct message_list *list = request_list(request);
	struct history_edit edit = request_edit(request);
	struct session session;
	int result;

	if (conversation_find(store, request, &session, error))
		return -1;
	edit.appended = calloc(list->count + 1, sizeof(*edit.appended));
	if (edit.appended == NULL)
		return error_out_of_memory(error);
	result = history_append(store, &edit, list, error);
	if (result == 0)
		result = items_write_added(
			reply, &edit.session, list, edit.appended, error);
	if (result == 0) {
		reply->status = 200;
		reply_etag(reply, &edit.session);
		result = reply_reflect(
			store, request, &edit.session, reply, error);
	}
	free(edit.appended);
	return result;
}
