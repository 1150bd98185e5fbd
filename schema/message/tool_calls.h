/* SPDX-License-Identifier: MIT */
/*
 * tool_calls.h - which calls a message makes, and which it answers.
 *
 * An ai message makes calls in `tool_calls` (LangChain's or OpenAI's form), by
 * `function_call` and by blocks of its content, as Anthropic's tool_use; in
 * LangChain's form the first two may stand in `additional_kwargs` too.  A call
 * may stand in several of these places; `invalid_tool_calls` are none.  Where
 * `tool_calls` has elements its readers do not look for calls in its namesake
 * or in the content: others that stand there are shadowed.  A tool message
 * answers the call of its `tool_call_id`, a function message that of its
 * `name`, and a human message those of the tool_result blocks in its content.
 */
#ifndef SCHEMA_MESSAGE_TOOL_CALLS_H
#define SCHEMA_MESSAGE_TOOL_CALLS_H

#include "schema/message/message.h"

struct tool_call {
	bool function;	 /* its id is a function's name */
	bool block;	 /* it is a block of the content */
	bool named;	 /* so is that of a tool's call, which has none */
	bool shadowed;	 /* a list of other calls is read in its place */
	struct slice id; /* a JSON string, borrowed from the message; "" too */
};

/*
 * Visits what calls the message makes or answers, in one order always; `visit`
 * returns 0 to go on.  Returns what the last visit returned.
 */
int tool_calls_visit(const struct message *message,
	int (*visit)(void *context, const struct tool_call *call),
	void *context);

/*
 * Appends the body of the message, with what was visited as `kept` has it: 0
 * leaves it out, 1 keeps it, and more is the number that it gets as one of
 * several of its id, see call_ids_put_nth().  Members and blocks that lose all
 * they have are left out.  An item is one call or one result.
 */
void tool_calls_write_kept(struct text *out, const struct message *message,
	const unsigned char *kept);

/* True of a tool or function message, and of a human one of results alone. */
bool tool_calls_only_answers(const struct message *message);

/* Has the object, a body or additional_kwargs, a list of calls? */
bool tool_calls_are_listed(struct slice object);

/* Is there text, media or a refusal in the message, beside calls? */
bool tool_calls_beside(const struct message *message);

/* Three-way; ids are compared decoded. */
int tool_call_compare(const struct tool_call *a, const struct tool_call *b);

#endif
