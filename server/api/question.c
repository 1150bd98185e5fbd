/* SPDX-License-Identifier: MIT */
/* question.c - what a model is asked: the history, and what is new. */
#include "server/api/question.h"

#include "core/history/pairs.h"
#include "schema/error.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

static void question_put_list(const struct question *question, struct text *out,
	size_t at, size_t end)
{
	for (; at < end; at++)
		question->put(out, question->list->items[at].body);
}

/* Adds what is the client's own, from its end; a history comes behind it. */
static int question_pair_own(
	struct pairs *pairs, const struct question *question)
{
	const struct history_overlap *overlap = &question->overlap;
	int64_t tokens;

	for (size_t at = overlap->own_end; at > overlap->own_first; at--) {
		const struct message_row row = {
			.message = question->list->items[at - 1],
			.seq = (int64_t)at,
		};

		if (pairs_add(pairs, &row, &tokens))
			return -1;
	}
	return 0;
}

/*
 * Puts what is the client's own.  A part of what it sent may have calls whose
 * results are in the history, and a model takes none without the other.
 */
static int question_put_own(
	struct text *out, const struct question *question, struct error *error)
{
	const struct history_overlap *overlap = &question->overlap;
	struct pairs pairs = { .closed = true };
	int result = question_pair_own(&pairs, question);

	for (size_t at = pairs.count; result == 0 && at > 0; at--) {
		const size_t place = (size_t)pairs.items[at - 1].seq - 1;
		const struct pairs_view view = pairs_view_of(
			&pairs, at - 1, (int64_t)overlap->own_first + 1);
		struct message shown;

		if (view.shown == PAIRS_NOTHING)
			continue;
		result = pairs_show(
			&pairs, &view, &question->list->items[place], &shown);
		if (result == 0)
			question->put(out, shown.body);
	}
	pairs_clear(&pairs);
	return result ? error_out_of_memory(error) : 0;
}

static bool question_is_system(struct slice message)
{
	static const struct slice roles[] = { { "system", 6 },
		{ "developer", 9 } };
	struct slice role;

	return json_find_kind(message, "role", JSON_KIND_STRING, &role) &&
	       json_string_among(role, roles, 2) < 2;
}

/* Puts the history, and the client's own behind its system messages. */
static int question_put_history(struct text *out,
	const struct question *question, struct slice history,
	struct error *error)
{
	struct json_walk walk = json_walk(history);
	struct slice message;
	bool begun = false;

	while (json_next_element(&walk, &message)) {
		if (!begun && !question_is_system(message)) {
			begun = true;
			if (question_put_own(out, question, error))
				return -1;
		}
		question->put(out, message);
	}
	return begun ? 0 : question_put_own(out, question, error);
}

static int question_put_all(struct text *out, const struct question *question,
	struct slice history, struct error *error)
{
	const struct history_overlap *overlap = &question->overlap;

	json_begin_array(out);
	question_put_list(question, out, 0, overlap->leading);
	if (question_put_history(out, question, history, error))
		return -1;
	question_put_list(question, out, overlap->known, question->list->count);
	json_end_array(out);
	return out->failed ? error_out_of_memory(error) : 0;
}

int question_write(
	const struct question *question, struct text *out, struct error *error)
{
	struct text history = { 0 };
	int result;

	json_begin_array(&history);
	result = question->put_history(question->variables, &history, error);
	json_end_array(&history);
	if (result == 0)
		result = history.failed ? error_out_of_memory(error)
					: question_put_all(out, question,
						  text_view(&history), error);
	text_clear(&history);
	return result;
}
