/* SPDX-License-Identifier: MIT */
/* responses_input.h - the items of a request for a response. */
#ifndef SERVER_API_RESPONSES_INPUT_H
#define SERVER_API_RESPONSES_INPUT_H

#include "server/api/input.h"

struct responses_input {
	struct list_input items; /* of a conversation's; else not read */
	struct text made;	 /* the items, where they came as a text */
	bool streams;
};

#endif
