/* SPDX-License-Identifier: MIT */
/* langchain_python.c - LangChain's stored form, with the types of Python. */
#include "schema/forms/form.h"

#include "schema/json/write.h"

static void langchain_python_write(struct text *out,
	const struct message *message, const struct format_prefixes *prefixes)
{
	(void)prefixes;
	json_member_string(
		out, "type", slice_of(message_type_python(message->type)));
	json_name(out, "data");
	form_of(message->form)->data(out, message);
}

const struct form_ops form_langchain_python = {
	.name = "langchain-python",
	.shape = FORM_MEMBERS,
	.write = langchain_python_write,
};
