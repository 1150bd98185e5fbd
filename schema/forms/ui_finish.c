/* SPDX-License-Identifier: MIT */
/* ui_finish.c - results become part of the calls before them. */
#include "schema/forms/ui_parts.h"
#include "schema/forms/ui_write.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

/* A message, and the results that follow it. */
struct ui_finish_turn {
	struct slice message;	  /* empty: none */
	struct json_walk results; /* consecutive elements of one array */
};

static struct slice ui_finish_parts(struct slice message)
{
	struct slice parts = SLICE("[]");

	json_find(message, "parts", &parts);
	return parts;
}

/* The part of a result alone. */
static struct slice ui_finish_part(struct slice result)
{
	struct json_walk walk = json_walk(ui_finish_parts(result));
	struct slice part = SLICE("{}");

	json_next_element(&walk, &part);
	return part;
}

static bool ui_finish_is_result(struct slice message)
{
	struct slice role;

	return json_find_kind(message, "role", JSON_KIND_STRING, &role) &&
	       json_string_is(role, SLICE("tool"));
}

/* Is the part a call that waits, and is this its result? */
static bool ui_finish_meets(struct slice part, struct slice result)
{
	struct ui_tool call, answer;

	return ui_parts_is_tool(part, &call) &&
	       json_string_is(call.state, SLICE("input-available")) &&
	       ui_parts_is_tool(ui_finish_part(result), &answer) &&
	       json_string_compare(call.id, answer.id) == 0;
}

static bool ui_finish_find_result(
	struct json_walk results, struct slice part, struct slice *found)
{
	while (json_next_element(&results, found))
		if (ui_finish_meets(part, *found))
			return true;
	return false;
}

static bool ui_finish_has_call(struct slice message, struct slice result)
{
	struct json_walk walk;
	struct slice part;

	if (message.length == 0)
		return false;
	walk = json_walk(ui_finish_parts(message));
	while (json_next_element(&walk, &part))
		if (ui_finish_meets(part, result))
			return true;
	return false;
}

/* The call with the state and the output of its result. */
static void ui_finish_put_answered(
	struct text *out, struct slice call, struct slice result)
{
	static const char *const members[] = { "state", "output", "errorText" };
	struct json_walk walk = json_walk(call);
	struct slice name, value;

	json_begin_object(out);
	while (json_next_member(&walk, &name, &value))
		if (!json_string_is(name, SLICE("state")))
			json_member_json(out, name, value);
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
		if (json_find(ui_finish_part(result), members[i], &value))
			json_member(out, members[i], value);
	json_end_object(out);
}

static void ui_finish_put_parts(
	struct text *out, const struct ui_finish_turn *turn)
{
	struct json_walk walk = json_walk(ui_finish_parts(turn->message));
	struct slice part, result;

	json_begin_array(out);
	while (json_next_element(&walk, &part))
		if (ui_finish_find_result(turn->results, part, &result))
			ui_finish_put_answered(out, part, result);
		else
			json_put(out, part);
	json_end_array(out);
}

/* The message with another value of one member. */
static void ui_finish_put_message(
	struct text *out, const struct ui_finish_turn *turn)
{
	struct json_walk walk = json_walk(turn->message);
	struct slice name, value;

	json_begin_object(out);
	while (json_next_member(&walk, &name, &value)) {
		json_name_json(out, name);
		if (json_string_is(name, SLICE("parts")))
			ui_finish_put_parts(out, turn);
		else if (ui_finish_is_result(turn->message) &&
			 json_string_is(name, SLICE("role")))
			json_put_string(out, SLICE("assistant"));
		else
			json_put(out, value);
	}
	json_end_object(out);
}

static void ui_finish_put_turn(
	struct text *out, const struct ui_finish_turn *turn)
{
	struct json_walk walk = turn->results;
	struct ui_finish_turn alone = { 0 };

	if (turn->message.length > 0 && walk.at == walk.end)
		json_put(out, turn->message);
	else if (turn->message.length > 0)
		ui_finish_put_message(out, turn);
	while (json_next_element(&walk, &alone.message))
		if (!ui_finish_has_call(turn->message, alone.message))
			ui_finish_put_message(out, &alone);
}

void ui_write_finish(struct text *out, size_t begun)
{
	struct text whole = { 0 };
	struct ui_finish_turn turn = { 0 };
	struct json_walk walk;
	struct slice element;

	json_begin_array(&whole);
	text_append(&whole, out->data + begun, out->length - begun);
	json_end_array(&whole);
	out->failed |= whole.failed;
	if (out->failed) {
		text_clear(&whole);
		return;
	}
	out->length = begun;
	walk = json_walk(text_view(&whole));
	while (json_next_element(&walk, &element)) {
		if (!ui_finish_is_result(element)) {
			ui_finish_put_turn(out, &turn);
			turn = (struct ui_finish_turn){ .message = element };
			continue;
		}
		if (turn.results.at == turn.results.end)
			turn.results.at = element.data;
		turn.results.end = walk.at;
	}
	ui_finish_put_turn(out, &turn);
	text_clear(&whole);
}
