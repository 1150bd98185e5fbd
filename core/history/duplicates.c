/* SPDX-License-Identifier: MIT */
/*
 * duplicates.c - messages of a request whose ids the history has already.
 */
#include "core/history/duplicates.h"

#include "core/store/expect.h"
#include "schema/error.h"
#include "schema/forms/form.h"
#include "schema/forms/items.h"
#include "schema/forms/items_shown.h"

#include <stdlib.h>
#include <string.h>

/* --- comparing ---------------------------------------------------------- */

static int duplicates_compare(const struct message *there,
	const struct message *given, bool *same, struct error *error)
{
	struct text stored = { 0 }, came = { 0 };
	bool failed;
	int shown;

	/* An item comes again as it was shown. */
	if (items_is_item(there) && items_is_item(given)) {
		shown = items_shown_same(there, given);
		*same = shown > 0;
		return shown < 0 ? error_out_of_memory(error) : 0;
	}
	/* Of a form of its own LangChain's may not tell all. */
	if (there->form == given->form &&
		message_form_body(given->form) == BODY_OWN) {
		*same = slice_equal(there->body, given->body);
		return 0;
	}
	format_langchain(&stored, there);
	format_langchain(&came, given);
	*same = slice_equal(text_view(&stored), text_view(&came));
	failed = stored.failed || came.failed;
	text_clear(&stored);
	text_clear(&came);
	return failed ? error_out_of_memory(error) : 0;
}

/* --- in the store ------------------------------------------------------- */

struct duplicates_search {
	const struct duplicates *duplicates;
	struct error *error;
	bool failed;
};

/* The history that is nearest comes first, and hides the others. */
static int duplicates_visit(void *context, const struct message_row *row)
{
	struct duplicates_search *search = context;
	const struct duplicates *duplicates = search->duplicates;
	const struct message_id *id =
		message_ids_find_row(&duplicates->ids, row);
	struct duplicate *found = id ? &duplicates->found[id->index] : NULL;

	if (!found || found->seq)
		return 0;
	found->seq = row->seq;
	search->failed = duplicates_compare(&row->message,
		&duplicates->list->items[id->index], &found->same,
		search->error);
	return search->failed;
}

static int duplicates_search(
	const struct duplicates *duplicates, struct error *error)
{
	struct duplicates_search search = { duplicates, error, false };

	if (store_message_find_ids(duplicates->store,
		    &duplicates->edit->session, &duplicates->ids,
		    (struct message_visitor){ duplicates_visit, &search },
		    error))
		return -1;
	return search.failed ? -1 : 0;
}

struct duplicates_one {
	const struct message *given;
	struct duplicate *out;
	struct error *error;
	bool failed;
};

static int duplicates_visit_one(void *context, const struct message_row *row)
{
	struct duplicates_one *one = context;

	one->out->seq = row->seq;
	one->failed = duplicates_compare(
		&row->message, one->given, &one->out->same, one->error);
	return 1;
}

static int duplicates_ask_one(const struct duplicates *duplicates, size_t i,
	struct duplicate *out, struct error *error)
{
	struct duplicates_one one = { &duplicates->list->items[i], out, error,
		false };

	if (store_message_find(duplicates->store, &duplicates->edit->session,
		    (struct message_ref){ one.given->id, 0 },
		    (struct message_visitor){ duplicates_visit_one, &one },
		    error))
		return -1;
	return one.failed ? -1 : 0;
}

/* --- all of them -------------------------------------------------------- */

/* Where an answer is at hand, so few cost less one by one. */
#define FEW 3

/* Each of a few is asked for when it comes. */
static bool duplicates_are_few(const struct store *store, size_t count)
{
	return count <= (store_is_shared(store) ? 1 : FEW);
}

static size_t duplicates_count_ids(const struct message_list *list)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		count += list->items[i].id.length > 0;
	return count;
}

int duplicates_find(struct duplicates *duplicates, struct store *store,
	const struct history_edit *edit, const struct message_list *list,
	struct error *error)
{
	*duplicates = (struct duplicates){
		.store = store,
		.edit = edit,
		.list = list,
		.last_seq = edit->session.last_seq,
	};
	if (duplicates_are_few(store, duplicates_count_ids(list)))
		return 0;
	duplicates->found = calloc(list->count, sizeof(*duplicates->found));
	if (!duplicates->found ||
		message_ids_sort(&duplicates->ids, list->items, list->count))
		return error_out_of_memory(error);
	return duplicates_search(duplicates, error);
}

/* The list itself has this id before: at `first`. */
static int duplicates_repeat(const struct duplicates *duplicates, size_t i,
	size_t first, struct duplicate *out, struct error *error)
{
	const struct message *items = duplicates->list->items;

	out->seq = duplicates->edit->appended[first].seq;
	return duplicates_compare(&items[first], &items[i], &out->same, error);
}

int duplicates_get(const struct duplicates *duplicates, size_t i,
	struct duplicate *out, struct error *error)
{
	const struct slice id = duplicates->list->items[i].id;
	const char *mark = duplicates->edit->session.mark;
	const struct message_id *first;

	*out = (struct duplicate){ 0 };
	/* Or an id that a message of this list was given. */
	if (!duplicates->found || store_id_seq(id, mark) > duplicates->last_seq)
		return duplicates_ask_one(duplicates, i, out, error);
	first = message_ids_find(&duplicates->ids, id);
	if (first && first->index < i)
		return duplicates_repeat(
			duplicates, i, first->index, out, error);
	*out = duplicates->found[i];
	return 0;
}

void duplicates_clear(struct duplicates *duplicates)
{
	free(duplicates->found);
	message_ids_clear(&duplicates->ids);
}
