/* SPDX-License-Identifier: MIT */
/*
 * from_messages.c - a message a line, in any form that clients send: they are
 * those of one session, which `session` names, in the order of the lines.
 */
#include "core/transfer/from_line.h"
#include "schema/error.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

static bool from_messages_recognise(struct slice conversation)
{
	static const char *const names[] = { "role", "type", "lc" };
	struct slice value;

	if (json_kind(conversation) != JSON_KIND_OBJECT)
		return json_kind(conversation) == JSON_KIND_STRING;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (json_find(conversation, names[i], &value))
			return true;
	return false;
}

static int from_messages_write(struct from_line *line, struct slice message)
{
	if (line->place->session.length == 0)
		return error_set(line->error, ERROR_INVALID,
			"a message, and no session to put it into; say "
			"session=NAME (--session NAME)");
	json_begin_object(line->out);
	json_member_string(line->out, "session", line->place->session);
	json_member_number(line->out, "after", line->place->number - 1);
	json_name(line->out, "messages");
	json_begin_array(line->out);
	json_put(line->out, message);
	return from_end(line);
}

const struct from_format from_messages = {
	.name = "messages",
	.recognise = from_messages_recognise,
	.write = from_messages_write,
};
