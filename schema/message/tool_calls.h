/* SPDX-License-Identifier: MIT */
/*
 * tool_calls.h - which calls a message makes, and which one it answers.
 *
 * An ai message makes calls in `tool_calls` (LangChain's or OpenAI's form),
 * in `invalid_tool_calls`, and by `function_call`; in LangChain's form all
 * of them may stand in `additional_kwargs` too.  A tool message answers the
 * call of its `tool_call_id`, a function message the one of its `name`.
 */
#ifndef SCHEMA_MESSAGE_TOOL_CALLS_H
#define SCHEMA_MESSAGE_TOOL_CALLS_H

#include "schema/message/message.h"

struct tool_call {
	bool function;	 /* its id is a function's name */
	struct slice id; /* a JSON string, borrowed from the message */
};

/*
 * Visits each call that the message makes; `visit` returns 0 to go on.
 * Returns what the last visit returned.
 */
int tool_calls_made(const struct message *message,
	int (*visit)(void *context, const struct tool_call *call),
	void *context);

/* The call that the message answers; false: it is no answer. */
bool tool_call_answered(const struct message *message, struct tool_call *call);

/* Three-way; ids are compared decoded. */
int tool_call_compare(const struct tool_call *a, const struct tool_call *b);

#endif
