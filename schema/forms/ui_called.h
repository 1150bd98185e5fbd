/* SPDX-License-Identifier: MIT */
/*
 * ui_called.h - the calls of a UIMessage's step that have a result, of which
 * several may have one id.
 */
#ifndef SCHEMA_FORMS_UI_CALLED_H
#define SCHEMA_FORMS_UI_CALLED_H

#include "schema/text.h"

struct ui_called {
	struct slice id; /* a JSON string */
	size_t at;	 /* the place among them */
	unsigned nth;	 /* of its id, from 1 on */
};

/* All of a step's parts, an array; the caller's to free.  NULL: no memory. */
struct ui_called *ui_called_find(struct slice step);

/* Appends a member with the id, which none of the others has. */
void ui_called_put_id(
	struct text *out, const char *name, const struct ui_called *called);

#endif
