/* SPDX-License-Identifier: MIT */
/*
 * ui_content.h - a content as parts of a UIMessage.
 */
#ifndef SCHEMA_FORMS_UI_CONTENT_H
#define SCHEMA_FORMS_UI_CONTENT_H

#include "schema/text.h"

/*
 * Appends the parts of a content: text, thoughts and files; all else is a part
 * `data-part`.  With `needed` there is one at least.
 */
void ui_content_write(struct text *out, struct slice content, bool needed);

/* Where a part with a medium in it says its URL. */
bool ui_content_find_url(struct slice part, struct slice *url);

/* Appends {"type":TYPE,"text":TEXT}. */
void ui_content_put_text(struct text *out, const char *type, struct slice text);

#endif
