/* SPDX-License-Identifier: MIT */
/*
 * ui_write.h - messages of any form as UIMessages of the AI SDK.
 */
#ifndef SCHEMA_FORMS_UI_WRITE_H
#define SCHEMA_FORMS_UI_WRITE_H

#include "schema/message/message.h"

/* Appends one that came so: as it came, or with an id that it lacks. */
void ui_write_own(struct text *out, const struct message *message);

/*
 * Appends one made of another form.  No UIMessage is a result alone: a result
 * has the role "tool" until ui_write_finish().
 */
void ui_write_other(struct text *out, const struct message *message);

/*
 * The elements of an array, from `begun` on, are all written: results become
 * part of the calls before them.  Without its call it is a call by itself.
 */
void ui_write_finish(struct text *out, size_t begun);

#endif
