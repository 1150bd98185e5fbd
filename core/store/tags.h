/* SPDX-License-Identifier: MIT */
/*
 * tags.h - the members of a session's metadata that lists are made by.
 */
#ifndef CORE_STORE_TAGS_H
#define CORE_STORE_TAGS_H

#include "core/store/session_list.h"

/*
 * Gives a scalar as text: a string decoded, anything else as it is spelled.
 * False for arrays and objects.  Borrows from both until the next call.
 */
bool tag_text(struct slice value, struct text *scratch, struct slice *out);

/* Does the metadata have this member, compared as text? */
bool tag_is_in(struct slice metadata, const struct session_tag *tag,
	struct text *scratch);

#endif
