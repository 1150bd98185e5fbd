/* SPDX-License-Identifier: MIT */
/*
 * class_run.c - a question of a memory class becomes a call, and its answer an
 * answer.
 */
#include "core/memory/run.h"
#include "schema/json/value.h"
#include "schema/json/write.h"
#include "schema/llm/completion.h"
#include "server/api/handlers.h"
#include "server/upstream/upstream.h"

static void class_run_write_input(struct text *out,
	const struct memories *memories, const struct llm_question *ask)
{
	json_begin_object(out);
	json_member_string(out, "model", slice_of(memories->embedding_model));
	json_member_string(out, "input", ask->text);
	json_end_object(out);
}

static void class_run_write_prompt(struct text *out,
	const struct memories *memories, const struct llm_question *ask)
{
	json_begin_object(out);
	json_member_string(out, "model", slice_of(memories->model));
	json_name(out, "messages");
	json_begin_array(out);
	json_begin_object(out);
	json_member_string(out, "role", SLICE("user"));
	json_member_string(out, "content", ask->text);
	json_end_object(out);
	json_end_array(out);
	json_end_object(out);
}

static void class_run_write_question(struct text *out,
	const struct memories *memories, const struct llm_question *ask)
{
	if (ask->kind == MEMORY_EMBED)
		class_run_write_input(out, memories, ask);
	else
		class_run_write_prompt(out, memories, ask);
}

void reply_ask(struct reply *reply, const struct memories *memories,
	const struct llm_replay *replay)
{
	reply->next = NEXT_WRITE;
	text_slice(&reply->continuation, text_view(&replay->next));
	if (replay->ask.kind == 0)
		return;
	reply->next = NEXT_CALL;
	reply->call.path = replay->ask.kind == MEMORY_EMBED
				   ? "/embeddings"
				   : "/chat/completions";
	class_run_write_question(&reply->call.body, memories, &replay->ask);
}

/* Finds the first vector of an answer, an array of numbers. */
static bool class_run_find_vector(struct slice answer, struct slice *vector)
{
	struct slice list, first, number;
	struct json_walk walk;

	if (json_kind(answer) != JSON_KIND_OBJECT ||
		!json_find(answer, "data", &list) ||
		json_kind(list) != JSON_KIND_ARRAY)
		return false;
	walk = json_walk(list);
	if (!json_next_element(&walk, &first) ||
		json_kind(first) != JSON_KIND_OBJECT ||
		!json_find(first, "embedding", vector) ||
		json_kind(*vector) != JSON_KIND_ARRAY)
		return false;
	walk = json_walk(*vector);
	while (json_next_element(&walk, &number))
		if (json_kind(number) != JSON_KIND_NUMBER)
			return false;
	return json_count(*vector) > 0;
}

static int class_run_read_vector(struct text *buf, struct slice came,
	struct slice *vector, struct error *error)
{
	static const struct json_limits limits = { .depth = 8,
		.values = 1000000 };
	struct json_scratch scratch = { 0 };
	struct error why = { 0 };
	const int result = json_scan_copy(buf, came, &limits, &scratch, &why);

	json_scratch_clear(&scratch);
	if (why.code == ERROR_UNAVAILABLE)
		return error_out_of_memory(error);
	if (result == 0 && class_run_find_vector(text_view(buf), vector))
		return 0;
	return error_set(error, ERROR_UPSTREAM,
		"the language model gave no embedding but %.*s",
		SLICE_SHORT(came));
}

int request_answer(const struct request *request, struct text *buf,
	struct slice *answer, struct error *error)
{
	struct slice came;

	*answer = (struct slice){ 0 };
	if (request->next != NEXT_CALL || request->answer == NULL)
		return 0;
	came = text_view(&request->answer->body);
	if (llm_replay_asked(request->continuation) == MEMORY_EMBED)
		return class_run_read_vector(buf, came, answer, error);
	if (completion_read(COMPLETION_CHAT, came, buf, error))
		return -1;
	*answer = completion_content(text_view(buf));
	return 0;
}
