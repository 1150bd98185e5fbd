/* SPDX-License-Identifier: MIT */
/*
 * write.h - JSON, written piece by piece.
 *
 *	json_begin_object(out);
 *	json_member_string(out, "session", name);
 *	json_name(out, "seqs");
 *	json_begin_array(out);
 *	json_put_number(out, 7);
 *	json_end_array(out);
 *	json_end_object(out);		{"session":"a","seqs":[7]}
 *
 * Every value and every name is appended behind a comma if one is needed.
 * The text itself tells: a value needs a comma unless the text is empty or
 * ends in `[`, `{`, `:`, `,`, a space or a newline.  No value ends in one of
 *these, so there is no writer to hand on, and values that were appended by
 * other means count.  A caller that empties `out` between two elements, to
 * send what is there, writes the comma between them with text_string().
 *
 * Memory is checked once, at the end: see `failed` of struct text.  Nothing
 * here checks that what is begun is ended.
 */
#ifndef SCHEMA_JSON_WRITE_H
#define SCHEMA_JSON_WRITE_H

#include "schema/text.h"

void json_begin_object(struct text *out);
void json_end_object(struct text *out);
void json_begin_array(struct text *out);
void json_end_array(struct text *out);

/*
 * A string of several pieces, which text_json_inner() appends in between, or
 * text_slice() where they are escaped already.
 */
void json_begin_string(struct text *out);
void json_end_string(struct text *out);

/* The comma alone, for a value that is appended by other means. */
void json_comma(struct text *out);

/* A value: the next element of an array, or what follows json_name(). */
void json_put(struct text *out, struct slice json); /* valid JSON, as it is */
void json_put_string(struct text *out, struct slice utf8);
void json_put_number(struct text *out, int64_t number);
void json_put_bool(struct text *out, bool value);
void json_put_null(struct text *out);
void json_put_time(struct text *out, int64_t milliseconds); /* text_time() */

/*
 * The name of a member, and its colon.  A plain `name` holds no character
 * that JSON escapes; `name_json` is a JSON string with its quotes and escapes.
 */
void json_name(struct text *out, const char *name);
void json_name_utf8(struct text *out, struct slice name);
void json_name_json(struct text *out, struct slice name_json);

/* A member: its name and its value. */
void json_member(struct text *out, const char *name, struct slice json);
void json_member_json(
	struct text *out, struct slice name_json, struct slice json);
void json_member_string(struct text *out, const char *name, struct slice utf8);
void json_member_number(struct text *out, const char *name, int64_t number);
void json_member_bool(struct text *out, const char *name, bool value);
void json_member_null(struct text *out, const char *name);
void json_member_time(struct text *out, const char *name, int64_t milliseconds);
/* The members of an object as they are, but for the one of this plain name. */
void json_members_but(struct text *out, struct slice object, const char *name);

#endif
