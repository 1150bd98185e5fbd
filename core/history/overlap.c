/* SPDX-License-Identifier: MIT */
/* overlap.c - which messages of a request the history has already. */
#include "core/history/history.h"

#include "schema/error.h"
#include "schema/forms/form.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

static bool overlap_is_empty(struct slice value)
{
	return slice_is(value, "null") || slice_is(value, "\"\"") ||
	       slice_is(value, "[]");
}

/* The message in OpenAI's form, without what does not count. */
static void overlap_write_form(struct text *out, const struct message *message)
{
	struct text whole = { 0 };
	struct json_walk walk;
	struct slice name, value;

	format_openai(&whole, message);
	out->failed = out->failed || whole.failed;
	json_begin_object(out);
	if (!whole.failed) {
		walk = json_walk(text_view(&whole));
		while (json_next_member(&walk, &name, &value))
			if (!overlap_is_empty(value))
				json_member_json(out, name, value);
	}
	json_end_object(out);
	text_clear(&whole);
}

/* How far the list has been found in the history. */
struct overlap_progress {
	const struct message_list *list;
	size_t at;
	bool differs;
	bool failed;
};

static int overlap_compare_row(void *context, const struct message_row *row)
{
	struct overlap_progress *progress = context;
	int same = 0;

	if (progress->at < progress->list->count)
		same = history_same(&row->message,
			&progress->list->items[progress->at],
			overlap_write_form);
	progress->at++;
	progress->failed = same < 0;
	progress->differs = same == 0;
	return same != 1;
}

int history_overlap(struct store *store, const struct session *session,
	const struct message_list *list, size_t *overlap, struct error *error)
{
	const struct message_query query = { .limit = INT64_MAX };
	struct overlap_progress progress = { .list = list };

	*overlap = 0;
	if (session->id == 0 ||
		session_message_count(session) > (int64_t)list->count)
		return 0;
	if (store_message_list(store, session, &query,
		    (struct message_visitor){ overlap_compare_row, &progress },
		    error))
		return -1;
	if (progress.failed)
		return error_out_of_memory(error);
	if (!progress.differs)
		*overlap = progress.at;
	return 0;
}
