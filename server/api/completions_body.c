/* SPDX-License-Identifier: MIT */
/*
 * completions_body.c - what the upstream is asked: the history and what is
 * new, in the body that the client sent.
 */
#include "server/api/completions_body.h"

#include "core/chain/chain.h"
#include "core/history/pairs.h"
#include "schema/error.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

static void completions_body_put_list(struct text *out,
	const struct message_list *list, size_t at, size_t end)
{
	for (; at < end; at++)
		json_put(out, list->items[at].body);
}

/* Adds what is the client's own, from its end; a history comes behind it. */
static int completions_body_pair_own(
	struct pairs *pairs, const struct completions_question *question)
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
static int completions_body_put_own(struct text *out,
	const struct completions_question *question, struct error *error)
{
	const struct history_overlap *overlap = &question->overlap;
	struct pairs pairs = { .closed = true };
	int result = completions_body_pair_own(&pairs, question);

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
			json_put(out, shown.body);
	}
	pairs_clear(&pairs);
	return result ? error_out_of_memory(error) : 0;
}

static bool completions_body_is_system(struct slice message)
{
	static const struct slice roles[] = { { "system", 6 },
		{ "developer", 9 } };
	struct slice role;

	return json_find_kind(message, "role", JSON_KIND_STRING, &role) &&
	       json_string_among(role, roles, 2) < 2;
}

/* Puts the history, and the client's own behind its system messages. */
static int completions_body_put_history(struct text *out,
	const struct completions_question *question, struct slice history,
	struct error *error)
{
	struct json_walk walk = json_walk(history);
	struct slice message;
	bool begun = false;

	while (json_next_element(&walk, &message)) {
		if (!begun && !completions_body_is_system(message)) {
			begun = true;
			if (completions_body_put_own(out, question, error))
				return -1;
		}
		json_put(out, message);
	}
	return begun ? 0 : completions_body_put_own(out, question, error);
}

static int completions_body_write_messages(
	const struct completions_question *question, struct text *out,
	struct error *error)
{
	const struct history_overlap *overlap = &question->overlap;
	const struct message_list *list = question->list;
	struct text history = { 0 };
	int result;

	json_begin_array(&history);
	result = chain_history(question->variables, &history, error);
	json_end_array(&history);
	json_begin_array(out);
	completions_body_put_list(out, list, 0, overlap->leading);
	if (result == 0)
		result = history.failed
				 ? error_out_of_memory(error)
				 : completions_body_put_history(out, question,
					   text_view(&history), error);
	completions_body_put_list(out, list, overlap->known, list->count);
	json_end_array(out);
	text_clear(&history);
	return result;
}

/*
 * Writes the metadata without the session's name, which is ours; writes nothing
 * if it had no other member.
 */
static void completions_body_write_metadata(
	struct text *out, struct slice name, struct slice metadata)
{
	struct text rest = { 0 };
	struct slice key, value;
	struct json_walk walk;

	if (json_kind(metadata) != JSON_KIND_OBJECT ||
		!json_find(metadata, "session_id", &value)) {
		json_member_json(out, name, metadata);
		return;
	}
	walk = json_walk(metadata);
	json_begin_object(&rest);
	while (json_next_member(&walk, &key, &value))
		if (!json_string_is(key, SLICE("session_id")))
			json_member_json(&rest, key, value);
	json_end_object(&rest);
	if (rest.length > 2)
		json_member_json(out, name, text_view(&rest));
	out->failed = out->failed || rest.failed;
	text_clear(&rest);
}

/* Writes the client's body with other messages, and without what is ours. */
static int completions_body_write_all(struct slice body, struct slice messages,
	struct text *out, struct error *error)
{
	struct json_walk walk = json_walk(body);
	struct slice name, value;

	json_begin_object(out);
	while (json_next_member(&walk, &name, &value)) {
		if (json_string_is(name, SLICE("messages")))
			json_member_json(out, name, messages);
		else if (json_string_is(name, SLICE("metadata")))
			completions_body_write_metadata(out, name, value);
		else
			json_member_json(out, name, value);
	}
	json_end_object(out);
	return out->failed ? error_out_of_memory(error) : 0;
}

int completions_body_write(const struct completions_question *question,
	struct text *out, struct error *error)
{
	struct text messages = { 0 };
	int result =
		completions_body_write_messages(question, &messages, error);

	if (result == 0 && messages.failed)
		result = error_out_of_memory(error);
	if (result == 0)
		result = completions_body_write_all(
			question->body, text_view(&messages), out, error);
	text_clear(&messages);
	return result;
}
