/* SPDX-License-Identifier: MIT */
/*
 * parts.c - the tokens of a content: of its text, its media and the rest.
 *
 * Every API has parts of its own: OpenAI's image_url, Anthropic's image with
 * a source, Gemini's inline_data, LangChain's standard blocks.  They are
 * media by their type, or by a member, or by a data: URL anywhere in them.
 */
#include "schema/json/value.h"
#include "schema/json/write.h"
#include "schema/tokens/sum.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static bool parts_is_one_of(
	struct slice string, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (json_string_is(string, slice_of(words[i])))
			return true;
	return false;
}

static bool parts_is_media_type(struct slice type)
{
	static const char *const types[] = { "image_url", "image",
		"input_image", "output_image", "image_file", "input_audio",
		"audio", "output_audio", "audio_url", "video", "video_url",
		"input_video", "file", "input_file", "document", "document_url",
		"media" };

	return parts_is_one_of(type, types, COUNT(types));
}

static bool parts_is_media_member(struct slice name)
{
	static const char *const names[] = { "inline_data", "inlineData",
		"file_data", "fileData" };

	return parts_is_one_of(name, names, COUNT(names));
}

static bool parts_find_string(
	struct slice object, const char *name, struct slice *string)
{
	return json_find(object, name, string) &&
	       json_kind(*string) == JSON_KIND_STRING;
}

static bool parts_is_media(struct slice object)
{
	struct json_walk walk = json_walk(object);
	struct slice name, value;

	if (parts_find_string(object, "type", &value) &&
		parts_is_media_type(value))
		return true;
	while (json_next_member(&walk, &name, &value))
		if (parts_is_media_member(name) &&
			json_kind(value) == JSON_KIND_OBJECT)
			return true;
	return false;
}

static bool parts_is_data_url(struct slice string)
{
	static const char mark[] = "\"data:";
	const size_t length = sizeof(mark) - 1;

	return string.length > length &&
	       slice_equal((struct slice){ string.data, length },
		       (struct slice){ mark, length });
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

static void parts_keep(struct tokens_sum *sum, struct slice value);

static void parts_keep_members(struct tokens_sum *sum, struct slice object)
{
	struct json_walk walk = json_walk(object);
	struct slice name, value;

	json_begin_object(&sum->json);
	while (json_next_member(&walk, &name, &value)) {
		json_name_json(&sum->json, name);
		parts_keep(sum, value);
	}
	json_end_object(&sum->json);
}

static void parts_keep_elements(struct tokens_sum *sum, struct slice array)
{
	struct json_walk walk = json_walk(array);
	struct slice value;

	json_begin_array(&sum->json);
	while (json_next_element(&walk, &value))
		parts_keep(sum, value);
	json_end_array(&sum->json);
}

static void parts_drop(struct tokens_sum *sum)
{
	sum_media(sum, 1);
	json_put_null(&sum->json);
}

/* Counts the media in a value and keeps its other JSON. */
static void parts_keep(struct tokens_sum *sum, struct slice value)
{
	switch (json_kind(value)) {
	case JSON_KIND_OBJECT:
		if (parts_is_media(value))
			parts_drop(sum);
		else
			parts_keep_members(sum, value);
		break;
	case JSON_KIND_ARRAY:
		parts_keep_elements(sum, value);
		break;
	case JSON_KIND_STRING:
		if (parts_is_data_url(value))
			parts_drop(sum);
		else
			json_put(&sum->json, value);
		break;
	case JSON_KIND_NULL:
	case JSON_KIND_FALSE:
	case JSON_KIND_TRUE:
	case JSON_KIND_NUMBER:
		json_put(&sum->json, value);
		break;
	}
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
	if (parts_is_media(part)) {
		sum_media(sum, 1);
		return;
	}
	if (has_text)
		return;
	sum->json.length = 0;
	parts_keep_members(sum, part);
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
