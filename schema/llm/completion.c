/* SPDX-License-Identifier: MIT */
/* completion.c - what a model server answers. */
#include "schema/llm/completion.h"

#include <string.h>

#include "schema/error.h"
#include "schema/json/write.h"

static const struct json_limits limits = { .depth = 64, .values = 1000000 };

static int completion_refuse(struct slice answer, struct error *error)
{
	return error_set(error, ERROR_UPSTREAM,
		"the upstream answered what is no completion: %.*s",
		SLICE_SHORT(answer));
}

/* Makes `buf` the compact text of what came. */
static int completion_scan(struct slice came, struct json_scratch *scratch,
	struct text *buf, struct error *error)
{
	struct error why = { 0 };

	if (json_scan_copy(buf, came, &limits, scratch, &why) == 0)
		return 0;
	return why.code == ERROR_UNAVAILABLE ? error_out_of_memory(error)
					     : completion_refuse(came, error);
}

/* The choice that counts; a server may send others besides. */
static bool completion_first_choice(struct slice answer, struct slice *choice)
{
	struct slice choices, index;
	struct json_walk walk;

	if (!json_find_kind(answer, "choices", JSON_KIND_ARRAY, &choices))
		return false;
	walk = json_walk(choices);
	while (json_next_element(&walk, choice))
		if (json_kind(*choice) == JSON_KIND_OBJECT &&
			(!json_find(*choice, "index", &index) ||
				slice_is(index, "0")))
			return true;
	return false;
}

/* --- the message ------------------------------------------------------ */

static int completion_write_message(
	struct text *out, struct slice message, struct error *error)
{
	struct slice value = { 0 };

	if (!json_find_kind(message, "role", JSON_KIND_STRING, &value) ||
		!json_string_is(value, SLICE("assistant")))
		return completion_refuse(message, error);
	json_put(out, message);
	return out->failed ? error_out_of_memory(error) : 0;
}

static int completion_write_text(
	struct text *out, struct slice content, struct error *error)
{
	json_begin_object(out);
	json_member_string(out, "role", SLICE("assistant"));
	json_member(out, "content", content);
	json_end_object(out);
	return out->failed ? error_out_of_memory(error) : 0;
}

static int completion_read_choice(enum completion_kind kind,
	struct slice answer, struct text *message, struct error *error)
{
	struct slice choice, value;

	if (!completion_first_choice(answer, &choice))
		return completion_refuse(answer, error);
	if (kind == COMPLETION_CHAT &&
		json_find_kind(choice, "message", JSON_KIND_OBJECT, &value))
		return completion_write_message(message, value, error);
	if (kind == COMPLETION_TEXT &&
		json_find_kind(choice, "text", JSON_KIND_STRING, &value))
		return completion_write_text(message, value, error);
	return completion_refuse(answer, error);
}

int completion_read(enum completion_kind kind, struct slice answer,
	struct text *message, struct error *error)
{
	struct json_scratch scratch = { 0 };
	struct text buf = { 0 };
	int result = completion_scan(answer, &scratch, &buf, error);

	if (result == 0)
		result = completion_read_choice(
			kind, text_view(&buf), message, error);
	json_scratch_clear(&scratch);
	text_clear(&buf);
	return result;
}

struct slice completion_content(struct slice message)
{
	struct slice content;

	return json_find_kind(message, "content", JSON_KIND_STRING, &content)
		       ? content
		       : SLICE("\"\"");
}

void completion_write_said(struct text *out, struct slice message)
{
	struct slice parts = SLICE("[]"), refusal = SLICE("\"\""), part, text;
	struct json_walk walk;
	size_t begun;

	json_find_kind(message, "content", JSON_KIND_ARRAY, &parts);
	json_begin_string(out);
	begun = out->length;
	text_slice(out, json_inner(completion_content(message)));
	walk = json_walk(parts);
	while (json_next_element(&walk, &part))
		if (json_find_kind(part, "text", JSON_KIND_STRING, &text))
			text_slice(out, json_inner(text));
	json_find_kind(message, "refusal", JSON_KIND_STRING, &refusal);
	if (out->length == begun)
		text_slice(out, json_inner(refusal));
	json_end_string(out);
}

/* --- streams ---------------------------------------------------------- */

static int completion_read_error(struct slice data, struct error *error)
{
	struct slice value, message;

	if (!json_find(data, "error", &value) ||
		json_kind(value) == JSON_KIND_NULL)
		return 0;
	if (json_find_kind(value, "message", JSON_KIND_STRING, &message))
		value = json_inner(message);
	return error_set(error, ERROR_UPSTREAM, "the upstream broke off: %.*s",
		SLICE_SHORT(value));
}

static void completion_look_at_choice(
	struct completion *completion, struct slice choice, struct slice *delta)
{
	struct slice inside = choice, reason, said;

	if (json_find(choice, "finish_reason", &reason) &&
		json_kind(reason) != JSON_KIND_NULL)
		completion->finished = true;
	if (completion->kind == COMPLETION_TEXT)
		json_find_kind(choice, "text", JSON_KIND_STRING, delta);
	else if (json_find_kind(choice, "delta", JSON_KIND_OBJECT, &inside))
		json_find_kind(inside, "content", JSON_KIND_STRING, delta);
	if (delta->length <= 2 &&
		json_find_kind(inside, "refusal", JSON_KIND_STRING, &said))
		*delta = said;
}

/* Numbers a choice that has no index: the sum must know it again. */
static int completion_number(
	struct text *json, struct slice *choice, struct error *error)
{
	static const char index[] = "\"index\":0,";
	const size_t size = sizeof(index) - 1;
	const size_t at = (size_t)(choice->data + 1 - json->data);
	struct slice given;

	if (json_find(*choice, "index", &given) || choice->length == 2)
		return 0;
	text_append(json, index, size);
	if (json->failed)
		return error_out_of_memory(error);
	memmove(json->data + at + size, json->data + at,
		json->length - size - at);
	memcpy(json->data + at, index, size);
	*choice = (struct slice){ json->data + at - 1, choice->length + size };
	return 0;
}

static int completion_read_event(
	void *context, struct slice data, struct error *error)
{
	struct completion *completion = context;
	struct completion_event event = { .data = data };
	struct slice choice, json;

	if (completion->done)
		return 0;
	if (slice_is(data, "[DONE]")) {
		completion->done = event.last = true;
		return completion->visit(completion->context, &event, error);
	}
	if (completion_scan(
		    data, &completion->scratch, &completion->buf, error))
		return -1;
	json = text_view(&completion->buf);
	if (json_kind(json) != JSON_KIND_OBJECT)
		return completion_refuse(data, error);
	if (completion_read_error(json, error))
		return -1;
	/* The event with the usage has no choices. */
	if (completion_first_choice(json, &choice)) {
		if (completion_number(&completion->buf, &choice, error))
			return -1;
		completion_look_at_choice(completion, choice, &event.delta);
	}
	if (json_delta_add(&completion->sum, text_view(&completion->buf)))
		return error_out_of_memory(error);
	return completion->visit(completion->context, &event, error);
}

int completion_stream(
	struct completion *completion, struct slice bytes, struct error *error)
{
	return sse_read(&completion->sse, bytes, completion_read_event,
		completion, error);
}

/* The delta of the first choice, or its text; NULL: there was none. */
static const struct json_delta *completion_find_answer(
	const struct completion *completion)
{
	const bool chat = completion->kind == COMPLETION_CHAT;
	const struct json_delta *at =
		json_delta_member(&completion->sum, SLICE("choices"));

	if (at != NULL)
		at = json_delta_element(at, SLICE("0"));
	if (at != NULL)
		at = json_delta_member(
			at, chat ? SLICE("delta") : SLICE("text"));
	return at;
}

/* Not every server says whose message it is. */
static int completion_write_delta(
	struct text *out, struct slice delta, struct error *error)
{
	struct text whole = { 0 };
	struct slice role;
	int result;

	if (json_kind(delta) != JSON_KIND_OBJECT ||
		json_find(delta, "role", &role))
		return completion_write_message(out, delta, error);
	json_begin_object(&whole);
	json_member_string(&whole, "role", SLICE("assistant"));
	if (delta.length > 2)
		json_put(&whole, json_inner(delta));
	json_end_object(&whole);
	result = whole.failed ? error_out_of_memory(error)
			      : completion_write_message(
					out, text_view(&whole), error);
	text_clear(&whole);
	return result;
}

int completion_message(const struct completion *completion,
	struct text *message, struct error *error)
{
	const struct json_delta *answer = completion_find_answer(completion);
	struct text buf = { 0 };
	int result;

	if (answer == NULL || !(completion->done || completion->finished))
		return error_set(error, ERROR_UPSTREAM,
			"the upstream's stream was cut off");
	json_delta_write(&buf, answer, false);
	if (buf.failed)
		result = error_out_of_memory(error);
	else if (completion->kind == COMPLETION_CHAT)
		result =
			completion_write_delta(message, text_view(&buf), error);
	else
		result = completion_write_text(message, text_view(&buf), error);
	text_clear(&buf);
	return result;
}

void completion_write_chunk(
	struct text *out, const struct completion *completion)
{
	json_delta_write(out, &completion->sum, true);
}

void completion_clear(struct completion *completion)
{
	sse_clear(&completion->sse);
	json_scratch_clear(&completion->scratch);
	text_clear(&completion->buf);
	json_delta_clear(&completion->sum);
	*completion = (struct completion){ 0 };
}
