/* SPDX-License-Identifier: MIT */
/* sent.c - a message in the form in which it came. */
#include "schema/forms/form.h"

#include "schema/json/write.h"

static struct slice sent_type(const struct message *message)
{
	return message->type_sent.length > 0
		       ? message->type_sent
		       : slice_of(message_type_name(message->type));
}

void format_sent(struct text *out, const struct message *message)
{
	switch (message->form) {
	case MESSAGE_STORED:
		json_begin_object(out);
		json_member_string(out, "type", sent_type(message));
		json_member(out, "data", message->body);
		json_end_object(out);
		break;
	case MESSAGE_TUPLE:
		json_begin_array(out);
		json_put_string(out, sent_type(message));
		json_put(out, message->body);
		json_end_array(out);
		break;
	case MESSAGE_FLAT:
	case MESSAGE_OPENAI:
	case MESSAGE_TEXT:
		json_put(out, message->body);
		break;
	}
}
