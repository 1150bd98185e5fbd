/* SPDX-License-Identifier: MIT */
/*
 * template.h - a prompt template: text with {names} in it.
 *
 * LangChain's f-string rules and words: {name} is a variable, whatever stands
 * between the braces; {{ and }} are braces.
 */
#ifndef SCHEMA_LLM_TEMPLATE_H
#define SCHEMA_LLM_TEMPLATE_H

#include "schema/text.h"

struct error;

/* How to heed a refusal, where no variable was meant. */
#define TEMPLATE_BRACES "a brace that stands for itself is written {{ or }}"

/* The next piece of a template. */
struct template_piece {
	struct slice text; /* as it is, or a variable's name */
	bool variable;
};

/*
 * Takes the next piece off `rest`.  Returns 1, 0 at the end, or -1 with
 * ERROR_INVALID in LangChain's words.
 */
int template_next(
	struct slice *rest, struct template_piece *piece, struct error *error);

#endif
