/* SPDX-License-Identifier: MIT */
/* chat_parts.c - parts of content, as chat completions have them. */
#include "schema/forms/chat_parts.h"

#include "schema/json/value.h"
#include "schema/json/write.h"

void chat_parts_put_text(struct text *out, struct slice text)
{
	json_begin_object(out);
	json_member_string(out, "type", SLICE("text"));
	json_member(out, "text", text);
	json_end_object(out);
}

void chat_parts_put_image(struct text *out, struct slice url)
{
	json_begin_object(out);
	json_member_string(out, "type", SLICE("image_url"));
	json_name(out, "image_url");
	json_begin_object(out);
	json_member(out, "url", url);
	json_end_object(out);
	json_end_object(out);
}

void chat_parts_put_lines(struct text *out, struct slice parts)
{
	struct json_walk walk = json_walk(parts);
	struct slice part, text;
	bool begun = false;

	json_begin_string(out);
	while (json_next_element(&walk, &part)) {
		if (begun)
			text_string(out, "\\n");
		begun = true;
		if (json_find_kind(part, "text", JSON_KIND_STRING, &text))
			part = text;
		if (json_kind(part) == JSON_KIND_STRING)
			text_slice(out, json_inner(part));
		else
			text_json_inner(out, part);
	}
	json_end_string(out);
}
