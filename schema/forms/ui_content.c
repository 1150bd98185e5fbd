/* SPDX-License-Identifier: MIT */
/* ui_content.c - a content as parts of a UIMessage. */
#include "schema/forms/ui_content.h"

#include <string.h>

#include "schema/json/value.h"
#include "schema/json/write.h"
#include "schema/message/media.h"

void ui_content_put_text(struct text *out, const char *type, struct slice text)
{
	json_begin_object(out);
	json_member_string(out, "type", slice_of(type));
	json_member(out, "text", text);
	json_end_object(out);
}

/* --- files -------------------------------------------------------------- */

/* Where a medium says its URL: in a member, or in that of a member. */
static const struct {
	const char *outer; /* NULL: at the top */
	const char *inner;
} ui_content_urls[] = {
	{ "image_url", "url" },
	{ "file", "file_data" },
	{ "video_url", "url" },
	{ "audio_url", "url" },
	{ NULL, "image_url" },
	{ NULL, "file_data" },
	{ NULL, "file_url" },
	{ NULL, "url" },
};

bool ui_content_find_url(struct slice part, struct slice *url)
{
	struct slice outer;

	for (size_t i = 0;
		i < sizeof(ui_content_urls) / sizeof(*ui_content_urls); i++) {
		const char *name = ui_content_urls[i].outer;

		outer = part;
		if ((name == NULL || json_find_kind(part, name,
					     JSON_KIND_OBJECT, &outer)) &&
			json_find_kind(outer, ui_content_urls[i].inner,
				JSON_KIND_STRING, url))
			return true;
	}
	return false;
}

static bool ui_content_begins(struct slice text, const char *prefix)
{
	const size_t length = strlen(prefix);

	return text.length > length && memcmp(text.data, prefix, length) == 0;
}

/* The MIME type of a data: URL; empty: it is none, or says nothing. */
static struct slice ui_content_mime(struct slice url)
{
	const size_t prefix = sizeof("data:") - 1;
	struct slice mime = { url.data + prefix, 0 };

	if (!ui_content_begins(url, "data:"))
		return (struct slice){ 0 };
	while (prefix + mime.length < url.length &&
		strchr(";,", url.data[prefix + mime.length]) == NULL)
		mime.length++;
	return mime;
}

static const char *ui_content_kind(enum media_kind kind)
{
	if (kind == MEDIA_IMAGE)
		return "image/*";
	return kind == MEDIA_AUDIO ? "audio/*" : "application/octet-stream";
}

/* Is it a file that the SDK can read? */
static bool ui_content_put_file(struct text *out, struct slice part)
{
	const enum media_kind kind = media_of(part);
	struct text decoded = { 0 };
	struct slice url, mime;
	bool known;

	if (kind == MEDIA_NONE || !ui_content_find_url(part, &url))
		return false;
	json_decode(&decoded, url);
	mime = ui_content_mime(text_view(&decoded));
	known = ui_content_begins(text_view(&decoded), "data:") ||
		ui_content_begins(text_view(&decoded), "https://") ||
		ui_content_begins(text_view(&decoded), "http://");
	if (known) {
		json_begin_object(out);
		json_member_string(out, "type", SLICE("file"));
		json_member_string(out, "mediaType",
			mime.length > 0 ? mime
					: slice_of(ui_content_kind(kind)));
		json_member(out, "url", url);
		json_end_object(out);
	}
	out->failed |= decoded.failed;
	text_clear(&decoded);
	return known;
}

/* --- parts -------------------------------------------------------------- */

/* Parts that are text, or a thought: by type, and where that stands. */
static const struct {
	const char *type;
	const char *member;
	const char *becomes;
} ui_content_texts[] = {
	{ "text", "text", "text" },
	{ "input_text", "text", "text" },
	{ "output_text", "text", "text" },
	{ "refusal", "refusal", "text" },
	{ "thinking", "thinking", "reasoning" },
	{ "reasoning", "reasoning", "reasoning" },
	{ "reasoning", "text", "reasoning" },
};

static bool ui_content_put_said(struct text *out, struct slice part)
{
	struct slice type, text;

	if (!json_find_kind(part, "type", JSON_KIND_STRING, &type))
		return false;
	for (size_t i = 0;
		i < sizeof(ui_content_texts) / sizeof(*ui_content_texts); i++)
		if (json_string_is(type, slice_of(ui_content_texts[i].type)) &&
			json_find_kind(part, ui_content_texts[i].member,
				JSON_KIND_STRING, &text)) {
			ui_content_put_text(
				out, ui_content_texts[i].becomes, text);
			return true;
		}
	return false;
}

static void ui_content_put_part(struct text *out, struct slice part)
{
	if (json_kind(part) == JSON_KIND_STRING) {
		ui_content_put_text(out, "text", part);
	} else if (!ui_content_put_said(out, part) &&
		   !ui_content_put_file(out, part)) {
		json_begin_object(out);
		json_member_string(out, "type", SLICE("data-part"));
		json_member(out, "data", part);
		json_end_object(out);
	}
}

void ui_content_write(struct text *out, struct slice content, bool needed)
{
	struct json_walk walk = json_walk(content);
	struct slice part;

	if (json_kind(content) == JSON_KIND_STRING) {
		if (needed || !slice_is(content, "\"\""))
			ui_content_put_text(out, "text", content);
		return;
	}
	if (needed && (json_kind(content) != JSON_KIND_ARRAY ||
			      json_count(content) == 0))
		ui_content_put_text(out, "text", SLICE("\"\""));
	while (json_kind(content) == JSON_KIND_ARRAY &&
		json_next_element(&walk, &part))
		ui_content_put_part(out, part);
}
