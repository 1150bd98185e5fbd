/* SPDX-License-Identifier: MIT */
/* check.c - what a message of each type must have. */
#include "schema/message/message.h"

#include "schema/error.h"
#include "schema/json/value.h"

/* Without these LangChain cannot read a message back; the words are its. */
static const struct {
	const char *member;
	const char *missing;
} required[MESSAGE_GENERIC + 1] = {
	[MESSAGE_TOOL] = { "tool_call_id",
		"Tool call ID must be defined for tool messages" },
	[MESSAGE_FUNCTION] = { "name",
		"Name must be defined for function messages" },
	[MESSAGE_GENERIC] = { "role",
		"Role must be defined for chat messages" },
};

/* An assistant may give these for content: calls, a no, its voice. */
static const struct {
	const char *member;
	enum json_kind kind;
} instead[] = {
	{ "tool_calls", JSON_KIND_ARRAY },
	{ "function_call", JSON_KIND_OBJECT },
	{ "refusal", JSON_KIND_STRING },
	{ "audio", JSON_KIND_OBJECT },
};

static bool check_has_other(struct slice object)
{
	struct slice value;

	for (size_t i = 0; i < sizeof(instead) / sizeof(*instead); i++)
		if (json_find(object, instead[i].member, &value) &&
			json_kind(value) == instead[i].kind &&
			(instead[i].kind != JSON_KIND_ARRAY ||
				json_count(value) > 0))
			return true;
	return false;
}

static bool check_may_be_silent(const struct message *message)
{
	struct slice extra;

	if (message->type != MESSAGE_AI)
		return false;
	/* OpenAI's models answer so, and take it back. */
	if (message->form == MESSAGE_OPENAI || check_has_other(message->body))
		return true;
	return json_find(message->body, "additional_kwargs", &extra) &&
	       json_kind(extra) == JSON_KIND_OBJECT && check_has_other(extra);
}

static int check_content(struct slice content, const char *path,
	const char *inside, const char *member, struct error *error)
{
	struct json_walk walk;
	struct slice part;
	size_t i;

	if (json_kind(content) == JSON_KIND_STRING)
		return 0;
	if (json_kind(content) != JSON_KIND_ARRAY)
		return error_set(error, ERROR_INVALID,
			"%s%s%s must be a string or an array of parts", path,
			inside, member);
	walk = json_walk(content);
	for (i = 0; json_next_element(&walk, &part); i++) {
		if (json_kind(part) != JSON_KIND_STRING &&
			json_kind(part) != JSON_KIND_OBJECT)
			return error_set(error, ERROR_INVALID,
				"%s%s%s[%zu] must be a string or an object",
				path, inside, member, i);
	}
	return 0;
}

static int check_required(const struct message *message, const char *path,
	const char *inside, struct error *error)
{
	const char *member = required[message->type].member;
	struct slice value;

	if (!member)
		return 0;
	if (!json_find(message->body, member, &value))
		return error_set(error, ERROR_INVALID, "%s%s%s is missing: %s",
			path, inside, member, required[message->type].missing);
	if (json_kind(value) != JSON_KIND_STRING)
		return error_set(error, ERROR_INVALID,
			"%s%s%s must be a string", path, inside, member);
	return 0;
}

static int check_name(const struct message *message, const char *path,
	const char *inside, struct error *error)
{
	struct slice name;

	if (!json_find(message->body, "name", &name) ||
		json_kind(name) == JSON_KIND_STRING ||
		json_kind(name) == JSON_KIND_NULL)
		return 0;
	return error_set(error, ERROR_INVALID, "%s%sname must be a string",
		path, inside);
}

int message_check(
	const struct message *message, const char *path, struct error *error)
{
	const char *inside = message_form_place(message->form);
	struct slice content;
	bool found;

	if (message_is_content(message))
		return check_content(message->body, path, "", inside, error);
	if (check_required(message, path, inside, error) ||
		check_name(message, path, inside, error))
		return -1;
	found = message_find_content(message->body, &content);
	if (found && json_kind(content) != JSON_KIND_NULL)
		return check_content(content, path, inside, "content", error);
	if (check_may_be_silent(message))
		return 0;
	if (found)
		return check_content(content, path, inside, "content", error);
	return error_set(
		error, ERROR_INVALID, "%s%scontent is missing", path, inside);
}
