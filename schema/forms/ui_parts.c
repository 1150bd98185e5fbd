/* SPDX-License-Identifier: MIT */
/* ui_parts.c - the messages of a chat that a UIMessage is. */
#include "schema/forms/ui_parts.h"

#include <stdlib.h>

#include "schema/forms/chat_parts.h"
#include "schema/forms/ui_called.h"
#include "schema/json/value.h"
#include "schema/json/write.h"
#include "schema/message/media.h"

static bool ui_parts_is(struct slice part, const char *type)
{
	struct slice name;

	return json_find_kind(part, "type", JSON_KIND_STRING, &name) &&
	       json_string_is(name, slice_of(type));
}

bool ui_parts_is_tool(struct slice part, struct ui_tool *tool)
{
	struct slice type = SLICE("\"\""), name = SLICE("\"\"");
	const size_t prefix = sizeof("tool-") - 1;

	json_find_kind(part, "type", JSON_KIND_STRING, &type);
	type = json_inner(type);
	if (!json_find_kind(part, "toolCallId", JSON_KIND_STRING, &tool->id) ||
		!json_find_kind(part, "state", JSON_KIND_STRING, &tool->state))
		return false;
	if (slice_is(type, "dynamic-tool")) {
		json_find_kind(part, "toolName", JSON_KIND_STRING, &name);
		tool->name = json_inner(name);
		return true;
	}
	if (type.length <= prefix ||
		!slice_equal(
			(struct slice){ type.data, prefix }, SLICE("tool-")))
		return false;
	tool->name = (struct slice){ type.data + prefix, type.length - prefix };
	return true;
}

/* Where the result stands; NULL: there is none yet. */
static const char *ui_parts_result(const struct ui_tool *tool)
{
	if (json_string_is(tool->state, SLICE("output-available")))
		return "output";
	if (json_string_is(tool->state, SLICE("output-error")))
		return "errorText";
	return json_string_is(tool->state, SLICE("output-denied")) ? "" : NULL;
}

bool ui_parts_has_result(struct slice part, struct ui_tool *tool)
{
	return ui_parts_is_tool(part, tool) && ui_parts_result(tool) != NULL;
}

/* --- content ------------------------------------------------------------ */

/* Texts and, unless an assistant says them, files. */
static size_t ui_parts_count(struct slice parts, const char *type)
{
	struct json_walk walk = json_walk(parts);
	struct slice part;
	size_t count = 0;

	while (json_next_element(&walk, &part))
		count += ui_parts_is(part, type);
	return count;
}

static void ui_parts_put_other_file(
	struct text *out, struct slice part, struct slice url)
{
	struct slice name;

	json_begin_object(out);
	json_member_string(out, "type", SLICE("file"));
	json_name(out, "file");
	json_begin_object(out);
	json_member(out, "file_data", url);
	if (json_find_kind(part, "filename", JSON_KIND_STRING, &name))
		json_member(out, "filename", name);
	json_end_object(out);
	json_end_object(out);
}

/* An assistant says no media in a chat: they are named. */
static void ui_parts_put_file(
	struct text *out, struct slice part, enum message_type type)
{
	struct slice url = SLICE("\"\"");
	const bool image = media_of(part) == MEDIA_IMAGE;

	json_find_kind(part, "url", JSON_KIND_STRING, &url);
	if (type != MESSAGE_HUMAN)
		chat_parts_put_text(out,
			image ? SLICE("\"[image]\"") : SLICE("\"[file]\""));
	else if (image)
		chat_parts_put_image(out, url);
	else
		ui_parts_put_other_file(out, part, url);
}

static void ui_parts_put_array(
	struct text *out, struct slice parts, enum message_type type)
{
	struct json_walk walk = json_walk(parts);
	struct slice part, text;

	json_begin_array(out);
	while (json_next_element(&walk, &part))
		if (ui_parts_is(part, "file"))
			ui_parts_put_file(out, part, type);
		else if (ui_parts_is(part, "text") &&
			 json_find_kind(part, "text", JSON_KIND_STRING, &text))
			chat_parts_put_text(out, text);
	json_end_array(out);
}

/* The texts of the parts of this type, one after the other. */
static void ui_parts_put_texts(
	struct text *out, struct slice parts, const char *type)
{
	struct json_walk walk = json_walk(parts);
	struct slice part, text;

	json_begin_string(out);
	while (json_next_element(&walk, &part))
		if (ui_parts_is(part, type) &&
			json_find_kind(part, "text", JSON_KIND_STRING, &text))
			text_slice(out, json_inner(text));
	json_end_string(out);
}

static void ui_parts_put_content(
	struct text *out, struct slice parts, enum message_type type)
{
	if (ui_parts_count(parts, "file") > 0 ||
		(type != MESSAGE_SYSTEM && ui_parts_count(parts, "text") > 1))
		ui_parts_put_array(out, parts, type);
	else
		ui_parts_put_texts(out, parts, "text");
}

/* --- steps -------------------------------------------------------------- */

static void ui_parts_put_name(struct text *out, const struct ui_tool *tool)
{
	json_name(out, "name");
	json_begin_string(out);
	text_slice(out, tool->name);
	json_end_string(out);
}

static void ui_parts_put_call(struct text *out, struct slice part,
	const struct ui_tool *tool, const struct ui_called *called)
{
	struct slice input = SLICE("null");

	if (!json_find(part, "input", &input) ||
		json_kind(input) == JSON_KIND_NULL)
		json_find(part, "rawInput", &input);
	json_begin_object(out);
	ui_parts_put_name(out, tool);
	json_name(out, "args");
	if (json_kind(input) == JSON_KIND_OBJECT) {
		json_put(out, input);
	} else {
		json_begin_object(out);
		if (json_kind(input) != JSON_KIND_NULL)
			json_member(out, "input", input);
		json_end_object(out);
	}
	ui_called_put_id(out, "id", called);
	json_member_string(out, "type", SLICE("tool_call"));
	json_end_object(out);
}

static void ui_parts_put_calls(struct text *out, struct slice step)
{
	struct ui_called *called = ui_called_find(step);
	struct json_walk walk = json_walk(step);
	struct ui_tool tool;
	struct slice part;
	size_t count = 0;

	out->failed |= called == NULL;
	while (called != NULL && json_next_element(&walk, &part)) {
		if (!ui_parts_has_result(part, &tool))
			continue;
		if (count == 0) {
			json_name(out, "tool_calls");
			json_begin_array(out);
		}
		ui_parts_put_call(out, part, &tool, &called[count++]);
	}
	if (count > 0)
		json_end_array(out);
	free(called);
}

void ui_parts_put_data(
	struct text *out, struct slice step, enum message_type type)
{
	json_begin_object(out);
	json_name(out, "content");
	ui_parts_put_content(out, step, type);
	if (type == MESSAGE_AI)
		ui_parts_put_calls(out, step);
	if (ui_parts_count(step, "reasoning") > 0) {
		json_name(out, "additional_kwargs");
		json_begin_object(out);
		json_name(out, "reasoning_content");
		ui_parts_put_texts(out, step, "reasoning");
		json_end_object(out);
	}
	json_end_object(out);
}

static void ui_parts_put_result(struct text *out, struct slice part,
	const struct ui_tool *tool, const struct ui_called *called)
{
	const char *member = ui_parts_result(tool);
	struct slice output = SLICE("\"Tool call execution denied.\"");
	const bool good = slice_is(slice_of(member), "output");

	json_find(part, member, &output);
	json_begin_object(out);
	json_name(out, "content");
	if (json_kind(output) == JSON_KIND_STRING)
		json_put(out, output);
	else
		json_put_string(out, output);
	ui_parts_put_name(out, tool);
	ui_called_put_id(out, "tool_call_id", called);
	json_member_string(
		out, "status", good ? SLICE("success") : SLICE("error"));
	json_end_object(out);
}

/* A message while its parts are visited. */
struct ui_parts_visiting {
	int (*visit)(void *context, const struct message *part);
	void *context;
	struct text step; /* an array of parts */
	struct text data;
	size_t count; /* of visits */
};

static int ui_parts_hand_on(
	struct ui_parts_visiting *ui, enum message_type type)
{
	const struct message message = {
		.form = MESSAGE_STORED,
		.type = type,
		.body = text_view(&ui->data),
	};

	if (ui->data.failed)
		return -1;
	ui->count++;
	return ui->visit(ui->context, &message);
}

static int ui_parts_visit_results(
	struct ui_parts_visiting *ui, struct slice step)
{
	struct ui_called *called = ui_called_find(step);
	struct json_walk walk = json_walk(step);
	struct ui_tool tool;
	struct slice part;
	int result = called == NULL ? -1 : 0;

	for (size_t at = 0; result == 0 && json_next_element(&walk, &part);) {
		if (!ui_parts_has_result(part, &tool))
			continue;
		ui->data.length = 0;
		ui_parts_put_result(&ui->data, part, &tool, &called[at++]);
		result = ui_parts_hand_on(ui, MESSAGE_TOOL);
	}
	free(called);
	return result;
}

/* Is there something that a chat has? */
static bool ui_parts_says(struct slice step)
{
	static const char *const types[] = { "text", "file", "reasoning" };
	struct json_walk walk = json_walk(step);
	struct ui_tool tool;
	struct slice part;

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (ui_parts_count(step, types[i]) > 0)
			return true;
	while (json_next_element(&walk, &part))
		if (ui_parts_has_result(part, &tool))
			return true;
	return false;
}

/* Visits what was gathered of a step, and begins the next. */
static int ui_parts_end_step(
	struct ui_parts_visiting *ui, enum message_type type, bool last)
{
	const bool needed = last && ui->count == 0;
	int result = 0;

	json_end_array(&ui->step);
	if (ui->step.failed)
		return -1;
	if (needed || ui_parts_says(text_view(&ui->step))) {
		ui->data.length = 0;
		ui_parts_put_data(&ui->data, text_view(&ui->step), type);
		result = ui_parts_hand_on(ui, type);
		if (result == 0 && type == MESSAGE_AI)
			result = ui_parts_visit_results(
				ui, text_view(&ui->step));
	}
	ui->step.length = 0;
	json_begin_array(&ui->step);
	return result;
}

int ui_parts_visit(const struct message *message,
	int (*visit)(void *context, const struct message *part), void *context)
{
	struct ui_parts_visiting ui = { .visit = visit, .context = context };
	struct slice parts = SLICE("[]"), part;
	struct json_walk walk;
	int result = 0;

	json_find(message->body, "parts", &parts);
	walk = json_walk(parts);
	json_begin_array(&ui.step);
	while (result == 0 && json_next_element(&walk, &part))
		if (ui_parts_is(part, "step-start"))
			result = ui_parts_end_step(&ui, message->type, false);
		else
			json_put(&ui.step, part);
	if (result == 0)
		result = ui_parts_end_step(&ui, message->type, true);
	text_clear(&ui.step);
	text_clear(&ui.data);
	return result;
}
