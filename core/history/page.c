/* SPDX-License-Identifier: MIT */
/* page.c - messages written one after the other. */
#include "core/history/page.h"

#include <assert.h>
#include <stdlib.h>

#include "core/history/answer_items.h"
#include "core/history/window.h"
#include "schema/array.h"
#include "schema/error.h"
#include "schema/forms/items.h"
#include "schema/tokens/tokens.h"

#define PAGE_START 4096 /* bytes that a page has room for at first */

int history_count(
	const struct history_page *page, const struct message_row *row)
{
	struct history_figures *figures = page->figures;
	int64_t tokens;

	if (figures == NULL)
		return 0;
	tokens = tokens_count(&row->message, page->window->tokenizer);
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
struct page_writing {
	struct history_page *page;
	const struct session *session;
	struct text *text;
	int64_t limit;
	size_t start;
	size_t *ends; /* only if the page is to be reversed */
	size_t capacity;
	bool failed;
	/* The row written last, and the page before the answer that it is of.
	 */
	char kind;
	int64_t seq;
	int64_t group;
	int64_t group_seq;
	size_t group_length;
	struct history_figures group_figures;
};

/* Is the row of the answer that the one written last is of? */
static bool page_continues(
	const struct page_writing *writing, const struct message_row *row)
{
	const char kind = items_kind(&row->message);

	if (writing->page->count == 0)
		return false;
	if (row->seq == writing->seq + 1)
		return items_kinds_continue(writing->kind, kind);
	return row->seq == writing->seq - 1 &&
	       items_kinds_continue(kind, writing->kind);
}

/* Ends the page, before an answer that it does not have the whole of. */
static int page_end(struct page_writing *writing, bool continues)
{
	struct history_page *page = writing->page;

	page->more = true;
	if (!continues || writing->group == 0 || !page->answers)
		return 1;
	page->count = writing->group;
	page->last_seq = writing->group_seq;
	writing->text->length = writing->group_length;
	if (page->figures != NULL)
		*page->figures = writing->group_figures;
	return 1;
}

static void page_remember_group(
	struct page_writing *writing, const struct message_row *row)
{
	const struct history_page *page = writing->page;

	if (!page_continues(writing, row)) {
		writing->group = page->count;
		writing->group_seq = page->last_seq;
		writing->group_length = writing->text->length;
		if (page->figures != NULL)
			writing->group_figures = *page->figures;
	}
	writing->kind = items_kind(&row->message);
	writing->seq = row->seq;
}

static int page_remember_end(struct page_writing *writing)
{
	size_t *ends = array_room(writing->ends, &writing->capacity,
		(size_t)writing->page->count, sizeof(*ends));

	if (ends == NULL)
		return -1;
	writing->ends = ends;
	writing->ends[writing->page->count] = writing->text->length;
	return 0;
}

/* Its messages, with separators only if it is written in its order. */
static size_t page_bytes(const struct page_writing *writing)
{
	const struct history_page *page = writing->page;
	const size_t separators =
		page->reverse ? (size_t)page->count * page->separator.length
			      : 0;

	return writing->text->length - writing->start - separators;
}

/* Passes over it if it is none of the page; false: it is. */
static bool page_passes(
	struct page_writing *writing, const struct message_row *row)
{
	struct history_page *page = writing->page;
	const int shown = page->shows != NULL ? page->shows(&row->message) : 1;

	if (shown > 0)
		return false;
	writing->failed |= shown < 0;
	page->passed += row->message.body.length;
	page->cut |= page->passed > page->max_passed;
	page->more |= page->cut;
	return true;
}

static int page_write_row(void *context, const struct message_row *row)
{
	struct page_writing *writing = context;
	struct history_page *page = writing->page;
	const bool continues = page_continues(writing, row);
	const size_t before = writing->text->length;

	if (page_passes(writing, row))
		return writing->failed || page->more;
	/* The first answer is there as a whole, whatever the limit is. */
	if (page->count >= writing->limit &&
		!(page->answers && continues && writing->group == 0))
		return page_end(writing, continues);
	page_remember_group(writing, row);
	if (page->count > 0)
		text_slice(writing->text, page->separator);
	page->write(writing->text, writing->session, row, page->context);
	if (page->count > 0 && page_bytes(writing) > page->max_bytes) {
		writing->text->length = before;
		page->cut = true;
		return page_end(writing, continues);
	}
	if (history_count(page, row) ||
		(page->reverse && page_remember_end(writing)))
		writing->failed = true;
	page->count++;
	page->last_seq = row->seq;
	return writing->failed || writing->text->failed;
}

static void page_append_reversed(
	struct text *out, const struct page_writing *writing)
{
	const struct slice separator = writing->page->separator;

	for (int64_t i = writing->page->count - 1; i >= 0; i--) {
		size_t start =
			i > 0 ? writing->ends[i - 1] + separator.length : 0;

		text_append(out, writing->text->data + start,
			writing->ends[i] - start);
		if (i > 0)
			text_slice(out, separator);
	}
}

/* An answer is after or before a seq where its last item is. */
static int page_fit_answers(struct store *store, const struct session *session,
	struct message_query *query, struct error *error)
{
	int64_t first;

	if (query->after > 0) {
		if (history_answer_first(
			    store, session, query->after + 1, &first, error))
			return -1;
		query->after = first - 1;
	}
	return query->before > 0 ? history_answer_first(store, session,
					   query->before, &query->before, error)
				 : 0;
}

int history_write(struct store *store, const struct session *session,
	struct history_page *page, struct text *out, struct error *error)
{
	struct text newest_first = { 0 };
	struct page_writing writing = {
		.page = page,
		.session = session,
		.limit = page->query.limit,
		.text = page->reverse ? &newest_first : out,
		.start = page->reverse ? 0 : out->length,
	};
	struct message_query query = page->query;
	int result;

	assert(page->write != NULL && page->query.limit >= 0);
	page->count = 0;
	page->last_seq = 0;
	page->passed = 0;
	page->more = page->cut = page->whole = false;
	if (session->id == 0 || query.limit == 0)
		return 0;
	/* A page of 20 grows once or twice, not ten times. */
	text_reserve(writing.text, PAGE_START);
	/* A message beyond the limit tells whether there are more. */
	if (page->shows != NULL || page->answers)
		query.limit = INT64_MAX;
	else if (query.limit < INT64_MAX)
		query.limit++;
	result = page->answers ? page_fit_answers(store, session, &query, error)
			       : 0;
	if (result == 0)
		result = store_message_list(store, session, &query,
			(struct message_visitor){ page_write_row, &writing },
			error);
	if (result == 0 && page->reverse && !writing.failed)
		page_append_reversed(out, &writing);
	if (result == 0 &&
		(writing.failed || newest_first.failed || out->failed))
		result = error_out_of_memory(error);
	free(writing.ends);
	text_clear(&newest_first);
	return result;
}
