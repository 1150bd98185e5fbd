/* SPDX-License-Identifier: MIT */
/*
 * form.h - the wire forms of messages: how each is read and written.
 *
 * A form is one file, schema/forms/NAME.c, which ends in its struct form_ops,
 * and a row in schema/message/forms.h.  The rules are those of section 3 of the
 * API and of LangChain 0.3 (@langchain/core 0.3.80).
 *
 * LangChain's data, the object inside its stored form, is what every form can
 * be made into.  A form that is written makes itself of that.
 */
#ifndef SCHEMA_FORMS_FORM_H
#define SCHEMA_FORMS_FORM_H

#include "schema/message/message.h"

struct form_reader;
struct string_format;

/* How a buffer string is spelled. */
struct format_prefixes {
	struct slice human; /* UTF-8, "Human" */
	struct slice ai;    /* UTF-8, "AI" */
	/* Decides on what follows them; NULL: LangChain.js 0.3. */
	const struct string_format *strings;
	/* Media are [image], [audio] and [file], as a prompt has them. */
	bool names_media;
};

enum form_shape {
	FORM_VALUE, /* a JSON value */
	/* The members `"type":T,"data":{…}`, without braces. */
	FORM_MEMBERS,
	FORM_LINE, /* UTF-8 without a newline */
};

/* A slot that must be there if messages come in the form says so. */
struct form_ops {
	/* In format=NAME; NULL: nobody can ask for it. */
	const char *name;

	/*
	 * Must: is the value (valid, compact JSON) meant to be in this form?
	 * The first form that says yes reads it, and refuses what is wrong.
	 */
	bool (*recognise)(struct slice value);
	/* Must: reads the message and gives it to form_add(); see reader.h. */
	int (*read)(struct form_reader *reader, struct slice value);
	/* Must: appends a message of this form as it came. */
	void (*sent)(struct text *out, const struct message *message);
	/* Must: appends LangChain's data of a message of this form. */
	void (*data)(struct text *out, const struct message *message);

	/*
	 * Of a message whose id is there with another content: it is the same,
	 * further on, and is edited in place; else it is refused.
	 */
	bool grows;

	/*
	 * May: visits the messages that one of this form is to a chat, as
	 * form_parts() does; NULL: it is one.
	 */
	int (*parts)(const struct message *message,
		int (*visit)(void *context, const struct message *part),
		void *context);

	/*
	 * With a name: appends a message of any form in this one, or several
	 * with commas between.  The message has its id, or the server's.
	 */
	void (*write)(struct text *out, const struct message *message,
		const struct format_prefixes *prefixes);
	/*
	 * A message of a chat may be several here; else those of one answer,
	 * which follow each other as items, are one.
	 */
	bool splits;
	/* The shape of what write() appends; a line needs prefixes. */
	enum form_shape shape;
	/* May: all messages of an array, from `begun` on, are written. */
	void (*finish)(struct text *out, size_t begun);
};

/* The form in which such messages came. */
const struct form_ops *form_of(enum message_form form);

/* The form of this name; NULL: there is none. */
const struct form_ops *form_named(struct slice name);

/* The form of an answer to a request that names none. */
const struct form_ops *form_default(void);

/* Appends the names that form_named() knows: `langchain, openai or text`. */
void form_names(struct text *out);

/*
 * LangChain's data of a message: its body, or written into `scratch` (starts
 * as {0}), whose `failed` tells that there is none for want of memory.
 */
struct slice form_data(const struct message *message, struct text *scratch);

/*
 * The message as all can read it: itself, or where only its form can read the
 * body, the same in stored form, with its data in `scratch` (starts as {0}).
 * If that has failed there is none, for want of memory: it has no members.
 */
struct message form_plain(const struct message *message, struct text *scratch);

/*
 * Visits the messages that one is to a chat, each as form_plain() gives it; one
 * at least.  `visit` returns 0 to go on.  -1: out of memory, else what the last
 * visit returned.
 */
int form_parts(const struct message *message,
	int (*visit)(void *context, const struct message *part), void *context);

/* --- the forms that code asks for by themselves --------------------------- */

/*
 * Appends `"type":"human","data":{…}`: the two members of LangChain's stored
 * form, without braces.
 */
void format_langchain(struct text *out, const struct message *message);

/*
 * Appends one chat-completion message; one that came in that form as it came.
 */
void format_openai(struct text *out, const struct message *message);

/*
 * Appends the message in the form in which it came, without its id and times:
 * message_parse() makes the same of it again.
 */
void format_sent(struct text *out, const struct message *message);

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
