/* SPDX-License-Identifier: MIT */
/* conversation_input.h - the bodies of requests for conversations. */
#ifndef SERVER_API_CONVERSATION_INPUT_H
#define SERVER_API_CONVERSATION_INPUT_H

#include "server/api/conversation.h"
#include "server/api/input.h"

struct conversation_input {
	struct list_input items;
	struct slice metadata; /* a JSON object */
	/* Of a conversation that is made. */
	char name[sizeof(CONVERSATION_PREFIX) - 1 + SESSION_NAME_MADE];
};

#endif
