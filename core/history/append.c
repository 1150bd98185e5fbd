/* SPDX-License-Identifier: MIT */
/* append.c - messages are added, each once. */
#include "core/history/history.h"

#include <assert.h>

#include "core/history/duplicates.h"
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

/*
 * Is a message of this id there?  Sets appended->seq if so, and `repeated` if
 * it is the same.
 */
static int append_find_duplicate(const struct duplicates *duplicates, size_t i,
	struct history_appended *appended, struct error *error)
{
	const enum message_form form = duplicates->list->items[i].form;
	const struct slice id = duplicates->list->items[i].id;
	const struct session *session = &duplicates->edit->session;
	struct duplicate duplicate;

	if (duplicates_get(duplicates, i, &duplicate, error))
		return -1;
	if (duplicate.seq == 0 &&
		store_id_seq(id, session->mark) > session->last_seq)
		return error_set(error, ERROR_INVALID,
			"id \"%.*s\" is one that this session will give itself",
			SLICE_SHORT(id));
	if (duplicate.seq != 0 && !duplicate.same && !form_of(form)->grows)
		return error_set(error, ERROR_KEY_REUSED,
			"id \"%.*s\" is already there with another content",
			SLICE_SHORT(id));
	appended->seq = duplicate.seq;
	appended->repeated = duplicate.seq != 0 && duplicate.same;
	return 0;
}

int history_edit_message(struct store *store, struct history_edit *edit,
	int64_t seq, const struct message *message, struct error *error)
{
	const struct message_replacement replacement = { seq, message,
		edit->now };

	return store_message_replace(
		store, &edit->session, &replacement, error);
}

/* Appends message i, unless it is there: then it may be edited. */
static int append_message(const struct duplicates *duplicates, size_t i,
	struct history_edit *edit, struct error *error)
{
	const struct message *message = &duplicates->list->items[i];
	struct history_appended *appended = &edit->appended[i];
	struct session *session = &edit->session;

	*appended = (struct history_appended){ 0 };
	if (message->id.length > 0 &&
		append_find_duplicate(duplicates, i, appended, error))
		return -1;
	if (appended->repeated)
		return 0;
	if (appended->seq != 0)
		return history_edit_message(
			duplicates->store, edit, appended->seq, message, error);
	if (store_message_append(
		    duplicates->store, session, message, edit->now, error))
		return -1;
	appended->seq = session->last_seq;
	return 0;
}

int history_append(struct store *store, struct history_edit *edit,
	const struct message_list *list, struct error *error)
{
	struct session *session = &edit->session;
	struct duplicates duplicates;
	int result;

	assert(edit->appended != NULL || list->count == 0);
	if (store_session_take(store, edit->ref, edit->now, session, error))
		return -1;
	if (list->count > 0 && session->id == 0 &&
		store_session_create(
			store, edit->ref, edit->now, session, error))
		return -1;
	result = duplicates_find(&duplicates, store, edit, list, error);
	for (size_t i = 0; result == 0 && i < list->count; i++)
		result = append_message(&duplicates, i, edit, error);
	duplicates_clear(&duplicates);
	return result;
}
