/* SPDX-License-Identifier: MIT */
/* form.c - the table of wire forms. */
#include "schema/forms/form.h"

#include <assert.h>

#include "schema/forms/parse.h"
#include "schema/forms/reader.h"
#include "schema/json/value.h"

/* The rows are in schema/message/forms.h; the first is the default. */
#define DECLARE(name) extern const struct form_ops form_##name;

#define DECLARE_KEPT(name, constant, number, body, place) DECLARE(name)

MESSAGE_FORMS(DECLARE_KEPT, DECLARE)

#define ROW(name) &form_##name,

#define ROW_KEPT(name, constant, number, body, place) ROW(name)

static const struct form_ops *const forms[] = { MESSAGE_FORMS(ROW_KEPT, ROW) };

#define NUMBERED(name, constant, number, body, place) [number] = &form_##name,

static const struct form_ops *const numbered[] = { MESSAGE_FORMS(
	NUMBERED, MESSAGE_FORMS_NOTHING) };

#define FORM_COUNT (sizeof(forms) / sizeof(*forms))

const struct form_ops *form_of(enum message_form form)
{
	const size_t number = (size_t)form;

	assert(form != 0);
	if (number < sizeof(numbered) / sizeof(*numbered) && numbered[number])
		return numbered[number];
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
	if (message_form_body(message->form) == BODY_LANGCHAIN)
		return message->body;
	form_of(message->form)->data(scratch, message);
	return text_view(scratch);
}

struct message form_plain(const struct message *message, struct text *scratch)
{
	struct message plain = *message;

	if (message_form_body(message->form) != BODY_OWN)
		return plain;
	plain.form = MESSAGE_STORED;
	plain.body = form_data(message, scratch);
	if (scratch->failed)
		plain.body = SLICE("{}");
	return plain;
}

int form_parts(const struct message *message,
	int (*visit)(void *context, const struct message *part), void *context)
{
	const struct form_ops *form = form_of(message->form);
	struct text data = { 0 };
	struct message plain;
	int result;

	if (form->parts != NULL)
		return form->parts(message, visit, context);
	plain = form_plain(message, &data);
	result = data.failed ? -1 : visit(context, &plain);
	text_clear(&data);
	return result;
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
		return form_untyped(&reader, value);
	return error_set(error, ERROR_INVALID,
		"%s must be an object, a string or [type, content]", path);
}
