/* SPDX-License-Identifier: MIT */
/*
 * chain.h - ConversationChain: memory variables and an input make a prompt.
 *
 * As text ("string") it is LangChain's prompt template, its default or the
 * session's own; as messages ("chat") it is the session's system text, the
 * history and the input.  Nothing here knows a store or a model: what is read
 * and written is JSON, and functions that fail describe the error.
 */
#ifndef CORE_CHAIN_CHAIN_H
#define CORE_CHAIN_CHAIN_H

#include "schema/memory/settings.h"

struct error;

/*
 * Can the settings be used?  A template must be well-formed and name the input
 * and what the memory gives; the words are LangChain's.
 */
int chain_check(const struct settings *settings, struct error *error);

/* True if the prompt is a text, for /completions. */
bool chain_is_text(const struct settings *settings);

/* A request for a turn, in parts.  Starts as {0}. */
struct chain_turn {
	struct text inputs;  /* an object: the input values */
	struct text options; /* members for the model: `"stop":["X"]` */
	bool names_model;    /* among them */
};

/*
 * Parts a request's body, valid and compact JSON: options of the model
 * (`stop`, `temperature`, …) and the input values.  ERROR_INVALID: it is no
 * object.  chain_clear() ends the turn, after a failure as well.
 */
int chain_read(struct chain_turn *turn, struct slice body, struct error *error);
void chain_clear(struct chain_turn *turn);

/*
 * Appends the outputs that are saved of a model's message, which says `said`, a
 * JSON string: that or, where there is more, LangChain's data of it.
 */
void chain_output(struct text *out, struct slice message, struct slice said);

/* The question to the model. */
struct chain_question {
	const struct settings *settings;
	const struct chain_turn *turn;
	struct slice input;	/* of the values, a JSON string */
	struct slice variables; /* the memory's, with lists for a chat */
	struct slice model;	/* unless the turn names one; empty: none */
	bool streams;
};

/*
 * Appends memory variables as messages of OpenAI's form, with commas between
 * them and before the first unless `out` ends with "[".  Lists are the
 * history; what else a memory gives is told by the system.
 */
int chain_history(
	struct slice variables, struct text *out, struct error *error);

/*
 * Appends the body of the request to the model, a JSON object.  After a
 * failure `out` holds a part of it.
 */
int chain_ask(const struct chain_question *question, struct text *out,
	struct error *error);

#endif
