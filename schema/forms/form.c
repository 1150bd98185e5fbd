/* SPDX-License-Identifier: MIT */
/* form.c - the table of wire forms. */
#include "schema/forms/form.h"

#include <assert.h>

#include "schema/forms/parse.h"
#include "schema/forms/reader.h"
#include "schema/json/value.h"

/* A new form is a file and a row; an earlier one is recognised first. */
#define FORMS(X)                 \
	X(form_langchain)        \
	X(form_langchain_python) \
	X(form_openai_chat)      \
	X(form_flat)             \
	X(form_tuple)            \
	X(form_text)

#define DECLARE(form) extern const struct form_ops form;
FORMS(DECLARE)
#undef DECLARE

#define ROW(form) &form,
static const struct form_ops *const forms[] = { FORMS(ROW) };
#undef ROW

#define FORM_COUNT (sizeof(forms) / sizeof(*forms))

const struct form_ops *form_of(enum message_form form)
{
	assert(form != 0);
	for (size_t i = 0; i < FORM_COUNT; i++)
		if (forms[i]->form == form)
			return forms[i];
	/* A later version stored it: any JSON can be the content of a text. */
	return &form_text;
}

const struct form_ops *form_named(struct slice name)
{
	for (size_t i = 0; i < FORM_COUNT; i++)
		if (forms[i]->name != NULL && slice_is(name, forms[i]->name))
			return forms[i];
	return NULL;
}

const struct form_ops *form_default(void)
{
	return forms[0];
}

void form_names(struct text *out)
{
	const char *last = NULL, *before = "";

	for (size_t i = 0; i < FORM_COUNT; i++) {
		if (forms[i]->name == NULL)
			continue;
		if (last != NULL) {
			text_string(out, before);
			text_string(out, last);
			before = ", ";
		}
		last = forms[i]->name;
	}
	text_string(out, " or ");
	text_string(out, last);
}

struct slice form_data(const struct message *message, struct text *scratch)
{
	const struct form_ops *form = form_of(message->form);

	if (form->is_data)
		return message->body;
	form->data(scratch, message);
	return text_view(scratch);
}

void format_sent(struct text *out, const struct message *message)
{
	form_of(message->form)->sent(out, message);
}

int message_parse(struct message_list *list, struct slice value,
	const char *path, struct error *error)
{
	struct form_reader reader = { list, error, path };

	if (value.length > MESSAGE_MAX_BYTES)
		return error_set(error, ERROR_TOO_LARGE,
			"%s is longer than %u bytes", path, MESSAGE_MAX_BYTES);
	for (size_t i = 0; i < FORM_COUNT; i++)
		if (forms[i]->recognise != NULL && forms[i]->recognise(value))
			return forms[i]->read(&reader, value);
	if (json_kind(value) == JSON_KIND_OBJECT)
		return form_untyped(&reader);
	return error_set(error, ERROR_INVALID,
		"%s must be an object, a string or [type, content]", path);
}
