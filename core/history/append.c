/* SPDX-License-Identifier: MIT */
/* append.c - messages are added, each once. */
#include "core/history/history.h"

#include <assert.h>

#include "schema/error.h"
#include "schema/forms/form.h"
#include "schema/json/write.h"

void history_message_id(struct text *out, const struct session *session,
	const struct message_row *row)
{
	if (row->message.id.length > 0) {
		json_put_string(out, row->message.id);
		return;
	}
	json_begin_string(out);
	if (row->mark.length > 0)
		text_slice(out, row->mark);
	else
		text_append(out, session->mark, MARK_LENGTH);
	text_append(out, "-", 1);
	text_number(out, row->seq);
	json_end_string(out);
}

/* A stored message compared with one that came with its id again. */
struct append_duplicate {
	const struct message *given;
	int64_t seq; /* where it is; 0: nowhere */
	bool same;
	bool failed; /* out of memory */
};

/* Same type and data, whichever form each came in. */
static int append_compare_duplicate(
	void *context, const struct message_row *row)
{
	struct append_duplicate *duplicate = context;
	struct text stored = { 0 }, given = { 0 };

	format_langchain(&stored, &row->message);
	format_langchain(&given, duplicate->given);
	duplicate->seq = row->seq;
	duplicate->failed = stored.failed || given.failed;
	duplicate->same = slice_equal(text_view(&stored), text_view(&given));
	text_clear(&stored);
	text_clear(&given);
	return 1;
}

/* Is a message of this id there?  Sets appended->seq if it is the same. */
static int append_find_duplicate(struct store *store,
	const struct session *session, const struct message *message,
	struct history_appended *appended, struct error *error)
{
	struct append_duplicate duplicate = { .given = message };
	int64_t seq = store_id_seq(message->id, session->mark);

	if (store_message_find(store, session, message->id, 0,
		    append_compare_duplicate, &duplicate, error))
		return -1;
	if (duplicate.seq == 0 && seq > session->last_seq)
		return error_set(error, ERROR_INVALID,
			"id \"%.*s\" is one that this session will give itself",
			SLICE_SHORT(message->id));
	if (duplicate.failed)
		return error_out_of_memory(error);
	if (duplicate.seq != 0 && !duplicate.same)
		return error_set(error, ERROR_KEY_REUSED,
			"id \"%.*s\" is already there with another content",
			SLICE_SHORT(message->id));
	appended->seq = duplicate.seq;
	appended->repeated = duplicate.seq != 0;
	return 0;
}

/* Appends one message, unless it is there. */
static int append_message(struct store *store, struct history_edit *edit,
	const struct message *message, struct history_appended *appended,
	struct error *error)
{
	struct session *session = &edit->session;

	*appended = (struct history_appended){ 0 };
	if (message->id.length > 0 &&
		append_find_duplicate(store, session, message, appended, error))
		return -1;
	if (appended->repeated)
		return 0;
	if (store_message_append(store, session, message, edit->now, error))
		return -1;
	appended->seq = session->last_seq;
	return 0;
}

int history_append(struct store *store, struct history_edit *edit,
	const struct message_list *list, struct error *error)
{
	struct session *session = &edit->session;

	assert(edit->appended != NULL || list->count == 0);
	if (store_session_take(
		    store, edit->tenant, edit->name, edit->now, session, error))
		return -1;
	if (list->count > 0 && session->id == 0 &&
		store_session_create(store, edit->tenant, edit->name, edit->now,
			session, error))
		return -1;
	for (size_t i = 0; i < list->count; i++)
		if (append_message(store, edit, &list->items[i],
			    &edit->appended[i], error))
			return -1;
	return 0;
}
