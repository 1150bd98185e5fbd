/* SPDX-License-Identifier: MIT */
/*
 * string_format.h - whose buffer strings: LangChain's getBufferString differs
 * from package to package in what stands behind `Human: `.
 *
 * A format is a file, schema/forms/string_NAME.c, which ends in its struct
 * string_format, and a row in string_format.c.
 */
#ifndef SCHEMA_FORMS_STRING_FORMAT_H
#define SCHEMA_FORMS_STRING_FORMAT_H

#include "schema/forms/form.h"

struct string_format {
	const char *name; /* a value of the setting string_format */
	/* Must: appends what follows the speaker, as a line of `prefixes`. */
	void (*write)(struct text *out, const struct message *message,
		const struct format_prefixes *prefixes,
		enum format_escape escape);
};

/* The format of this name; NULL: there is none. */
const struct string_format *string_format_named(struct slice name);

/* The one that NULL means in struct format_prefixes: LangChain.js 0.3. */
const struct string_format *string_format_default(void);

/* Appends the names: `langchain-js-0.3, langchain-js-1 or …`. */
void string_format_names(struct text *out);

/* --- for those that write --------------------------------------------------
 */

/* Appends UTF-8, or a JSON string without its quotes, in this escape. */
void string_put_utf8(
	struct text *out, struct slice utf8, enum format_escape escape);
void string_put_json(
	struct text *out, struct slice string, enum format_escape escape);

/* Appends the name of a message that has one, and a comma. */
void string_put_name(
	struct text *out, struct slice body, enum format_escape escape);

/*
 * The calls of an assistant's LangChain data: its tool_calls or, where it has
 * none, what can be made of additional_kwargs.tool_calls, written into
 * `scratch` (starts as {0}).  False: there are none.
 */
bool string_find_calls(
	struct slice data, struct text *scratch, struct slice *calls);

/* Its additional_kwargs.function_call, of any kind; false: there is none. */
bool string_find_function_call(struct slice data, struct slice *call);

#endif
