/* SPDX-License-Identifier: MIT */
/* forms.c - what the table of wire forms says of a body. */
#include "schema/message/forms.h"

#include <stdbool.h>
#include <stddef.h>

#define ROW(name, constant, number, body, place) [number] = { body, place },
static const struct forms_row {
	enum message_body body;
	const char *place;
} rows[] = { MESSAGE_FORMS(ROW, MESSAGE_FORMS_NOTHING) };

static const struct forms_row *forms_find(enum message_form form)
{
	static const struct forms_row none = { .place = "" };
	const size_t number = (size_t)form;
	const bool known =
		number < sizeof(rows) / sizeof(*rows) && rows[number].body != 0;

	return known ? &rows[number] : &none;
}

enum message_body message_form_body(enum message_form form)
{
	return forms_find(form)->body;
}

const char *message_form_place(enum message_form form)
{
	return forms_find(form)->place;
}
