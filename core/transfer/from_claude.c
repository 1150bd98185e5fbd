/* SPDX-License-Identifier: MIT */
/*
 * from_claude.c - conversations.json of Claude's export.  A text is a string,
 * several blocks are a list of parts, and the texts of files follow them.
 */
#include "core/transfer/from_line.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

static bool from_claude_recognise(struct slice conversation)
{
	struct slice messages;

	return json_find_kind(
		conversation, "chat_messages", JSON_KIND_ARRAY, &messages);
}

static void from_claude_put_text(struct text *out, struct slice text)
{
	json_begin_object(out);
	json_member(out, "type", SLICE("\"text\""));
	json_member(out, "text", text);
	json_end_object(out);
}

static void from_claude_put_blocks(struct text *out, struct slice blocks)
{
	struct json_walk walk = json_walk(blocks);
	struct slice block, type, text;

	while (json_next_element(&walk, &block)) {
		if (json_find_kind(block, "type", JSON_KIND_STRING, &type) &&
			json_string_is(type, SLICE("text")) &&
			json_find_kind(block, "text", JSON_KIND_STRING, &text))
			from_claude_put_text(out, text);
		else
			json_put(out, block);
	}
}

/* The texts of files that went with the message. */
static void from_claude_put_files(struct text *out, struct slice message)
{
	struct slice files, file, text;
	struct json_walk walk;

	if (!json_find_kind(message, "attachments", JSON_KIND_ARRAY, &files))
		return;
	walk = json_walk(files);
	while (json_next_element(&walk, &file))
		if (json_find_kind(
			    file, "extracted_content", JSON_KIND_STRING, &text))
			from_claude_put_text(out, text);
}

/* A lone text of parts that from_claude_put_text() wrote; or the parts. */
static struct slice from_claude_content(struct slice parts)
{
	struct json_walk walk = json_walk(parts);
	struct slice part, type, text;

	if (json_count(parts) == 1 && json_next_element(&walk, &part) &&
		json_find_kind(part, "type", JSON_KIND_STRING, &type) &&
		json_string_is(type, SLICE("text")) &&
		json_find_kind(part, "text", JSON_KIND_STRING, &text))
		return text;
	return parts;
}

static int from_claude_put(struct from_line *line, struct slice message,
	const char *path, struct text *parts)
{
	struct from_message made = { .path = path, .time_name = "created_at" };
	struct slice blocks, text;

	if (from_need_string(line, path, message, "sender", &made.role))
		return -1;
	parts->length = 0;
	json_begin_array(parts);
	if (json_find_kind(message, "content", JSON_KIND_ARRAY, &blocks) &&
		json_count(blocks) > 0)
		from_claude_put_blocks(parts, blocks);
	else if (from_need_string(line, path, message, "text", &text))
		return -1;
	else
		from_claude_put_text(parts, text);
	from_claude_put_files(parts, message);
	json_end_array(parts);
	json_find(message, "uuid", &made.id);
	json_find(message, "created_at", &made.time);
	made.content = from_claude_content(text_view(parts));
	return from_put(line, &made);
}

static int from_claude_write(struct from_line *line, struct slice conversation)
{
	struct slice messages, message, id = { 0 }, title = { 0 };
	struct text parts = { 0 };
	struct json_walk walk;
	int result = 0;

	if (from_need_array(line, "", conversation, "chat_messages", &messages))
		return -1;
	json_find(conversation, "uuid", &id);
	json_find(conversation, "name", &title);
	from_begin(line, id, title);
	walk = json_walk(messages);
	for (size_t i = 0; result == 0 && json_next_element(&walk, &message);
		i++) {
		char path[FROM_PATH_MAX];

		from_path(path, "chat_messages", i);
		result = from_claude_put(line, message, path, &parts);
	}
	line->out->failed |= parts.failed;
	text_clear(&parts);
	return result == 0 ? from_end(line) : -1;
}

const struct from_format from_claude = {
	.name = "claude",
	.recognise = from_claude_recognise,
	.write = from_claude_write,
};
