/* SPDX-License-Identifier: MIT */
/*
 * from_open_webui.c - chats as Open WebUI exports them: the branch that ends
 * in the history's currentId or, where there is no history, the messages.
 */
#include "core/transfer/from_line.h"
#include "schema/json/value.h"

static bool from_open_webui_recognise(struct slice conversation)
{
	struct slice chat;

	return json_find_kind(conversation, "chat", JSON_KIND_OBJECT, &chat);
}

static int from_open_webui_put(
	struct from_line *line, struct slice message, const char *path)
{
	struct from_message made = { .path = path, .time_name = "timestamp" };

	if (from_need_string(line, path, message, "role", &made.role))
		return -1;
	if (!json_find_kind(
		    message, "content", JSON_KIND_ARRAY, &made.content) &&
		from_need_string(line, path, message, "content", &made.content))
		return -1;
	json_find(message, "id", &made.id);
	json_find(message, "timestamp", &made.time);
	return from_put(line, &made);
}

static int from_open_webui_put_branch(
	struct from_line *line, struct slice messages, struct slice tip)
{
	struct from_tree tree = { 0 };
	int result = from_tree_read(&tree, line, messages, NULL);

	if (result == 0)
		result = from_tree_follow(
			&tree, line, tip, "parentId", "chat.history.messages");
	for (size_t i = 0; result == 0 && i < tree.length; i++) {
		char path[FROM_PATH_MAX];
		struct slice id = SLICE("\"?\"");

		json_find_kind(tree.branch[i], "id", JSON_KIND_STRING, &id);
		from_member_path(path, "chat.history.messages", id, "");
		result = from_open_webui_put(line, tree.branch[i], path);
	}
	from_tree_clear(&tree);
	return result;
}

static int from_open_webui_put_list(struct from_line *line, struct slice chat)
{
	struct slice list, message;
	struct json_walk walk;

	if (from_need_array(line, "chat", chat, "messages", &list))
		return -1;
	walk = json_walk(list);
	for (size_t i = 0; json_next_element(&walk, &message); i++) {
		char path[FROM_PATH_MAX];

		from_path(path, "chat.messages", i);
		if (from_open_webui_put(line, message, path))
			return -1;
	}
	return 0;
}

static int from_open_webui_write(
	struct from_line *line, struct slice conversation)
{
	struct slice chat, history, messages, tip;
	struct slice id = { 0 }, title = { 0 };
	int result;

	if (from_need_object(line, "", conversation, "chat", &chat))
		return -1;
	json_find(conversation, "id", &id);
	if (!json_find(conversation, "title", &title))
		json_find(chat, "title", &title);
	from_begin(line, id, title);
	if (json_find_kind(chat, "history", JSON_KIND_OBJECT, &history) &&
		json_find_kind(
			history, "messages", JSON_KIND_OBJECT, &messages) &&
		json_find_kind(history, "currentId", JSON_KIND_STRING, &tip))
		result = from_open_webui_put_branch(line, messages, tip);
	else
		result = from_open_webui_put_list(line, chat);
	return result == 0 ? from_end(line) : -1;
}

const struct from_format from_open_webui = {
	.name = "open-webui",
	.recognise = from_open_webui_recognise,
	.write = from_open_webui_write,
};
