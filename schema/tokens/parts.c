/* SPDX-License-Identifier: MIT */
/*
 * parts.c - the tokens of a content: of its text, its media and the rest.
 */
#include "schema/json/value.h"
#include "schema/message/media.h"
#include "schema/tokens/sum.h"

static bool parts_find_string(
	struct slice object, const char *name, struct slice *string)
{
	return json_find(object, name, string) &&
	       json_kind(*string) == JSON_KIND_STRING;
}

/* Anthropic's document of plain text, or of parts. */
static bool parts_sum_source(struct tokens_sum *sum, struct slice part)
{
	struct slice source, type, text;

	if (!json_find(part, "source", &source) ||
		json_kind(source) != JSON_KIND_OBJECT ||
		!parts_find_string(source, "type", &type))
		return false;
	if (json_string_is(type, SLICE("text")) &&
		parts_find_string(source, "data", &text)) {
		sum_string(sum, text);
		return true;
	}
	if (json_string_is(type, SLICE("content")) &&
		json_find(source, "content", &text)) {
		sum_content(sum, text);
		return true;
	}
	return false;
}

/* A part with a text is that text; with media in it, it is both. */
static void parts_sum_object(struct tokens_sum *sum, struct slice part)
{
	struct slice text, type;
	const bool has_text = parts_find_string(part, "text", &text);

	if (has_text)
		sum_string(sum, text);
	if (parts_sum_source(sum, part))
		return;
	if (has_text && parts_find_string(part, "source_type", &type) &&
		json_string_is(type, SLICE("text")))
		return;
	if (media_of(part) != MEDIA_NONE) {
		sum_media(sum, 1);
		return;
	}
	if (has_text)
		return;
	sum->json.length = 0;
	sum_media(sum, media_write_without(&sum->json, part, false));
	sum_text(sum, text_view(&sum->json));
}

static void parts_sum_part(struct tokens_sum *sum, struct slice part)
{
	switch (json_kind(part)) {
	case JSON_KIND_STRING:
		sum_string(sum, part);
		break;
	case JSON_KIND_OBJECT:
		parts_sum_object(sum, part);
		break;
	case JSON_KIND_NULL:
	case JSON_KIND_FALSE:
	case JSON_KIND_TRUE:
	case JSON_KIND_NUMBER:
	case JSON_KIND_ARRAY:
		sum_text(sum, part);
		break;
	}
}

void sum_content(struct tokens_sum *sum, struct slice content)
{
	struct json_walk walk;
	struct slice part;

	switch (json_kind(content)) {
	case JSON_KIND_NULL:
		break;
	case JSON_KIND_STRING:
		sum_string(sum, content);
		break;
	case JSON_KIND_ARRAY:
		walk = json_walk(content);
		while (json_next_element(&walk, &part))
			parts_sum_part(sum, part);
		break;
	case JSON_KIND_FALSE:
	case JSON_KIND_TRUE:
	case JSON_KIND_NUMBER:
	case JSON_KIND_OBJECT:
		sum_text(sum, content);
		break;
	}
}
