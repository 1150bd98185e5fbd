/* SPDX-License-Identifier: MIT */
/*
 * python.h - what LangChain's classes for Python take, 0.3 and 1.x alike.
 */
#ifndef SCHEMA_FORMS_PYTHON_H
#define SCHEMA_FORMS_PYTHON_H

#include "schema/text.h"

/* Does every class take this member of data?  Calls and content apart. */
bool python_takes(struct slice name, struct slice value);

/* Is it a list of calls, each with the members that it must have? */
bool python_are_calls(struct slice value);
bool python_are_invalid_calls(struct slice value);

#endif
