/* SPDX-License-Identifier: MIT */
/*
 * forms.h - the wire forms of messages, a row each.
 *
 * A new form is a file, schema/forms/NAME.c, which ends in its struct form_ops,
 * and a row here; the rows that come first are recognised first.  Messages come
 * in the forms of MESSAGES rows and are kept so: the store has the number,
 * which is never changed and never given again.  Nothing comes in the form of
 * an ANSWERS row.
 *
 *	MESSAGES(NAME, constant, number, how the body is read, where it is)
 *	ANSWERS(NAME)
 *
 * The last says for errors where the members of the body stand, or the content.
 */
#ifndef SCHEMA_MESSAGE_FORMS_H
#define SCHEMA_MESSAGE_FORMS_H

/* clang-format off */
#define MESSAGE_FORMS(MESSAGES, ANSWERS)                                    \
	/* {"type":T,"data":BODY} */                                        \
	MESSAGES(langchain, MESSAGE_STORED, 1, BODY_LANGCHAIN, ".data.")    \
	ANSWERS(langchain_python)                                           \
	/* BODY = {"lc":1,"type":"constructor","id":[...],"kwargs":{...}} */\
	MESSAGES(serialised, MESSAGE_SERIALISED, 6, BODY_OWN, ".kwargs.")   \
	/* BODY = {"type":T,...}, an item of the Responses API */           \
	MESSAGES(openai_items, MESSAGE_ITEM, 9, BODY_OWN, ".")              \
	/* BODY = {"id":...,"role":...,"parts":[...]} */                    \
	MESSAGES(ui_message, MESSAGE_UI, 8, BODY_OWN, ".")                  \
	/* BODY = {"role":...,...}, calls or a result of Ollama's */        \
	MESSAGES(ollama, MESSAGE_OLLAMA, 7, BODY_OWN, ".")                  \
	/* BODY = {"role":...,"content":...,...} */                         \
	MESSAGES(openai_chat, MESSAGE_OPENAI, 3, BODY_OPENAI, ".")          \
	/* BODY = {"type":T,"content":...,...} */                           \
	MESSAGES(flat, MESSAGE_FLAT, 2, BODY_LANGCHAIN, ".")                \
	/* [T,BODY] */                                                      \
	MESSAGES(tuple, MESSAGE_TUPLE, 4, BODY_CONTENT, "[1]")              \
	/* BODY: a human message */                                         \
	MESSAGES(text, MESSAGE_TEXT, 5, BODY_STRING, "")
/* clang-format on */

/* How a body is read: every form's is one of these. */
enum message_body {
	BODY_LANGCHAIN = 1, /* an object, LangChain's data or its members */
	BODY_OPENAI,	    /* an object, a chat-completion message */
	BODY_CONTENT,	    /* the content alone */
	BODY_STRING,	    /* the content alone, which is a string */
	BODY_OWN,	    /* an object that only its form can read */
};

#define MESSAGE_FORMS_NUMBER(name, constant, number, body, place) \
	constant = number,
#define MESSAGE_FORMS_NOTHING(name)
enum message_form {
	MESSAGE_FORMS(MESSAGE_FORMS_NUMBER, MESSAGE_FORMS_NOTHING)
};

/* A number that no row has is one of a later version: 0, and "". */
enum message_body message_form_body(enum message_form form);
const char *message_form_place(enum message_form form);

#endif
