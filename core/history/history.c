/* SPDX-License-Identifier: MIT */
/* history.c - ChatMessageHistory: append, list, window. */
#include "core/history/history.h"

#include <stdlib.h>
#include <string.h>

#include "schema/error.h"
#include "schema/forms/form.h"
#include "schema/json/write.h"
#include "schema/tokens/tokens.h"

#define PAGE_START 4096 /* bytes that a page has room for at first */

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
struct history_twin {
	const struct message *given;
	int64_t seq; /* where it is; 0: nowhere */
	bool same;
	bool failed; /* out of memory */
};

/* Same type and data, whichever form each came in. */
static int history_compare_twin(void *context, const struct message_row *row)
{
	struct history_twin *twin = context;
	struct text stored = { 0 }, given = { 0 };

	format_langchain(&stored, &row->message);
	format_langchain(&given, twin->given);
	twin->seq = row->seq;
	twin->failed = stored.failed || given.failed;
	twin->same = slice_equal(text_view(&stored), text_view(&given));
	text_clear(&stored);
	text_clear(&given);
	return 1;
}

/* Is a message of this id there?  Sets appended->seq if it is the same. */
static int history_find_repeat(struct store *store,
	const struct session *session, const struct message *message,
	struct appended *appended, struct error *error)
{
	struct history_twin twin = { .given = message };
	int64_t seq = store_id_seq(message->id, session->mark);

	if (store_message_find(store, session, message->id, 0,
		    history_compare_twin, &twin, error))
		return -1;
	if (twin.seq == 0 && seq > session->last_seq)
		return error_set(error, ERROR_INVALID,
			"id \"%.*s\" is one that this session will give itself",
			SLICE_SHORT(message->id));
	if (twin.failed)
		return error_out_of_memory(error);
	if (twin.seq != 0 && !twin.same)
		return error_set(error, ERROR_KEY_REUSED,
			"id \"%.*s\" is already there with another content",
			SLICE_SHORT(message->id));
	appended->seq = twin.seq;
	appended->repeated = twin.seq != 0;
	return 0;
}

int history_append(struct store *store, struct slice tenant, struct slice name,
	const struct message_list *list, int64_t now, struct session *session,
	struct appended *appended, struct error *error)
{
	if (store_session_take(store, tenant, name, now, session, error))
		return -1;
	if (list->count > 0 && session->id == 0 &&
		store_session_create(store, tenant, name, now, session, error))
		return -1;
	for (size_t i = 0; i < list->count; i++) {
		const struct message *message = &list->items[i];

		appended[i] = (struct appended){ 0 };
		if (message->id.length > 0 &&
			history_find_repeat(
				store, session, message, &appended[i], error))
			return -1;
		if (appended[i].repeated)
			continue;
		if (store_message_append(store, session, message, now, error))
			return -1;
		appended[i].seq = session->last_seq;
	}
	return 0;
}

int history_count(
	const struct history_page *page, const struct message_row *row)
{
	struct history_figures *figures = page->figures;
	int64_t tokens;

	if (figures == NULL)
		return 0;
	tokens = tokens_approx(&row->message);
	if (tokens < 0)
		return -1;
	if (figures->first_seq == 0 || row->seq < figures->first_seq)
		figures->first_seq = row->seq;
	figures->tokens += tokens;
	return 0;
}

/*
 * A page while it is written.  `ends[i]` is where message i ends in `text`;
 * the separator follows, then message i + 1.
 */
struct pages {
	struct history_page *page;
	const struct session *session;
	struct text *text;
	int64_t limit;
	size_t start;
	size_t *ends; /* only if the page is to be reversed */
	size_t capacity;
	bool failed;
};

static int history_remember_end(struct pages *pages)
{
	if ((size_t)pages->page->count == pages->capacity) {
		size_t capacity = pages->capacity ? 2 * pages->capacity : 32;
		size_t *ends = reallocarray(
			pages->ends, capacity, sizeof(*pages->ends));

		if (ends == NULL)
			return -1;
		pages->ends = ends;
		pages->capacity = capacity;
	}
	pages->ends[pages->page->count] = pages->text->length;
	return 0;
}

/* Its messages, with separators only if it is written in its order. */
static size_t history_page_bytes(const struct pages *pages)
{
	const struct history_page *page = pages->page;
	const size_t separators =
		page->reverse ? (size_t)page->count * page->separator.length
			      : 0;

	return pages->text->length - pages->start - separators;
}

static int history_write_row(void *context, const struct message_row *row)
{
	struct pages *pages = context;
	struct history_page *page = pages->page;
	size_t before = pages->text->length;

	if (page->count == pages->limit) {
		page->more = true;
		return 1;
	}
	if (page->count > 0)
		text_slice(pages->text, page->separator);
	page->write(pages->text, pages->session, row, page->context);
	if (page->count > 0 && history_page_bytes(pages) > page->max_bytes) {
		pages->text->length = before;
		page->more = true;
		return 1;
	}
	if (history_count(page, row) ||
		(page->reverse && history_remember_end(pages)))
		pages->failed = true;
	page->count++;
	return pages->failed || pages->text->failed;
}

static void history_append_reversed(struct text *out, const struct pages *pages)
{
	const struct slice separator = pages->page->separator;

	for (int64_t i = pages->page->count - 1; i >= 0; i--) {
		size_t start =
			i > 0 ? pages->ends[i - 1] + separator.length : 0;

		text_append(
			out, pages->text->data + start, pages->ends[i] - start);
		if (i > 0)
			text_slice(out, separator);
	}
}

int history_write(struct store *store, const struct session *session,
	struct history_page *page, struct text *out, struct error *error)
{
	struct text newest_first = { 0 };
	struct pages pages = {
		.page = page,
		.session = session,
		.limit = page->query.limit,
		.text = page->reverse ? &newest_first : out,
		.start = page->reverse ? 0 : out->length,
	};
	struct message_query query = page->query;
	int result;

	page->count = 0;
	page->more = false;
	if (session->id == 0 || query.limit == 0)
		return 0;
	/* A page of 20 grows once or twice, not ten times. */
	text_reserve(pages.text, PAGE_START);
	/* One more than asked for tells whether there are more. */
	if (query.limit < INT64_MAX)
		query.limit++;
	result = store_message_list(
		store, session, &query, history_write_row, &pages, error);
	if (result == 0 && page->reverse && !pages.failed)
		history_append_reversed(out, &pages);
	if (result == 0 && (pages.failed || newest_first.failed || out->failed))
		result = error_out_of_memory(error);
	free(pages.ends);
	text_clear(&newest_first);
	return result;
}
