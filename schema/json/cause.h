/* SPDX-License-Identifier: MIT */
/* cause.h - why a text is no JSON, for somebody who took it for JSON. */
#ifndef SCHEMA_JSON_CAUSE_H
#define SCHEMA_JSON_CAUSE_H

struct json_cursor;

/*
 * A clause that begins with "; " and names the habit of another language that
 * stands at the cursor, or ""; `begin` is where the text begins.  A literal.
 */
const char *json_cause(const struct json_cursor *cursor, const char *begin);

#endif
