/* SPDX-License-Identifier: MIT */
/*
 * from_openai.c - the lines of OpenAI's fine-tuning files: `messages`, which
 * are kept as they are, and what stands beside them, as tools and functions,
 * which becomes the session's metadata.
 */
#include "core/transfer/from_line.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

static bool from_openai_recognise(struct slice conversation)
{
	struct slice messages;

	return json_find_kind(
		conversation, "messages", JSON_KIND_ARRAY, &messages);
}

static int from_openai_write(struct from_line *line, struct slice conversation)
{
	struct slice messages, name, value, id = { 0 };
	struct json_walk walk;
	struct text metadata = { 0 };

	if (from_need_array(line, "", conversation, "messages", &messages))
		return -1;
	walk = json_walk(conversation);
	while (json_next_member(&walk, &name, &value)) {
		if (json_string_is(name, SLICE("id")) ||
			json_string_is(name, SLICE("session")))
			id = value;
		else if (!json_string_is(name, SLICE("messages")))
			json_member_json(&metadata, name, value);
	}
	from_begin_with(line, id, text_view(&metadata));
	line->out->failed |= metadata.failed;
	text_clear(&metadata);
	walk = json_walk(messages);
	while (json_next_element(&walk, &value))
		json_put(line->out, value);
	return from_end(line);
}

const struct from_format from_openai = {
	.name = "openai",
	.recognise = from_openai_recognise,
	.write = from_openai_write,
};
