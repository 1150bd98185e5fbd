/* SPDX-License-Identifier: MIT */
/*
 * model_members.c - the members of a message that a model is told.
 *
 * A model answers with more than it takes, clients add members of their own,
 * and SDKs write null for what there is not: strict servers refuse all of it.
 * Servers of models that think want thoughts back while calls are answered,
 * and others refuse them elsewhere: only messages from a call to the next
 * question keep what else the model gave.
 */
#include "core/chain/parts.h"

#include "schema/forms/chat_media.h"
#include "schema/forms/chat_parts.h"
#include "schema/forms/openai_calls.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* A message while it is written. */
struct model_members {
	struct slice message;
	struct slice transcript; /* said by a voice; empty: none */
	struct slice images;	 /* Ollama's, of a question; empty: none */
	bool whole;		 /* all that the model gave is told */
	bool acts;		 /* it need not have a text */
};

static bool model_members_is_nothing(struct slice value)
{
	return slice_is(value, "null") || slice_is(value, "[]") ||
	       slice_is(value, "{}") || slice_is(value, "\"\"");
}

static bool model_members_has(struct slice message, const char *name)
{
	struct slice value;

	return json_find(message, name, &value) &&
	       !model_members_is_nothing(value);
}

static bool model_members_is_role(struct slice message, const char *role)
{
	struct slice value;

	return json_find_kind(message, "role", JSON_KIND_STRING, &value) &&
	       json_string_is(value, slice_of(role));
}

/* --- values --------------------------------------------------------------- */

static void model_members_put_present(struct text *out, struct slice value);

/* The members that are not null; `but` is left out, too. */
static void model_members_put_object(
	struct text *out, struct slice object, struct slice but)
{
	struct json_walk walk = json_walk(object);
	struct slice name, value;

	json_begin_object(out);
	while (json_next_member(&walk, &name, &value)) {
		if (json_kind(value) == JSON_KIND_NULL ||
			json_string_is(name, but))
			continue;
		json_name_json(out, name);
		model_members_put_present(out, value);
	}
	json_end_object(out);
}

static void model_members_put_present(struct text *out, struct slice value)
{
	const enum json_kind kind = json_kind(value);
	struct json_walk walk = json_walk(value);
	struct slice element;

	if (kind == JSON_KIND_OBJECT) {
		model_members_put_object(out, value, SLICE(""));
	} else if (kind != JSON_KIND_ARRAY) {
		json_put(out, value);
	} else {
		json_begin_array(out);
		while (json_next_element(&walk, &element))
			model_members_put_present(out, element);
		json_end_array(out);
	}
}

/* The text of a question, if there is any, and Ollama's images. */
static void model_members_put_images(
	struct text *out, struct slice content, struct slice images)
{
	struct json_walk walk = json_walk(images);
	struct slice image;

	json_begin_array(out);
	if (json_kind(content) == JSON_KIND_STRING &&
		!model_members_is_nothing(content))
		chat_parts_put_text(out, content);
	while (json_next_element(&walk, &image))
		if (json_kind(image) == JSON_KIND_STRING)
			chat_media_put_base64(out, image);
	json_end_array(out);
}

static void model_members_put_content(struct text *out,
	const struct model_members *members, struct slice content)
{
	json_name(out, "content");
	if (members->images.length > 0 && json_kind(content) != JSON_KIND_ARRAY)
		model_members_put_images(out, content, members->images);
	else if (!model_members_is_nothing(content))
		model_members_put_present(out, content);
	else if (members->transcript.length > 0)
		json_put(out, members->transcript);
	else if (slice_is(content, "null") && members->acts)
		json_put_null(out);
	else
		json_put_string(out, SLICE(""));
}

/* Where a call stood in a stream is nothing to tell. */
static void model_members_put_calls(struct text *out, struct slice calls)
{
	struct text right = { 0 };
	struct json_walk walk = { 0 };
	struct slice call;

	openai_calls_put(&right, calls);
	if (!right.failed)
		walk = json_walk(text_view(&right));
	json_name(out, "tool_calls");
	json_begin_array(out);
	while (json_next_element(&walk, &call))
		model_members_put_object(out, call, SLICE("index"));
	json_end_array(out);
	out->failed |= right.failed;
	text_clear(&right);
}

/* A voice is told by its id, which its server knows for an hour. */
static void model_members_put_audio(struct text *out, struct slice audio)
{
	struct slice id;

	if (!json_find_kind(audio, "id", JSON_KIND_STRING, &id))
		return;
	json_name(out, "audio");
	json_begin_object(out);
	json_member(out, "id", id);
	json_end_object(out);
}

/* --- messages ------------------------------------------------------------- */

enum model_members_member {
	PLAIN,
	FUNCTION,
	CALLS,
	CONTENT,
	AUDIO,
	NEVER,
	OTHER
};

static enum model_members_member model_members_which(struct slice name)
{
	static const struct slice names[] = { { "role", 4 }, { "name", 4 },
		{ "tool_call_id", 12 }, { "refusal", 7 },
		{ "function_call", 13 }, { "tool_calls", 10 }, { "content", 7 },
		{ "audio", 5 }, { "annotations", 11 }, { "parsed", 6 } };
	static const enum model_members_member members[] = { PLAIN, PLAIN,
		PLAIN, PLAIN, FUNCTION, CALLS, CONTENT, AUDIO, NEVER, NEVER,
		OTHER };

	return members[json_string_among(name, names, COUNT(names))];
}

static void model_members_put(struct text *out,
	const struct model_members *members, struct slice name,
	struct slice value)
{
	switch (model_members_which(name)) {
	case CONTENT:
		model_members_put_content(out, members, value);
		break;
	case CALLS:
		model_members_put_calls(out, value);
		break;
	case FUNCTION:
		json_name_json(out, name);
		openai_calls_put_function(out, value);
		break;
	case AUDIO:
		if (members->transcript.length == 0)
			model_members_put_audio(out, value);
		break;
	case PLAIN:
	case OTHER:
		json_name_json(out, name);
		model_members_put_present(out, value);
		break;
	case NEVER:
		break;
	}
}

/* An empty thought is one: it is asked back like any other. */
static bool model_members_is_told(const struct model_members *members,
	struct slice name, struct slice value)
{
	const enum model_members_member member = model_members_which(name);

	if (member == OTHER && !members->whole)
		return false;
	return member == CONTENT || !model_members_is_nothing(value) ||
	       (json_kind(value) == JSON_KIND_STRING &&
		       json_string_is(name, SLICE("reasoning_content")));
}

static void model_members_look(struct model_members *members)
{
	const struct slice message = members->message;
	struct slice audio = SLICE("null");

	if (model_members_has(message, "audio"))
		json_find(message, "audio", &audio);
	if (model_members_is_role(message, "user") &&
		model_members_has(message, "images"))
		json_find_kind(
			message, "images", JSON_KIND_ARRAY, &members->images);
	if (!model_members_has(message, "content") &&
		json_find_kind(audio, "transcript", JSON_KIND_STRING,
			&members->transcript) &&
		model_members_is_nothing(members->transcript))
		members->transcript.length = 0;
	members->acts = model_members_has(message, "tool_calls") ||
			model_members_has(message, "function_call") ||
			model_members_has(message, "refusal") ||
			(members->transcript.length == 0 &&
				model_members_has(audio, "id"));
}

static void model_members_put_message(
	struct text *out, const struct model_members *members)
{
	struct json_walk walk = json_walk(members->message);
	struct slice name, value;

	json_begin_object(out);
	while (json_next_member(&walk, &name, &value))
		if (model_members_is_told(members, name, value))
			model_members_put(out, members, name, value);
	if (!members->acts && !json_find(members->message, "content", &value))
		model_members_put_content(out, members, SLICE("null"));
	json_end_object(out);
}

/* Does the message, an assistant's, make calls? */
static bool model_members_calls(struct slice message)
{
	return model_members_has(message, "tool_calls") ||
	       model_members_has(message, "function_call");
}

void model_members_write(struct text *out, struct slice messages)
{
	struct json_walk walk = json_walk(messages);
	struct slice message;
	bool working = false; /* since the last question calls were made */

	while (json_next_element(&walk, &message)) {
		const bool answers =
			model_members_is_role(message, "assistant");
		struct model_members members = { .message = message };

		if (model_members_is_role(message, "user"))
			working = false;
		working |= answers && model_members_calls(message);
		members.whole = answers && working;
		model_members_look(&members);
		model_members_put_message(out, &members);
	}
}
