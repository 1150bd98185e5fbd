/* SPDX-License-Identifier: MIT */
/*
 * from_librechat.c - a conversation as LibreChat exports it, with `messages`
 * in a list or, if it was recursive, with `children` in a messagesTree.  Of
 * several branches the newest is the one that was shown.
 */
#include "core/transfer/from_line.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

static bool from_librechat_recognise(struct slice conversation)
{
	struct slice id, messages;

	return json_find_kind(
		       conversation, "conversationId", JSON_KIND_STRING, &id) &&
	       (json_find_kind(
			conversation, "messages", JSON_KIND_ARRAY, &messages) ||
		       json_find_kind(conversation, "messagesTree",
			       JSON_KIND_ARRAY, &messages));
}

/* Parts whose text is an object have it in there. */
static void from_librechat_put_part(struct text *out, struct slice part)
{
	struct slice type, text, value;

	if (!json_find_kind(part, "type", JSON_KIND_STRING, &type) ||
		!json_string_is(type, SLICE("text")) ||
		!json_find_kind(part, "text", JSON_KIND_OBJECT, &text) ||
		!json_find_kind(text, "value", JSON_KIND_STRING, &value)) {
		json_put(out, part);
		return;
	}
	json_begin_object(out);
	json_member(out, "type", type);
	json_member(out, "text", value);
	json_end_object(out);
}

/* The text, or the parts of what has none. */
static int from_librechat_content(struct from_line *line, struct slice message,
	const char *path, struct text *parts, struct slice *content)
{
	struct slice list, part;
	struct json_walk walk;

	if (json_find_kind(message, "text", JSON_KIND_STRING, content) &&
		json_inner(*content).length > 0)
		return 0;
	if (!json_find_kind(message, "content", JSON_KIND_ARRAY, &list))
		return from_need_string(line, path, message, "text", content);
	walk = json_walk(list);
	parts->length = 0;
	json_begin_array(parts);
	while (json_next_element(&walk, &part))
		from_librechat_put_part(parts, part);
	json_end_array(parts);
	*content = text_view(parts);
	return 0;
}

static int from_librechat_put(struct from_line *line, struct slice message,
	const char *path, struct text *parts)
{
	struct from_message made = { .path = path,
		.time_name = "createdAt",
		.role = SLICE("\"assistant\"") };
	struct slice own;

	if (json_kind(message) != JSON_KIND_OBJECT)
		return from_refuse(line, path, "", "an object", message);
	if (from_librechat_content(line, message, path, parts, &made.content))
		return -1;
	if (json_find_kind(message, "isCreatedByUser", JSON_KIND_TRUE, &own))
		made.role = SLICE("\"user\"");
	json_find(message, "messageId", &made.id);
	json_find(message, "createdAt", &made.time);
	return from_put(line, &made);
}

/* The newest of a list. */
static bool from_librechat_last(struct slice list, struct slice *last)
{
	struct json_walk walk = json_walk(list);
	bool any = false;

	while (json_next_element(&walk, last))
		any = true;
	return any;
}

/* From the newest root down to the newest of its children. */
static int from_librechat_put_children(
	struct from_line *line, struct slice tree, struct text *parts)
{
	struct slice message, list = tree;

	for (size_t i = 0; from_librechat_last(list, &message); i++) {
		char path[FROM_PATH_MAX];

		from_path(path, "messagesTree, level ", i);
		if (from_librechat_put(line, message, path, parts))
			return -1;
		if (!json_find_kind(
			    message, "children", JSON_KIND_ARRAY, &list))
			return 0;
	}
	return 0;
}

/* From the newest up to the root, or all where they have no ids. */
static int from_librechat_put_list(
	struct from_line *line, struct slice list, struct text *parts)
{
	struct from_tree tree = { 0 };
	struct slice last, tip = SLICE("null");
	int result;

	if (!from_librechat_last(list, &last))
		return 0;
	result = from_need_string(
		line, "messages, the last", last, "messageId", &tip);
	if (result == 0)
		result = from_tree_read(&tree, line, list, "messageId");
	if (result == 0)
		result = from_tree_follow(
			&tree, line, tip, "parentMessageId", "messages");
	for (size_t i = 0; result == 0 && i < tree.length; i++) {
		char path[FROM_PATH_MAX];

		from_path(path, "messages, of the branch ", i);
		result = from_librechat_put(line, tree.branch[i], path, parts);
	}
	from_tree_clear(&tree);
	return result;
}

static int from_librechat_write(
	struct from_line *line, struct slice conversation)
{
	struct slice list, id = { 0 }, title = { 0 };
	struct text parts = { 0 };
	int result;

	if (json_kind(conversation) != JSON_KIND_OBJECT)
		return from_refuse(
			line, "", "conversation", "an object", conversation);
	json_find(conversation, "conversationId", &id);
	json_find(conversation, "title", &title);
	from_begin(line, id, title);
	if (json_find_kind(
		    conversation, "messagesTree", JSON_KIND_ARRAY, &list))
		result = from_librechat_put_children(line, list, &parts);
	else if (from_need_array(line, "", conversation, "messages", &list))
		result = -1;
	else
		result = from_librechat_put_list(line, list, &parts);
	line->out->failed |= parts.failed;
	text_clear(&parts);
	return result == 0 ? from_end(line) : -1;
}

const struct from_format from_librechat = {
	.name = "librechat",
	.recognise = from_librechat_recognise,
	.write = from_librechat_write,
};
