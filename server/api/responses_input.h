/* SPDX-License-Identifier: MIT */
/* responses_input.h - the items of a request for a response. */
#ifndef SERVER_API_RESPONSES_INPUT_H
#define SERVER_API_RESPONSES_INPUT_H

#include "server/api/input.h"

struct responses_input {
	struct list_input items; /* not read where it is only handed on */
	struct slice given;	 /* them, as a JSON array */
	struct text made;	 /* the items, where they came as a text */
	struct text previous;	 /* previous_response_id; empty: none */
	bool streams;
	bool refers;	/* to items, which are not read then */
	bool stores;	/* the response is to be kept */
	bool compares;	/* it may hold what the history has */
	bool handed_on; /* nothing of it is ours, and it is not read */
};

/* Does the item only name another one? */
bool responses_is_reference(struct slice item);

#endif
