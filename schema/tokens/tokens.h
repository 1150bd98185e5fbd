/* SPDX-License-Identifier: MIT */
/*
 * tokens.h - how much of a model's context a message takes, roughly.
 */
#ifndef SCHEMA_TOKENS_TOKENS_H
#define SCHEMA_TOKENS_TOKENS_H

#include "schema/message/message.h"

/*
 * The rule named "approx": ceil(c / 4) + 3, with c the code points of the
 * text (of an array's JSON), of the calls as JSON, of name and tool_call_id.
 * What counts is the message's LangChain form, so that the form it came in
 * makes no difference; a lone surrogate is one code point.  The calls are
 * tool_calls, those that are malformed, and function_call, each from
 * additional_kwargs where data has none; an empty list counts nothing.
 * Returns -1 when memory runs out.
 */
int64_t tokens_approx(const struct message *message);

#endif
