/* SPDX-License-Identifier: MIT */
/*
 * from_sharegpt.c - ShareGPT's conversations, as data sets have them:
 * {"id":…,"conversations":[{"from":"human","value":"…"},…]}.
 */
#include "core/transfer/from_line.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

static const char *from_sharegpt_find(
	struct slice conversation, struct slice *list)
{
	static const char *const names[] = { "conversations", "conversation" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (json_find_kind(
			    conversation, names[i], JSON_KIND_ARRAY, list))
			return names[i];
	return NULL;
}

static bool from_sharegpt_recognise(struct slice conversation)
{
	struct slice list;

	return from_sharegpt_find(conversation, &list) != NULL;
}

/* Some data sets have OpenAI's names of the two members. */
static int from_sharegpt_put(
	struct from_line *line, struct slice message, const char *path)
{
	struct from_message made = { .path = path };
	const bool openai =
		json_find_kind(message, "role", JSON_KIND_STRING, &made.role);

	if (from_need_string(line, path, message, openai ? "role" : "from",
		    &made.role) ||
		from_need_string(line, path, message,
			openai ? "content" : "value", &made.content))
		return -1;
	return from_put(line, &made);
}

/* The instructions and tools of the conversation stand beside it. */
static int from_sharegpt_begin(
	struct from_line *line, struct slice conversation)
{
	struct from_message system = { .path = "system",
		.role = SLICE("\"system\"") };
	struct text metadata = { 0 };
	struct slice id = { 0 }, value;

	json_find(conversation, "id", &id);
	if (json_find(conversation, "tools", &value))
		json_member(&metadata, "tools", value);
	from_begin_with(line, id, text_view(&metadata));
	line->out->failed |= metadata.failed;
	text_clear(&metadata);
	if (!json_find_kind(conversation, "system", JSON_KIND_STRING,
		    &system.content) ||
		json_inner(system.content).length == 0)
		return 0;
	return from_put(line, &system);
}

static int from_sharegpt_write(
	struct from_line *line, struct slice conversation)
{
	struct slice list, message;
	const char *name = from_sharegpt_find(conversation, &list);
	struct json_walk walk;

	if (name == NULL)
		return from_need_array(
			line, "", conversation, "conversations", &list);
	if (from_sharegpt_begin(line, conversation))
		return -1;
	walk = json_walk(list);
	for (size_t i = 0; json_next_element(&walk, &message); i++) {
		char path[FROM_PATH_MAX];

		from_path(path, name, i);
		if (from_sharegpt_put(line, message, path))
			return -1;
	}
	return from_end(line);
}

const struct from_format from_sharegpt = {
	.name = "sharegpt",
	.recognise = from_sharegpt_recognise,
	.write = from_sharegpt_write,
};
