/* SPDX-License-Identifier: MIT */
/*
 * model_form.h - parts of other APIs, as OpenAI's chat completions take them.
 */
#ifndef SCHEMA_FORMS_MODEL_FORM_H
#define SCHEMA_FORMS_MODEL_FORM_H

#include "schema/text.h"

/*
 * Appends a message of OpenAI's form with its parts as that API takes them; it
 * may become several: Anthropic's results are messages of a tool, before what
 * is said beside them.  Returns how many.
 */
size_t model_form_write(struct text *out, struct slice message);

#endif
