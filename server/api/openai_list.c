/* SPDX-License-Identifier: MIT */
/* openai_list.c - pages of OpenAI's lists. */
#include "server/api/openai_list.h"

#include "schema/json/value.h"
#include "schema/json/write.h"

#define OPENAI_LIST_LIMIT 20
#define OPENAI_LIST_MOST  100

int request_openai_page(const struct request *request, struct openai_page *page,
	struct error *error)
{
	*page = (struct openai_page){ .limit = OPENAI_LIST_LIMIT,
		.descending = true };
	request_parameter(request, "after", &page->after);
	if (request_order(request, &page->descending, error))
		return -1;
	return request_integer(request,
		(struct integer_range){ "limit", 1, OPENAI_LIST_MOST },
		&page->limit, error);
}

void openai_list_begin(struct openai_list *list, struct text *out,
	int64_t limit, size_t max_bytes)
{
	*list = (struct openai_list){
		.out = out, .limit = limit, .max_bytes = max_bytes
	};
	json_begin_object(out);
	json_member_string(out, "object", SLICE("list"));
	json_name(out, "data");
	json_begin_array(out);
	list->end = out->length;
}

bool openai_list_next(struct openai_list *list)
{
	list->more = list->count == list->limit;
	return !list->more;
}

bool openai_list_keep(struct openai_list *list)
{
	struct text *out = list->out;

	if (list->count > 0 && out->length > list->max_bytes) {
		out->length = list->end;
		list->more = list->cut = true;
		return false;
	}
	list->last = list->end + (list->count > 0); /* the comma */
	if (list->count++ == 0)
		list->first = list->last;
	list->end = out->length;
	return true;
}

/* The text has the bytes already: the id is copied within it. */
static void openai_list_put_id(
	struct openai_list *list, const char *name, size_t object)
{
	const char *quote = list->out->data + object + sizeof("{\"id\":") - 1;

	json_member(list->out, name,
		(struct slice){
			quote, (size_t)(json_skip_string(quote) - quote) });
}

void openai_list_end(struct openai_list *list)
{
	struct text *out = list->out;

	json_end_array(out);
	if (list->count == 0) {
		json_member_null(out, "first_id");
		json_member_null(out, "last_id");
	} else if (text_reserve(out, 2 * (list->end - list->last) +
					     2 * (list->end - list->first) +
					     100) == 0) {
		openai_list_put_id(list, "first_id", list->first);
		openai_list_put_id(list, "last_id", list->last);
	}
	json_member_bool(out, "has_more", list->more);
	json_end_object(out);
}
