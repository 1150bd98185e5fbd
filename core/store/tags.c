/* SPDX-License-Identifier: MIT */
/*
 * tags.c - the members of a session's metadata that lists are made by.
 */
#include "core/store/tags.h"

#include "schema/json/value.h"

bool tag_text(struct slice value, struct text *scratch, struct slice *out)
{
	const enum json_kind kind = json_kind(value);

	*out = value;
	if (kind == JSON_KIND_STRING) {
		scratch->length = 0;
		json_decode(scratch, value);
		*out = text_view(scratch);
	}
	return kind != JSON_KIND_ARRAY && kind != JSON_KIND_OBJECT;
}

bool tag_is_in(struct slice metadata, const struct session_tag *tag,
	struct text *scratch)
{
	struct json_walk walk = json_walk(metadata);
	struct slice name, value, text;

	while (json_next_member(&walk, &name, &value))
		if (json_string_is(name, tag->key))
			return tag_text(value, scratch, &text) &&
			       slice_equal(text, tag->value);
	return false;
}
