/* SPDX-License-Identifier: MIT */
/* media.c - which values are media, and values without them. */
#include "schema/message/media.h"

#include "schema/json/value.h"
#include "schema/json/write.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* By the beginning of what comes behind "data:", or of a MIME type. */
static enum media_kind media_of_mime(struct slice mime)
{
	static const struct slice images = { "image", 5 },
				  sounds = { "audio", 5 };
	struct slice begin = { mime.data, 5 };

	if (mime.length >= 5 && slice_equal(begin, images))
		return MEDIA_IMAGE;
	if (mime.length >= 5 && slice_equal(begin, sounds))
		return MEDIA_AUDIO;
	return MEDIA_FILE;
}

static enum media_kind media_of_string(struct slice string)
{
	static const struct slice mark = { "data:", 5 };
	struct slice inner = json_inner(string);

	if (inner.length <= mark.length ||
		!slice_equal((struct slice){ inner.data, mark.length }, mark))
		return MEDIA_NONE;
	return media_of_mime((struct slice){
		inner.data + mark.length, inner.length - mark.length });
}

static enum media_kind media_of_type(struct slice type)
{
	static const struct slice names[] = { { "image_url", 9 },
		{ "image", 5 }, { "input_image", 11 }, { "output_image", 12 },
		{ "image_file", 10 }, { "input_audio", 11 }, { "audio", 5 },
		{ "output_audio", 12 }, { "audio_url", 9 }, { "video", 5 },
		{ "video_url", 9 }, { "input_video", 11 }, { "file", 4 },
		{ "input_file", 10 }, { "document", 8 }, { "document_url", 12 },
		{ "media", 5 } };
	const size_t at = json_string_among(type, names, COUNT(names));

	if (at == COUNT(names))
		return MEDIA_NONE;
	return at < 5 ? MEDIA_IMAGE : at < 9 ? MEDIA_AUDIO : MEDIA_FILE;
}

/* A file may say that it is an image. */
static enum media_kind media_of_file(struct slice object)
{
	static const char *const names[] = { "mime_type", "mimeType",
		"media_type", "mediaType" };
	struct slice mime;

	for (size_t i = 0; i < COUNT(names); i++)
		if (json_find_kind(object, names[i], JSON_KIND_STRING, &mime))
			return media_of_mime(json_inner(mime));
	return MEDIA_FILE;
}

static enum media_kind media_of_object(struct slice object)
{
	static const struct slice members[] = { { "inline_data", 11 },
		{ "inlineData", 10 }, { "file_data", 9 }, { "fileData", 8 } };
	struct json_walk walk = json_walk(object);
	enum media_kind kind = MEDIA_NONE;
	struct slice name, value;

	if (json_find_kind(object, "type", JSON_KIND_STRING, &value))
		kind = media_of_type(value);
	if (kind != MEDIA_NONE)
		return kind == MEDIA_FILE ? media_of_file(object) : kind;
	while (json_next_member(&walk, &name, &value))
		if (json_kind(value) == JSON_KIND_OBJECT &&
			json_string_among(name, members, COUNT(members)) <
				COUNT(members))
			return media_of_file(value);
	return MEDIA_NONE;
}

enum media_kind media_of(struct slice value)
{
	switch (json_kind(value)) {
	case JSON_KIND_OBJECT:
		return media_of_object(value);
	case JSON_KIND_STRING:
		return media_of_string(value);
	case JSON_KIND_NULL:
	case JSON_KIND_FALSE:
	case JSON_KIND_TRUE:
	case JSON_KIND_NUMBER:
	case JSON_KIND_ARRAY:
		break;
	}
	return MEDIA_NONE;
}

/* --- without them --------------------------------------------------------- */

static void media_put(struct text *out, enum media_kind kind, bool named)
{
	static const struct slice names[] = {
		[MEDIA_IMAGE] = { "\"[image]\"", 9 },
		[MEDIA_AUDIO] = { "\"[audio]\"", 9 },
		[MEDIA_FILE] = { "\"[file]\"", 8 },
	};

	if (named)
		json_put(out, names[kind]);
	else
		json_put_null(out);
}

static size_t media_write_object(
	struct text *out, struct slice object, bool named)
{
	struct json_walk walk = json_walk(object);
	struct slice name, value;
	size_t count = 0;

	json_begin_object(out);
	while (json_next_member(&walk, &name, &value)) {
		json_name_json(out, name);
		count += media_write_without(out, value, named);
	}
	json_end_object(out);
	return count;
}

static size_t media_write_array(
	struct text *out, struct slice array, bool named)
{
	struct json_walk walk = json_walk(array);
	struct slice value;
	size_t count = 0;

	json_begin_array(out);
	while (json_next_element(&walk, &value))
		count += media_write_without(out, value, named);
	json_end_array(out);
	return count;
}

size_t media_write_without(struct text *out, struct slice value, bool named)
{
	const enum json_kind kind = json_kind(value);
	const enum media_kind media = media_of(value);

	if (media != MEDIA_NONE) {
		media_put(out, media, named);
		return 1;
	}
	if (kind == JSON_KIND_OBJECT)
		return media_write_object(out, value, named);
	if (kind == JSON_KIND_ARRAY)
		return media_write_array(out, value, named);
	json_put(out, value);
	return 0;
}
