/* SPDX-License-Identifier: MIT */
/* completions_input.h - the messages of a request for a chat completion. */
#ifndef SERVER_API_COMPLETIONS_INPUT_H
#define SERVER_API_COMPLETIONS_INPUT_H

#include "schema/message/message.h"
#include "server/api/input.h"

struct completions_input {
	struct input input;
	struct message_list list; /* all of the request's */
	bool streams;
};

#endif
