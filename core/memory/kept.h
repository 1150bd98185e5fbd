/* SPDX-License-Identifier: MIT */
/*
 * kept.h - what the memory classes of a session keep, shown and corrected.
 *
 * {"summary":{"text":…,"upto":17,"behind":2}}: a member for each class that
 * keeps something; of several of one class the others are CLASS:MEMORY_KEY.
 */
#ifndef CORE_MEMORY_KEPT_H
#define CORE_MEMORY_KEPT_H

#include "core/memory/run.h"

/* Appends the object. */
int memory_show(const struct memory_scope *scope, const struct session *session,
	struct text *out, struct error *error);

/*
 * Puts what `given`, such an object, says in the place of what is kept; what
 * it does not name stays.  ERROR_INVALID names the member.
 */
int memory_correct(const struct memory_scope *scope, struct session *session,
	struct slice given, struct error *error);

#endif
