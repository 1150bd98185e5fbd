/* SPDX-License-Identifier: MIT */
/* foreign.c - what other programs keep, and how it is sent here. */
#include "schema/error.h"
#include "schema/forms/reader.h"
#include "schema/json/value.h"

/* Objects without a type and a role, by a member that gives them away. */
static const struct {
	const char *member;
	const char *cure;
} foreign_objects[] = {
	{ "from", "ShareGPT's from and value are role and content here" },
	{ "author", "ChatGPT's author.role is role here, and its parts are "
		    "content" },
	{ "mapping", "it is a conversation of ChatGPT's: send the file to POST "
		     "/import?from=chatgpt" },
	{ "chat_messages", "it is a conversation of Claude's: send the file to "
			   "POST /import?from=claude" },
	{ "conversations", "it is a conversation of ShareGPT's: send the file "
			   "to POST /import?from=sharegpt" },
	{ "sender", "the sender is role here, \"user\" or \"assistant\", and "
		    "the text is content" },
	{ "parts", "parts need a role beside them" },
	{ "content", "say in role whose content it is: \"user\", "
		     "\"assistant\", \"system\" or \"tool\"" },
};

int form_untyped(struct form_reader *reader, struct slice object)
{
	const char *cure = "send {\"role\":\"user\",\"content\":\"Hi!\"}, or "
			   "the stored form {\"type\":\"human\",\"data\":"
			   "{\"content\":\"Hi!\"}}";
	struct slice value;

	for (size_t i = 0;
		i < sizeof(foreign_objects) / sizeof(*foreign_objects); i++)
		if (json_find(object, foreign_objects[i].member, &value)) {
			cure = foreign_objects[i].cure;
			break;
		}
	return error_set(reader->error, ERROR_INVALID,
		"%s has no type and no role; %s", reader->path, cure);
}

/* Types that messages have elsewhere. */
static const struct {
	const char *type;
	const char *cure;
} foreign_types[] = {
	{ "remove", "a message is removed by DELETE "
		    "/sessions/{session}/messages/{id}" },
	{ "RemoveMessage", "a message is removed by DELETE "
			   "/sessions/{session}/messages/{id}" },
	{ "message", "it needs a role beside it" },
	{ "input_text", "it is a part of a content" },
	{ "output_text", "it is a part of a content" },
	{ "text", "it is a part of a content" },
	{ "user", "the type is human, or say \"role\":\"user\"" },
	{ "assistant", "the type is ai, or say \"role\":\"assistant\"" },
};

int form_mistyped(struct form_reader *reader, struct slice type)
{
	const char *cure = "the types are human, ai, system, tool, function "
			   "and generic (in Python chat), and of "
			   "items message, reasoning, *_call and *_output";

	for (size_t i = 0; i < sizeof(foreign_types) / sizeof(*foreign_types);
		i++)
		if (slice_is(type, foreign_types[i].type))
			cure = foreign_types[i].cure;
	return error_set(reader->error, ERROR_INVALID,
		"%s: Got unexpected type: %.*s; %s", reader->path,
		SLICE_SHORT(type), cure);
}
