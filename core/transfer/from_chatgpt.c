/* SPDX-License-Identifier: MIT */
/*
 * from_chatgpt.c - conversations.json of ChatGPT's export: the branch that was
 * shown, from the root to current_node.
 *
 * What was hidden, what is empty, and what the model thought are left out.  A
 * message to a tool becomes a call of it, and the tool's next ones its results.
 */
#include "core/transfer/from_line.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

/* How the content of a content_type is read; any other is kept as a part. */
static const struct from_chatgpt_content {
	const char *type;
	const char *text; /* the member that has it; NULL: it is left out */
} from_chatgpt_contents[] = {
	{ "text", "parts" },
	{ "multimodal_text", "parts" },
	{ "code", "text" },
	{ "execution_output", "text" },
	{ "tether_quote", "text" },
	{ "system_error", "text" },
	{ "tether_browsing_display", "result" },
	{ "thoughts", NULL },
	{ "reasoning_recap", NULL },
	{ "user_editable_context", NULL },
	{ "model_editable_context", NULL },
};
#define CONTENTS \
	(sizeof(from_chatgpt_contents) / sizeof(*from_chatgpt_contents))

static bool from_chatgpt_recognise(struct slice conversation)
{
	struct slice mapping;

	return json_find_kind(
		conversation, "mapping", JSON_KIND_OBJECT, &mapping);
}

/* A conversation while it is read. */
struct from_chatgpt_reading {
	struct from_line *line;
	struct text content; /* of the message at hand: JSON, or empty */
	struct text more;
	struct slice call; /* the id of the last call, a JSON string */
};

/* --- content ----------------------------------------------------------- */

/* Appends an object as a part whose type is that of the content. */
static void from_chatgpt_put_object(
	struct text *out, struct slice object, struct slice type)
{
	struct json_walk walk = json_walk(object);
	struct slice name, value;

	json_begin_object(out);
	json_member(out, "type", type);
	while (json_next_member(&walk, &name, &value))
		if (!json_string_is(name, SLICE("type")))
			json_member_json(out, name, value);
	json_end_object(out);
}

static void from_chatgpt_put_part(struct text *out, struct slice part)
{
	struct slice type = SLICE("\"text\""), text = part;

	json_find_kind(part, "content_type", JSON_KIND_STRING, &type);
	if (json_string_is(type, SLICE("audio_transcription")))
		json_find_kind(part, "text", JSON_KIND_STRING, &text);
	if (json_kind(text) == JSON_KIND_OBJECT) {
		from_chatgpt_put_object(out, text, type);
	} else if (json_kind(text) == JSON_KIND_STRING &&
		   json_inner(text).length > 0) {
		json_begin_object(out);
		json_member(out, "type", SLICE("\"text\""));
		json_member(out, "text", text);
		json_end_object(out);
	}
}

/* A lone text is a string; several, and what is no text, are parts. */
static void from_chatgpt_put_parts(struct text *out, struct slice parts)
{
	struct json_walk walk = json_walk(parts);
	struct slice part, only = SLICE("{}");
	const bool one = json_count(parts) == 1;

	if (one && json_next_element(&walk, &only) &&
		json_kind(only) == JSON_KIND_STRING) {
		if (json_inner(only).length > 0)
			json_put(out, only);
		return;
	}
	walk = json_walk(parts);
	json_begin_array(out);
	while (json_next_element(&walk, &part))
		from_chatgpt_put_part(out, part);
	json_end_array(out);
	if (out->length == 2)
		out->length = 0;
}

static void from_chatgpt_put_content(
	struct text *out, struct slice content, struct slice type)
{
	struct slice text;

	out->length = 0;
	for (size_t i = 0; i < CONTENTS; i++) {
		const struct from_chatgpt_content *row =
			&from_chatgpt_contents[i];

		if (!json_string_is(type, slice_of(row->type)))
			continue;
		if (row->text == NULL || !json_find(content, row->text, &text))
			return;
		if (json_kind(text) == JSON_KIND_ARRAY)
			from_chatgpt_put_parts(out, text);
		else if (json_kind(text) == JSON_KIND_STRING &&
			 json_inner(text).length > 0)
			json_put(out, text);
		return;
	}
	json_begin_array(out);
	from_chatgpt_put_object(out, content, type);
	json_end_array(out);
}

/* --- messages ---------------------------------------------------------- */

static bool from_chatgpt_is_hidden(struct slice message)
{
	struct slice metadata, hidden;

	return json_find_kind(
		       message, "metadata", JSON_KIND_OBJECT, &metadata) &&
	       json_find_kind(metadata, "is_visually_hidden_from_conversation",
		       JSON_KIND_TRUE, &hidden);
}

/* A message to a tool is a call of it. */
static void from_chatgpt_make_call(struct from_chatgpt_reading *chat,
	struct from_message *message, struct slice recipient)
{
	json_name(&chat->more, "tool_calls");
	json_begin_array(&chat->more);
	json_begin_object(&chat->more);
	json_member(&chat->more, "name", recipient);
	json_name(&chat->more, "args");
	json_begin_object(&chat->more);
	json_member(&chat->more, "input", message->content);
	json_end_object(&chat->more);
	json_member(&chat->more, "id", message->id);
	json_member(&chat->more, "type", SLICE("\"tool_call\""));
	json_end_object(&chat->more);
	json_end_array(&chat->more);
	message->content = SLICE("\"\"");
	chat->call = message->id;
}

static void from_chatgpt_make_result(struct from_chatgpt_reading *chat,
	struct from_message *message, struct slice author)
{
	struct slice name;

	if (json_find_kind(author, "name", JSON_KIND_STRING, &name))
		json_member(&chat->more, "name", name);
	message->call_result = chat->call.length > 0;
	if (message->call_result)
		json_member(&chat->more, "tool_call_id", chat->call);
}

static int from_chatgpt_put(struct from_chatgpt_reading *chat,
	struct slice message, struct slice author, const char *path)
{
	struct from_message made = { .path = path,
		.time_name = "create_time",
		.content = text_view(&chat->content) };
	struct slice recipient = SLICE("\"all\"");

	json_find(message, "create_time", &made.time);
	json_find(author, "role", &made.role);
	json_find_kind(message, "id", JSON_KIND_STRING, &made.id);
	json_find_kind(message, "recipient", JSON_KIND_STRING, &recipient);
	chat->more.length = 0;
	if (json_string_is(made.role, SLICE("tool")))
		from_chatgpt_make_result(chat, &made, author);
	else if (json_string_is(made.role, SLICE("assistant")) &&
		 made.id.length > 0 && !json_string_is(recipient, SLICE("all")))
		from_chatgpt_make_call(chat, &made, recipient);
	made.more = text_view(&chat->more);
	return from_put(chat->line, &made);
}

static int from_chatgpt_read(
	struct from_chatgpt_reading *chat, struct slice node)
{
	struct slice message, author, role, content, type, id = SLICE("\"?\"");
	char path[FROM_PATH_MAX];

	if (!json_find_kind(node, "message", JSON_KIND_OBJECT, &message))
		return 0;
	json_find_kind(node, "id", JSON_KIND_STRING, &id);
	from_member_path(path, "mapping", id, ".message");
	if (from_need_object(chat->line, path, message, "author", &author) ||
		from_need_string(chat->line, path, author, "role", &role) ||
		from_need_object(
			chat->line, path, message, "content", &content) ||
		from_need_string(
			chat->line, path, content, "content_type", &type))
		return -1;
	from_chatgpt_put_content(&chat->content, content, type);
	if (chat->content.length == 0 || from_chatgpt_is_hidden(message))
		return 0;
	return from_chatgpt_put(chat, message, author, path);
}

/* The last of the mapping, where no node is the current one. */
static struct slice from_chatgpt_tip(
	struct slice conversation, struct slice mapping)
{
	struct json_walk walk = json_walk(mapping);
	struct slice tip = SLICE("null"), value;

	if (json_find_kind(
		    conversation, "current_node", JSON_KIND_STRING, &tip))
		return tip;
	while (json_next_member(&walk, &tip, &value))
		;
	return tip;
}

static int from_chatgpt_read_branch(
	struct from_chatgpt_reading *chat, const struct from_tree *tree)
{
	for (size_t i = 0; i < tree->length; i++)
		if (from_chatgpt_read(chat, tree->branch[i]))
			return -1;
	chat->line->out->failed |= chat->content.failed || chat->more.failed;
	return from_end(chat->line);
}

static int from_chatgpt_write(struct from_line *line, struct slice conversation)
{
	struct from_chatgpt_reading chat = { .line = line };
	struct from_tree tree = { 0 };
	struct slice mapping, id = { 0 }, title = { 0 };
	int result;

	if (from_need_object(line, "", conversation, "mapping", &mapping))
		return -1;
	if (!json_find_kind(
		    conversation, "conversation_id", JSON_KIND_STRING, &id))
		json_find(conversation, "id", &id);
	json_find(conversation, "title", &title);
	from_begin(line, id, title);
	result = from_tree_read(&tree, line, mapping, NULL);
	if (result == 0 && tree.count > 0)
		result = from_tree_follow(&tree, line,
			from_chatgpt_tip(conversation, mapping), "parent",
			"mapping");
	if (result == 0)
		result = from_chatgpt_read_branch(&chat, &tree);
	text_clear(&chat.content);
	text_clear(&chat.more);
	from_tree_clear(&tree);
	return result;
}

const struct from_format from_chatgpt = {
	.name = "chatgpt",
	.recognise = from_chatgpt_recognise,
	.write = from_chatgpt_write,
};
