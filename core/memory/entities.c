/* SPDX-License-Identifier: MIT */
/* entities.c - names, and what is known of each. */
#include "core/memory/entities.h"

#include "schema/json/value.h"
#include "schema/json/write.h"
#include "schema/text.h"

#define UNKNOWN	   SLICE("No current information known.")
#define NAMES_MOST 50 /* of an answer, which may be anything */

static bool entities_is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct slice entities_trim(struct slice text)
{
	while (text.length > 0 && entities_is_space(text.data[0])) {
		text.data++;
		text.length--;
	}
	while (text.length > 0 && entities_is_space(text.data[text.length - 1]))
		text.length--;
	return text;
}

bool entities_next_name(struct slice *list, struct slice *name)
{
	while (list->length > 0) {
		size_t end = 0;

		while (end < list->length && list->data[end] != ',')
			end++;
		*name = entities_trim((struct slice){ list->data, end });
		end += end < list->length;
		list->data += end;
		list->length -= end;
		if (name->length > 0)
			return true;
	}
	return false;
}

struct slice entities_first_names(struct slice list)
{
	struct slice rest = list, name;

	for (int i = 0; i < NAMES_MOST && entities_next_name(&rest, &name); i++)
		;
	list.length -= rest.length;
	return list;
}

static bool entities_find(
	struct slice entities, struct slice wanted, struct slice *summary)
{
	struct json_walk walk;
	struct slice name;

	if (entities.length == 0)
		return false;
	walk = json_walk(entities);
	while (json_next_member(&walk, &name, summary))
		if (json_string_is(name, wanted))
			return true;
	return false;
}

struct slice entities_look_up(
	struct memory *memory, struct slice entities, struct slice name)
{
	struct slice summary;

	return entities_find(entities, name, &summary)
		       ? memory->host->value_text(memory, summary)
		       : UNKNOWN;
}

struct slice entities_with(struct memory *memory, struct slice entities,
	struct slice name, struct slice summary)
{
	struct text *out = memory->host->text(memory);
	struct slice member, value;
	struct json_walk walk;

	json_begin_object(out);
	if (entities.length > 0) {
		walk = json_walk(entities);
		while (json_next_member(&walk, &member, &value))
			if (!json_string_is(member, name))
				json_member_json(out, member, value);
	}
	json_name_utf8(out, name);
	json_put_string(out, summary);
	json_end_object(out);
	return text_view(out);
}
