/* SPDX-License-Identifier: MIT */
/* openai_list.h - lists as OpenAI's API gives them, a page at a time. */
#ifndef SERVER_API_OPENAI_LIST_H
#define SERVER_API_OPENAI_LIST_H

#include "server/api/handlers.h"

/* Bytes of a page; it has one object at least. */
#define OPENAI_LIST_BYTES ((size_t)16 << 20)

/* A page, as the query asks for it. */
struct openai_page {
	int64_t limit;
	bool descending;
	struct slice after; /* an id; NULL: from the start */
};
int request_openai_page(const struct request *request, struct openai_page *page,
	struct error *error);

/* A list while it is written; each object begins with its id. */
struct openai_list {
	struct text *out;
	int64_t limit;
	size_t max_bytes;
	/* Results. */
	int64_t count;
	bool more;		 /* there were more than found room */
	bool cut;		 /* for want of bytes */
	size_t first, last, end; /* where these objects begin, the last ends */
};
/* Begins {"object":"list","data":[ in an empty text. */
void openai_list_begin(struct openai_list *list, struct text *out,
	int64_t limit, size_t max_bytes);
/* Is there room for another object, which is written then? */
bool openai_list_next(struct openai_list *list);
/* It is written; false: it was one too many, and is taken away. */
bool openai_list_keep(struct openai_list *list);
/* Ends it with the ids of the first object and the last. */
void openai_list_end(struct openai_list *list);

#endif
