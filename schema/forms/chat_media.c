/* SPDX-License-Identifier: MIT */
/* chat_media.c - media of other APIs, as parts of chat completions. */
#include "schema/forms/chat_media.h"

#include <string.h>

#include "schema/forms/chat_parts.h"
#include "schema/json/value.h"
#include "schema/json/write.h"
#include "schema/message/media.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* JSON strings, wherever the part has them; empty: it has none. */
struct chat_media {
	struct slice url, data, id, text, mime, name;
};

static void chat_media_find(struct slice object, const char *const *names,
	size_t count, struct slice *out)
{
	for (size_t i = 0; i < count && out->length == 0; i++)
		if (json_find_kind(object, names[i], JSON_KIND_STRING, out) &&
			json_inner(*out).length == 0)
			out->length = 0;
}

static void chat_media_read_object(
	struct chat_media *media, struct slice object)
{
	static const char *const urls[] = { "url", "image_url", "file_url",
		"uri", "file_uri", "fileUri" };
	static const char *const data[] = { "data", "base64", "file_data" };
	static const char *const ids[] = { "file_id", "fileId" };
	static const char *const mimes[] = { "mime_type", "mimeType",
		"media_type", "mediaType" };
	static const char *const names[] = { "filename", "title", "name" };

	chat_media_find(object, urls, COUNT(urls), &media->url);
	chat_media_find(object, data, COUNT(data), &media->data);
	chat_media_find(object, ids, COUNT(ids), &media->id);
	chat_media_find(object, mimes, COUNT(mimes), &media->mime);
	chat_media_find(object, names, COUNT(names), &media->name);
}

/* Is the data the text itself? */
static bool chat_media_is_text(struct slice object)
{
	static const char *const types[] = { "type", "source_type" };
	struct slice type;

	for (size_t i = 0; i < COUNT(types); i++)
		if (json_find_kind(object, types[i], JSON_KIND_STRING, &type) &&
			json_string_is(type, SLICE("text")))
			return true;
	return false;
}

static struct chat_media chat_media_read(struct slice part)
{
	static const char *const inside[] = { "source", "inline_data",
		"inlineData", "file_data", "fileData", "file" };
	struct chat_media media = { .mime.length = 0 };
	bool text = chat_media_is_text(part);
	struct slice object;

	chat_media_read_object(&media, part);
	for (size_t i = 0; i < COUNT(inside); i++) {
		if (!json_find_kind(part, inside[i], JSON_KIND_OBJECT, &object))
			continue;
		chat_media_read_object(&media, object);
		text |= chat_media_is_text(object);
	}
	json_find_kind(part, "text", JSON_KIND_STRING, &media.text);
	if (text && media.text.length == 0)
		media.text = media.data;
	return media;
}

/* --- written -------------------------------------------------------------- */

static void chat_media_put_name(struct text *out, enum media_kind kind)
{
	static const struct slice names[] = {
		[MEDIA_IMAGE] = { "\"[image]\"", 9 },
		[MEDIA_AUDIO] = { "\"[audio]\"", 9 },
		[MEDIA_FILE] = { "\"[file]\"", 8 },
	};

	chat_parts_put_text(out, names[kind]);
}

/* The data as a data: URL, which it may be already. */
static void chat_media_put_data(
	struct text *out, const struct chat_media *media, const char *mime)
{
	if (media_of(media->data) != MEDIA_NONE) {
		json_put(out, media->data);
		return;
	}
	json_begin_string(out);
	text_string(out, "data:");
	if (media->mime.length > 0)
		text_slice(out, json_inner(media->mime));
	else
		text_string(out, mime);
	text_string(out, ";base64,");
	text_slice(out, json_inner(media->data));
	json_end_string(out);
}

static void chat_media_put_file(
	struct text *out, const struct chat_media *media)
{
	json_begin_object(out);
	json_member_string(out, "type", SLICE("file"));
	json_name(out, "file");
	json_begin_object(out);
	if (media->id.length > 0) {
		json_member(out, "file_id", media->id);
	} else {
		json_name(out, "file_data");
		chat_media_put_data(out, media, "application/pdf");
		json_member(out, "filename",
			media->name.length > 0 ? media->name
					       : SLICE("\"file\""));
	}
	json_end_object(out);
	json_end_object(out);
}

static void chat_media_put_image(
	struct text *out, const struct chat_media *media)
{
	struct text url = { 0 };

	if (media->url.length > 0) {
		chat_parts_put_image(out, media->url);
		return;
	}
	chat_media_put_data(&url, media, "image/png");
	if (!url.failed)
		chat_parts_put_image(out, text_view(&url));
	out->failed |= url.failed;
	text_clear(&url);
}

/* OpenAI takes these two formats. */
static const char *chat_media_format(const struct chat_media *media)
{
	static const struct slice mimes[] = { { "audio/wav", 9 },
		{ "audio/x-wav", 11 }, { "audio/mpeg", 10 },
		{ "audio/mp3", 9 } };
	static const char *const formats[] = { "wav", "wav", "mp3", "mp3",
		NULL };

	return media->mime.length == 0 || media->data.length == 0
		       ? NULL
		       : formats[json_string_among(
				 media->mime, mimes, COUNT(mimes))];
}

static void chat_media_put_audio(
	struct text *out, const struct chat_media *media)
{
	const char *format = chat_media_format(media);

	if (format == NULL) {
		chat_media_put_name(out, MEDIA_AUDIO);
		return;
	}
	json_begin_object(out);
	json_member_string(out, "type", SLICE("input_audio"));
	json_name(out, "input_audio");
	json_begin_object(out);
	json_member(out, "data", media->data);
	json_member_string(out, "format", slice_of(format));
	json_end_object(out);
	json_end_object(out);
}

/* It has a member of its type's name, which is an object. */
bool chat_media_is_openais(struct slice part)
{
	static const char *const types[] = { "image_url", "input_audio",
		"file" };
	struct slice type, object;

	for (size_t i = 0; i < COUNT(types); i++)
		if (json_find_kind(part, "type", JSON_KIND_STRING, &type) &&
			json_string_is(type, slice_of(types[i])))
			return json_find_kind(
				part, types[i], JSON_KIND_OBJECT, &object);
	return false;
}

/* LangChain's text-plain is a file that is a text. */
static enum media_kind chat_media_kind(struct slice part)
{
	struct slice type;

	return json_find_kind(part, "type", JSON_KIND_STRING, &type) &&
			       json_string_is(type, SLICE("text-plain"))
		       ? MEDIA_FILE
		       : media_of(part);
}

bool chat_media_put(struct text *out, struct slice part, bool users)
{
	const enum media_kind kind = chat_media_kind(part);
	struct chat_media media;

	if (kind == MEDIA_NONE || json_kind(part) != JSON_KIND_OBJECT)
		return false;
	media = chat_media_read(part);
	if (media.text.length > 0)
		chat_parts_put_text(out, media.text);
	else if (users && chat_media_is_openais(part))
		json_put(out, part);
	else if (users && kind == MEDIA_AUDIO)
		chat_media_put_audio(out, &media);
	else if (users && kind == MEDIA_IMAGE &&
		 media.url.length + media.data.length > 0)
		chat_media_put_image(out, &media);
	else if (users && media.id.length + media.data.length > 0)
		chat_media_put_file(out, &media);
	else
		chat_media_put_name(out, kind);
	return true;
}

void chat_media_put_base64(struct text *out, struct slice data)
{
	static const struct {
		const char *begins;
		struct slice mime;
	} images[] = {
		{ "iVBOR", { "\"image/png\"", 11 } },
		{ "R0lGOD", { "\"image/gif\"", 11 } },
		{ "UklGR", { "\"image/webp\"", 12 } },
		{ "", { "\"image/jpeg\"", 12 } },
	};
	const struct slice inner = json_inner(data);
	struct chat_media media = { .data = data };
	size_t i = 0, length;

	while ((length = strlen(images[i].begins)) > inner.length ||
		memcmp(inner.data, images[i].begins, length) != 0)
		i++;
	media.mime = images[i].mime;
	chat_media_put_image(out, &media);
}
