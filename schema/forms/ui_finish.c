/* SPDX-License-Identifier: MIT */
/* ui_finish.c - results become part of the calls before them. */
#include <stdlib.h>

#include "schema/forms/ui_parts.h"
#include "schema/forms/ui_write.h"
#include "schema/json/value.h"
#include "schema/json/write.h"
#include "schema/message/call_ids.h"

/* A result; those of one id follow each other. */
struct ui_finish_result {
	struct slice id; /* a JSON string */
	struct slice part;
	size_t taken; /* of these and those that follow, by calls of its id */
};

/* A message, and the results that follow it. */
struct ui_finish_turn {
	struct slice message;	  /* empty: none */
	struct json_walk results; /* consecutive elements of one array */
	/* These, sorted by their ids; there is room for a whole array. */
	struct ui_finish_result *sorted;
	size_t count;
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

/* --- which belong together ------------------------------------------------ */

static int ui_finish_by_id(const void *a, const void *b)
{
	const struct ui_finish_result *one = a, *other = b;
	const int order = json_string_compare(one->id, other->id);

	return order ? order
		     : (one->part.data > other->part.data) -
			       (one->part.data < other->part.data);
}

static void ui_finish_sort(struct ui_finish_turn *turn)
{
	struct json_walk walk = turn->results;
	struct ui_finish_result *sorted = turn->sorted;
	struct slice message;
	struct ui_tool tool;

	while (json_next_element(&walk, &message)) {
		const struct slice part = ui_finish_part(message);

		if (ui_parts_is_tool(part, &tool))
			sorted[turn->count++] =
				(struct ui_finish_result){ .id = tool.id,
					.part = part };
	}
	qsort(sorted, turn->count, sizeof(*sorted), ui_finish_by_id);
}

/* The first of the tool's id; NULL: there is none. */
static struct ui_finish_result *ui_finish_find(
	const struct ui_finish_turn *turn, const struct ui_tool *tool)
{
	size_t low = 0, high = turn->count;

	while (low < high) {
		const size_t middle = (low + high) / 2;

		if (json_string_compare(turn->sorted[middle].id, tool->id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == turn->count ||
		json_string_compare(turn->sorted[low].id, tool->id) != 0)
		return NULL;
	return &turn->sorted[low];
}

/* The next of these, for another call. */
static struct ui_finish_result *ui_finish_take(
	const struct ui_finish_turn *turn, struct ui_finish_result *first)
{
	struct ui_finish_result *next = first + first->taken;

	if (next == turn->sorted + turn->count ||
		json_string_compare(next->id, first->id) != 0)
		return NULL;
	first->taken++;
	return next;
}

/* NULL: the part is no call that waits, or has no result. */
static const struct ui_finish_result *ui_finish_answer(
	const struct ui_finish_turn *turn, struct slice part)
{
	struct ui_finish_result *first = NULL;
	struct ui_tool call;

	if (ui_parts_is_tool(part, &call) &&
		json_string_is(call.state, SLICE("input-available")))
		first = ui_finish_find(turn, &call);
	return first != NULL ? ui_finish_take(turn, first) : NULL;
}

/* Has a call of the message this result, or another of its id? */
static bool ui_finish_is_met(
	const struct ui_finish_turn *turn, struct slice result)
{
	const struct ui_finish_result *found = NULL;
	struct ui_tool tool;

	if (ui_parts_is_tool(ui_finish_part(result), &tool))
		found = ui_finish_find(turn, &tool);
	return found != NULL && found->taken > 0;
}

/* --- written -------------------------------------------------------------- */

/* The call with the state and the output of its result. */
static void ui_finish_put_answered(
	struct text *out, struct slice call, struct slice answer)
{
	static const char *const members[] = { "state", "output", "errorText" };
	struct slice value;

	json_begin_object(out);
	json_members_but(out, call, "state");
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
		if (json_find(answer, members[i], &value))
			json_member(out, members[i], value);
	json_end_object(out);
}

static void ui_finish_put_parts(
	struct text *out, const struct ui_finish_turn *turn)
{
	struct json_walk walk = json_walk(ui_finish_parts(turn->message));
	const struct ui_finish_result *answer;
	struct slice part;

	json_begin_array(out);
	while (json_next_element(&walk, &part)) {
		answer = ui_finish_answer(turn, part);
		if (answer == NULL) {
			json_put(out, part);
			continue;
		}
		ui_finish_put_answered(out, part, answer->part);
	}
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

static void ui_finish_put_turn(struct text *out, struct ui_finish_turn *turn)
{
	struct json_walk walk = turn->results;
	struct ui_finish_turn alone = { 0 };

	if (turn->message.length > 0 && walk.at == walk.end)
		json_put(out, turn->message);
	else if (turn->message.length > 0) {
		ui_finish_sort(turn);
		ui_finish_put_message(out, turn);
	}
	while (json_next_element(&walk, &alone.message))
		if (!ui_finish_is_met(turn, alone.message))
			ui_finish_put_message(out, &alone);
}

/* Writes the elements of the array. */
static void ui_finish_put_all(
	struct text *out, struct slice array, struct ui_finish_result *room)
{
	struct ui_finish_turn turn = { .sorted = room };
	struct json_walk walk = json_walk(array);
	struct slice element;

	while (json_next_element(&walk, &element)) {
		if (!ui_finish_is_result(element)) {
			ui_finish_put_turn(out, &turn);
			turn = (struct ui_finish_turn){ .message = element,
				.sorted = room };
			continue;
		}
		if (turn.results.at == turn.results.end)
			turn.results.at = element.data;
		turn.results.end = walk.at;
	}
	ui_finish_put_turn(out, &turn);
}

void ui_write_finish(struct text *out, size_t begun)
{
	struct text whole = { 0 };
	struct ui_finish_result *room = NULL;

	call_ids_finish(out, begun);
	json_begin_array(&whole);
	text_append(&whole, out->data + begun, out->length - begun);
	json_end_array(&whole);
	if (!whole.failed)
		room = calloc(json_count(text_view(&whole)) + 1, sizeof(*room));
	out->failed |= room == NULL;
	if (!out->failed) {
		out->length = begun;
		ui_finish_put_all(out, text_view(&whole), room);
	}
	free(room);
	text_clear(&whole);
}
