/* SPDX-License-Identifier: MIT */
/*
 * openai_calls.h - tool calls, in OpenAI's form and in LangChain's.
 */
#ifndef SCHEMA_FORMS_OPENAI_CALLS_H
#define SCHEMA_FORMS_OPENAI_CALLS_H

#include "schema/text.h"

/*
 * Appends the member `tool_calls` of OpenAI's form, if LangChain's data
 * (`body`) or its additional_kwargs (`extra`, an object) have any calls.  Calls
 * in invalid_tool_calls are none, as in Python's convert_to_openai_messages().
 */
void openai_calls_write(
	struct text *out, struct slice body, struct slice extra);

/*
 * Appends calls, in either shape, as OpenAI's array: each has an id (see
 * call_ids.h), and a string of arguments.
 */
void openai_calls_put(struct text *out, struct slice calls);

/* Appends a function's name and arguments, as of `function_call`. */
void openai_calls_put_function(struct text *out, struct slice function);

/* True if all are function calls, the only ones that LangChain has. */
bool openai_calls_convertible(struct slice tool_calls);

/*
 * Appends the member `tool_calls` of LangChain's data, made of such calls,
 * and `invalid_tool_calls` where the arguments are no JSON object.
 */
void openai_calls_write_data(struct text *out, struct slice tool_calls);

/*
 * Appends both members of LangChain's data, made of calls in either shape and
 * of calls that are invalid already.  Other values have no calls.
 */
void openai_calls_write_both(
	struct text *out, struct slice tool_calls, struct slice invalid);

#endif
