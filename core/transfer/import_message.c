/* SPDX-License-Identifier: MIT */
/* import_message.c - messages become those of the session at hand. */
#include "core/history/history.h"
#include "core/store/archive.h"
#include "core/store/restore.h"
#include "core/transfer/import_line.h"
#include "schema/error.h"
#include "schema/forms/parse.h"
#include "schema/json/value.h"

/* --- a message that is there, or not ---------------------------------- */

struct import_message_duplicate {
	const struct message_row *given;
	bool timed; /* the times count */
	bool found;
	bool same;
};

static bool import_message_is_same(
	const struct message *a, const struct message *b)
{
	return a->form == b->form && a->type == b->type &&
	       slice_equal(a->type_sent, b->type_sent) &&
	       slice_equal(a->client_created_at, b->client_created_at) &&
	       slice_equal(a->body, b->body);
}

static int import_message_compare(void *context, const struct message_row *row)
{
	struct import_message_duplicate *duplicate = context;
	const struct message_row *given = duplicate->given;

	duplicate->found = true;
	duplicate->same =
		import_message_is_same(&row->message, &given->message) &&
		(given->message.id.length == 0 ||
			history_id_is(row, given->message.id)) &&
		(!duplicate->timed ||
			(row->created_at == given->created_at &&
				row->updated_at == given->updated_at));
	return 1;
}

/* Visits the message of its seq, if it is shown, or is archived. */
static int import_message_visit(struct importer *importer,
	const struct message_row *row, struct message_visitor visitor,
	struct error *error)
{
	const struct message_query archived = {
		.after = row->seq - 1,
		.before = row->seq + 1,
		.limit = 1,
	};
	const struct message_ref shown = { { NULL, 0 }, row->seq };

	return row->archived > 0
		       ? store_archive_list(importer->store, &importer->session,
				 &archived, visitor, error)
		       : store_message_find(importer->store, &importer->session,
				 shown, visitor, error);
}

/* 1: it is there, the same; 0: its seq is free. */
static int import_message_find_duplicate(struct importer *importer,
	const struct message_row *row, bool timed, struct error *error)
{
	struct import_message_duplicate duplicate = { .given = row,
		.timed = timed };

	if (row->seq > importer->session.last_seq)
		return 0;
	if (import_message_visit(importer, row,
		    (struct message_visitor){
			    import_message_compare, &duplicate },
		    error))
		return -1;
	if (duplicate.same)
		return 1;
	return error_set(error, ERROR_KEY_REUSED,
		duplicate.found
			? "message %lld of session \"%.*s\" is there with "
			  "other bytes"
			: "message %lld of session \"%.*s\" is not there any "
			  "more, or comes too late",
		(long long)row->seq, SLICE_SHORT(importer->session_name));
}

static int import_message_note_found(
	void *context, const struct message_row *row)
{
	int64_t *seq = context;

	*seq = row->seq;
	return 1;
}

/* An id that the server would give it is not the client's. */
static int import_message_check_id(
	struct importer *importer, struct message_row *row, struct error *error)
{
	struct slice *id = &row->message.id;
	const int64_t own = store_id_seq(*id, importer->session.mark);
	int64_t seq = 0;

	if (own == row->seq)
		*id = (struct slice){ NULL, 0 };
	if (id->length == 0)
		return 0;
	if (own > row->seq)
		return error_set(error, ERROR_INVALID,
			"id \"%.*s\" is that of a later message",
			SLICE_SHORT(*id));
	if (store_message_find(importer->store, &importer->session,
		    (struct message_ref){ *id, 0 },
		    (struct message_visitor){ import_message_note_found, &seq },
		    error))
		return -1;
	if (seq != 0)
		return error_set(error, ERROR_KEY_REUSED,
			"id \"%.*s\" is that of message %lld already",
			SLICE_SHORT(*id), (long long)seq);
	return 0;
}

/* --- message lines ---------------------------------------------------- */

static int import_message_check_archived(const struct importer *importer,
	const struct message_row *row, struct error *error)
{
	if (row->archived > row->seq &&
		row->archived <= importer->last_seq + importer->edits)
		return 0;
	return error_set(error, ERROR_INVALID,
		"archived must be a version above the seq, at most the "
		"session's, which is %lld, not %lld",
		(long long)(importer->last_seq + importer->edits),
		(long long)row->archived);
}

static int import_message_check_place(const struct importer *importer,
	const struct message_row *row, struct error *error)
{
	if (!import_may_follow(importer))
		return error_set(error, ERROR_KEY_REUSED,
			"session \"%.*s\" has been changed; message %lld "
			"cannot follow",
			SLICE_SHORT(importer->session_name),
			(long long)row->seq);
	if (row->seq > importer->last_seq)
		return error_set(error, ERROR_INVALID,
			"seq %lld is beyond last_seq, which is %lld",
			(long long)row->seq, (long long)importer->last_seq);
	if (row->archived > 0)
		return import_message_check_archived(importer, row, error);
	if (session_message_count(&importer->session) >= importer->count)
		return error_set(error, ERROR_INVALID,
			"the session has more messages than its "
			"message_count, which is %lld",
			(long long)importer->count);
	return 0;
}

static int import_message_store(
	struct importer *importer, struct message_row *row, struct error *error)
{
	int there = import_message_find_duplicate(importer, row, true, error);

	if (there < 0)
		return -1;
	importer->skipped += there;
	if (there)
		return 0;
	if (import_message_check_place(importer, row, error) ||
		import_message_check_id(importer, row, error) ||
		(row->archived > 0 ? store_archive_restore
				   : store_message_restore)(importer->store,
			&importer->session, row, importer->now, error))
		return -1;
	importer->messages++;
	importer->stored++;
	return 0;
}

int import_store_message(struct importer *importer,
	const struct import_input *input, const struct import_entry *entry,
	struct error *error)
{
	const struct message_line *line = &entry->is.message;
	struct message_row row = {
		.message = input->messages.items[line->index],
		.seq = line->seq,
		.created_at = line->created_at,
		.updated_at = line->updated_at,
		.archived = line->archived,
	};

	if (importer->gone) {
		importer->skipped++;
		return 0;
	}
	return import_message_store(importer, &row, error);
}

/* --- lists of messages ------------------------------------------------ */

static int import_message_append(struct importer *importer,
	const struct message *message, int64_t seq, struct error *error)
{
	struct message_row row = { .message = *message, .seq = seq };
	int there = import_message_find_duplicate(importer, &row, false, error);

	if (there < 0)
		return -1;
	importer->skipped += there;
	importer->messages += !there;
	if (there)
		return 0;
	if (import_message_check_id(importer, &row, error))
		return -1;
	return store_message_append(importer->store, &importer->session,
		&row.message, importer->now, error);
}

/* The metadata is that of a session made here. */
static int import_message_make_for_list(struct importer *importer,
	const struct list_line *list, struct error *error)
{
	struct session_profile profile = {
		.memory = SLICE("{}"),
		.metadata = list->metadata,
		.retain_retired = -1,
	};

	importer->sessions++;
	if (store_session_create(importer->store,
		    (struct session_ref){
			    importer->tenant, importer->session_name },
		    importer->now, &importer->session, error))
		return -1;
	return profile.metadata.length == 0
		       ? 0
		       : store_session_configure(importer->store,
				 &importer->session, &profile, importer->now,
				 error);
}

static int import_message_store_list(struct importer *importer,
	const struct import_input *input, const struct list_line *list,
	struct error *error)
{
	const struct message *items =
		list->count > 0 ? input->messages.items + list->index : NULL;

	if (store_session_take(importer->store,
		    (struct session_ref){
			    importer->tenant, importer->session_name },
		    importer->now, &importer->session, error))
		return -1;
	if (list->after > importer->session.last_seq)
		return error_set(error, ERROR_KEY_REUSED,
			"session \"%.*s\" has no message %lld for these to "
			"follow",
			SLICE_SHORT(importer->session_name),
			(long long)list->after);
	if (importer->session.id == 0 && list->count > 0 &&
		import_message_make_for_list(importer, list, error))
		return -1;
	for (size_t i = 0; i < list->count; i++)
		if (import_message_append(importer, &items[i],
			    list->after + (int64_t)i + 1, error))
			return -1;
	return 0;
}

int import_store_list(struct importer *importer,
	const struct import_input *input, const struct import_entry *entry,
	struct error *error)
{
	if (import_end_session(importer, error))
		return -1;
	importer->session_name = text_view(&entry->is.list.name);
	if (import_message_store_list(importer, input, &entry->is.list, error))
		return -1;
	import_forget_session(importer);
	return 0;
}
