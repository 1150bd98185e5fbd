/* SPDX-License-Identifier: MIT */
/* sent.c - a message in the form in which it came. */
#include "schema/forms/form.h"

/* The type's name as it was sent, as a JSON string. */
static void sent_write_type(struct text *out, const struct message *message)
{
	text_json(out, message->type_sent.length > 0
			       ? message->type_sent
			       : slice_of(message_type_name(message->type)));
}

void format_sent(struct text *out, const struct message *message)
{
	switch (message->form) {
	case MESSAGE_STORED:
		text_string(out, "{\"type\":");
		sent_write_type(out, message);
		text_string(out, ",\"data\":");
		text_slice(out, message->body);
		text_append(out, "}", 1);
		break;
	case MESSAGE_TUPLE:
		text_append(out, "[", 1);
		sent_write_type(out, message);
		text_append(out, ",", 1);
		text_slice(out, message->body);
		text_append(out, "]", 1);
		break;
	case MESSAGE_FLAT:
	case MESSAGE_OPENAI:
	case MESSAGE_TEXT:
		text_slice(out, message->body);
		break;
	}
}
