/* SPDX-License-Identifier: MIT */
/* ui_message.c - the AI SDK's UIMessage: an id, a role, and parts. */
#include "schema/forms/form.h"

#include "schema/error.h"
#include "schema/forms/reader.h"
#include "schema/forms/ui_parts.h"
#include "schema/forms/ui_write.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

/* --- reading ---------------------------------------------------------- */

static const struct form_word ui_message_roles[] = {
	{ "user", MESSAGE_HUMAN },
	{ "assistant", MESSAGE_AI },
	{ "system", MESSAGE_SYSTEM },
	{ NULL, (enum message_type)0 },
};

static bool ui_message_recognise(struct slice value)
{
	struct slice role, parts, type;

	return json_find_kind(value, "role", JSON_KIND_STRING, &role) &&
	       json_find_kind(value, "parts", JSON_KIND_ARRAY, &parts) &&
	       !json_find(value, "type", &type);
}

static int ui_message_check_parts(
	struct form_reader *reader, struct slice object)
{
	struct slice parts = { 0 }, part, type;
	struct json_walk walk;

	json_find(object, "parts", &parts);
	walk = json_walk(parts);
	for (size_t i = 0; json_next_element(&walk, &part); i++)
		if (!json_find_kind(part, "type", JSON_KIND_STRING, &type))
			return error_set(reader->error, ERROR_INVALID,
				"%s.parts[%zu].type is missing; Gemini's parts "
				"are content here: {\"role\":\"user\","
				"\"content\":[{\"type\":\"text\",\"text\":…}]}",
				reader->path, i);
	return 0;
}

/* The id is the client's; an empty one is none. */
static int ui_message_read_id(
	struct form_reader *reader, struct message *message)
{
	struct slice id;

	if (!json_find(message->body, "id", &id) || slice_is(id, "\"\""))
		return 0;
	return form_read_id(reader, message, id);
}

static int ui_message_read(struct form_reader *reader, struct slice object)
{
	struct message message = { .form = MESSAGE_UI, .body = object };
	struct slice role;

	json_find(object, "role", &role);
	message.type = form_word_find(ui_message_roles, role)->type;
	if (!message.type)
		return error_set(reader->error, ERROR_INVALID,
			"%s.role must be user, assistant or system, not %.*s",
			reader->path, SLICE_SHORT(role));
	if (ui_message_check_parts(reader, object) ||
		ui_message_read_id(reader, &message))
		return -1;
	return form_add(reader, &message);
}

/* --- writing ---------------------------------------------------------- */

static void ui_message_write_sent(
	struct text *out, const struct message *message)
{
	json_put(out, message->body);
}

/* As one message: its text and its calls, without their results. */
static void ui_message_write_data(
	struct text *out, const struct message *message)
{
	struct slice parts = SLICE("[]");

	json_find(message->body, "parts", &parts);
	ui_parts_put_data(out, parts, message->type);
}

static void ui_message_write(struct text *out, const struct message *message,
	const struct format_prefixes *prefixes)
{
	(void)prefixes;
	if (message->form == MESSAGE_UI)
		ui_write_own(out, message);
	else
		ui_write_other(out, message);
}

const struct form_ops form_ui_message = {
	.name = "ai-sdk",
	.recognise = ui_message_recognise,
	.read = ui_message_read,
	.sent = ui_message_write_sent,
	.data = ui_message_write_data,
	.grows = true,
	.parts = ui_parts_visit,
	.shape = FORM_VALUE,
	.write = ui_message_write,
	.finish = ui_write_finish,
};
