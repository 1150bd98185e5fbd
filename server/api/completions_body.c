/* SPDX-License-Identifier: MIT */
/*
 * completions_body.c - what the upstream is asked: the history and what is
 * new, in the body that the client sent.
 */
#include "server/api/completions_body.h"

#include "schema/error.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

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

int completions_body_write(
	const struct question *question, struct text *out, struct error *error)
{
	struct text messages = { 0 };
	int result = question_write(question, &messages, error);

	if (result == 0)
		result = completions_body_write_all(
			question->body, text_view(&messages), out, error);
	text_clear(&messages);
	return result;
}
