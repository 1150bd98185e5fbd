/* SPDX-License-Identifier: MIT */
/* item.c - one item of a conversation. */
#include <string.h>

#include "core/history/history.h"
#include "core/store/check.h"
#include "schema/forms/items.h"
#include "schema/json/value.h"
#include "server/api/conversation.h"

/* --- writing ------------------------------------------------------------ */

void item_writer_clear(struct item_writer *writer)
{
	items_shown_clear(&writer->shown);
	text_clear(&writer->id);
}

int item_writer_read(struct item_writer *writer, const struct message_row *row)
{
	writer->id.length = 0;
	history_message_id(&writer->id, writer->session, row);
	return writer->id.failed
		       ? -1
		       : items_shown_find(&writer->shown, &row->message);
}

void item_write(const struct item_writer *writer, struct text *out,
	const struct message_row *row, size_t part)
{
	const struct items_id id = {
		.message = json_inner(text_view(&writer->id)),
		.given = row->message.id.length > 0 &&
			 !items_id_is_made(row->message.id),
		.part = part,
	};

	items_show(out, &writer->shown, &id);
}

/* --- finding ------------------------------------------------------------ */

size_t item_split(struct slice *id)
{
	const char *dot = memrchr(id->data, '.', id->length);
	int64_t part;

	if (dot == NULL ||
		!json_int64((struct slice){ dot + 1,
				    (size_t)(id->data + id->length - dot - 1) },
			&part) ||
		part < 2)
		return 0;
	id->length = (size_t)(dot - id->data);
	return (size_t)part;
}

static int item_note(void *context, const struct message_row *row)
{
	*(int64_t *)context = row->seq;
	return 1;
}

static int item_locate(struct store *store, const struct session *session,
	struct slice id, int64_t *seq, struct error *error)
{
	id = items_id_bare(id);
	*seq = 0;
	if (session->id == 0 || id.length == 0)
		return 0;
	return store_message_locate(store, session,
		(struct message_ref){ .id = id },
		(struct message_visitor){ item_note, seq }, error);
}

int item_find(struct store *store, const struct session *session,
	struct slice id, struct item_place *place, struct error *error)
{
	place->part = 1;
	if (item_locate(store, session, id, &place->seq, error))
		return -1;
	if (place->seq != 0)
		return 0;
	place->part = item_split(&id);
	return place->part != 0
		       ? item_locate(store, session, id, &place->seq, error)
		       : 0;
}

static int item_refuse(const struct request *request, struct error *error)
{
	return error_set(error, ERROR_NOT_FOUND,
		"Item with id '%.*s' not found in conversation '%.*s'.",
		SLICE_SHORT(request->segments[4]),
		SLICE_SHORT(request->segments[2]));
}

/* Finds the conversation and the item of the path. */
static int item_need(struct store *store, const struct request *request,
	struct session *session, struct item_place *place, struct error *error)
{
	if (conversation_find(store, request, session, error) ||
		item_find(store, session, request->segments[4], place, error))
		return -1;
	return place->seq != 0 ? 0 : item_refuse(request, error);
}

/* --- reading ------------------------------------------------------------ */

struct item_reading {
	struct item_writer writer;
	struct text *out;
	size_t part;
	bool failed;
};

static int item_read_row(void *context, const struct message_row *row)
{
	struct item_reading *reading = context;

	reading->failed = item_writer_read(&reading->writer, row) != 0;
	if (!reading->failed && reading->part <= reading->writer.shown.count)
		item_write(&reading->writer, reading->out, row, reading->part);
	return 1;
}

int item_read(struct store *store, const struct session *session,
	const struct item_place *place, struct text *out, struct error *error)
{
	struct item_reading reading = {
		.writer.session = session,
		.out = out,
		.part = place->part,
	};
	int result = store_message_find(store, session,
		(struct message_ref){ .seq = place->seq },
		(struct message_visitor){ item_read_row, &reading }, error);

	item_writer_clear(&reading.writer);
	return result == 0 && reading.failed ? error_out_of_memory(error)
					     : result;
}

/* --- handlers ----------------------------------------------------------- */

int api_item_get(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct session session;
	struct item_place place;

	if (item_need(store, request, &session, &place, error) ||
		item_read(store, &session, &place, &reply->body, error))
		return -1;
	if (reply->body.length == 0)
		return item_refuse(request, error);
	reply->status = 200;
	reply_etag(reply, &session);
	return 0;
}

/* Its message goes as a whole: the items that a call of a chat is, too. */
int api_item_delete(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct message_removal removal = { .now = request->now };
	struct session session;
	struct item_place place;

	if (item_need(store, request, &session, &place, error))
		return -1;
	removal.seqs = (struct seq_range){ place.seq, place.seq };
	if (store_message_remove(store, &session, &removal, error))
		return -1;
	if (session_message_count(&session) == 0 &&
		request_cleared(store, request, &session, error))
		return -1;
	return reply_conversation(
		store, &session, request_session(request), reply, error);
}
