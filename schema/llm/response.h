/* SPDX-License-Identifier: MIT */
/*
 * response.h - what is said to a model's server at /responses, and its answer.
 */
#ifndef SCHEMA_LLM_RESPONSE_H
#define SCHEMA_LLM_RESPONSE_H

#include "schema/text.h"

struct error;

/*
 * Appends the answer, valid and compact, to an empty text.  ERROR_UPSTREAM
 * quotes what is no response.
 */
int response_read(struct slice answer, struct text *out, struct error *error);

/* Is it an object with an output? */
bool response_is_one(struct slice answer);
/* The output of such an answer, an array of items. */
struct slice response_output(struct slice response);
/* Has it ended well enough to be kept?  Not if it has failed. */
bool response_is_kept(struct slice response);

/*
 * Appends an item as a model is told it: without its id if a server like this
 * gave it or its type can do without; a thought that only its own server could
 * read is left out.
 */
void response_tell(struct text *out, struct slice item);

/* Is it a thought, and can nobody but its server read it? */
bool response_is_opaque(struct slice item);

#endif
