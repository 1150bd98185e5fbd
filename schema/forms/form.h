/* SPDX-License-Identifier: MIT */
/*
 * form.h - a message written in another form.
 *
 * One file each: schema/forms/langchain.c, schema/forms/openai_chat.c,
 * schema/forms/sent.c, schema/forms/text.c.  The rules are those of section 3
 * of the API and of LangChain 0.3 (@langchain/core 0.3.80).
 */
#ifndef SCHEMA_FORMS_FORM_H
#define SCHEMA_FORMS_FORM_H

#include "schema/message/message.h"

/*
 * Appends `"type":"human","data":{…}`: the two members of LangChain's stored
 * form, without braces.  A message that came in stored or flat form keeps
 * its bytes, one in OpenAI form is converted.  With `python` the type is
 * Python's name.
 */
void format_langchain(
	struct text *out, const struct message *message, bool python);

/*
 * Appends a chat-completion message; one that came in that form as it came.
 */
void format_openai(struct text *out, const struct message *message);

/*
 * Appends the message in the form in which it came, without its id and times:
 * message_parse() makes the same of it again.
 */
void format_sent(struct text *out, const struct message *message);

/* How the buffer string is spelled. */
struct format_prefixes {
	struct slice human; /* UTF-8, "Human" */
	struct slice ai;    /* UTF-8, "AI" */
};

enum format_escape {
	FORMAT_JSON,  /* as the inside of a JSON string; escapes stay as sent */
	FORMAT_PLAIN, /* as UTF-8; a lone surrogate is U+FFFD */
};

/*
 * Appends the message's line of LangChain's getBufferString: `Human: Hi!`,
 * `Human: bob, Hi!`, `Tool: 4`; without a newline.
 */
void format_text(struct text *out, const struct message *message,
	const struct format_prefixes *prefixes, enum format_escape escape);

#endif
