/* SPDX-License-Identifier: MIT */
/*
 * parts.h - what the files of the chain share.
 */
#ifndef CORE_CHAIN_PARTS_H
#define CORE_CHAIN_PARTS_H

#include "core/chain/chain.h"

/* Appends a JSON value as JavaScript puts it into a string. */
void chain_write_value(struct text *out, struct slice value);

/*
 * Appends the messages of an array of OpenAI's form, without the members that
 * a model does not take.
 */
void model_members_write(struct text *out, struct slice messages);

/* Appends `"messages":[…]`: system text, history, input. */
int chain_write_messages(const struct chain_question *question,
	struct text *out, struct error *error);

#endif
