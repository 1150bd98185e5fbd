/* SPDX-License-Identifier: MIT */
/*
 * llm_replay.c - classes that ask, by being run again.
 *
 * The first run fixes up to which message the session is looked at.  What was
 * answered is kept with what was asked, in order; where a later run asks
 * something else, because the session was changed, the answers from there on
 * are dropped and asked for anew.  So a result is always made of what is
 * there when it is written.
 */
#include "core/memory/host.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

#define QUESTIONS_MAX 100 /* of one piece of work */

void memory_continuation_clear(struct memory_continuation *script)
{
	text_clear(&script->next);
	text_clear(&script->asked);
	*script = (struct memory_continuation){ 0 };
}

static int64_t llm_replay_number_in(struct slice continuation, const char *name)
{
	struct slice value;
	int64_t number = 0;

	if (json_find(continuation, name, &value))
		json_int64(value, &number);
	return number;
}

enum memory_question memory_continuation_asked(struct slice continuation)
{
	return continuation.length > 0
		       ? (enum memory_question)llm_replay_number_in(
				 continuation, "kind")
		       : 0;
}

static void llm_replay_add_pair(
	struct text *out, struct slice asked, struct slice answer)
{
	json_begin_array(out);
	json_put(out, asked);
	json_put(out, answer);
	json_end_array(out);
}

int memory_continuation_begin(struct memory_run *run)
{
	const struct memory_continuation *script = run->scope->script;
	const struct session *session = run->session;
	struct slice continuation, list, asked;
	int64_t upto;

	run->upto = session->as_of ? INT64_MAX - 1 : session->last_seq;
	if (script == NULL || script->continuation.length == 0)
		return 0;
	continuation = script->continuation;
	run->questions = llm_replay_number_in(continuation, "questions");
	if (llm_replay_number_in(continuation, "session") != session->id)
		return 0;
	upto = llm_replay_number_in(continuation, "upto");
	if (upto < run->upto)
		run->upto = upto;
	json_begin_array(run->answers);
	if (json_find(continuation, "answers", &list))
		text_slice(run->answers, json_inner(list));
	if (script->answer.length > 0 &&
		json_find(continuation, "asked", &asked))
		llm_replay_add_pair(run->answers, asked, script->answer);
	json_end_array(run->answers);
	return run->answers->failed ? error_out_of_memory(run->error) : 0;
}

/* What the answers that were used were, and what is asked now. */
int memory_continuation_end(struct memory_run *run)
{
	struct memory_continuation *script = run->scope->script;
	struct text *next = &script->next;

	json_begin_object(next);
	json_member_number(next, "session", run->session->id);
	json_member_number(next, "upto", run->upto);
	json_member_number(next, "questions", run->questions);
	json_name(next, "answers");
	json_begin_array(next);
	if (run->used > 0)
		text_append(next, run->answers->data + 1, run->used);
	json_end_array(next);
	if (script->ask.kind != 0) {
		json_member_number(next, "kind", (int64_t)script->ask.kind);
		json_member_string(next, "asked", text_view(&script->asked));
		script->ask.text = text_view(&script->asked);
	}
	json_end_object(next);
	return next->failed || script->asked.failed
		       ? error_out_of_memory(run->error)
		       : 0;
}

/* The next pair, if it is about this text. */
static bool llm_replay_use_answer(
	struct memory_run *run, struct slice text, struct slice *answer)
{
	struct json_walk walk, members;
	struct slice pair, asked;

	if (run->answers->length == 0)
		return false;
	walk = json_walk(text_view(run->answers));
	walk.at += run->used + (run->used > 0 && walk.at[run->used] == ',');
	if (!json_next_element(&walk, &pair))
		return false;
	members = json_walk(pair);
	if (!json_next_element(&members, &asked) ||
		!json_next_element(&members, answer) ||
		!json_string_is(asked, text))
		return false;
	run->used = (size_t)(pair.data + pair.length - run->answers->data) - 1;
	return true;
}

static int llm_replay_question(
	struct memory_call *call, enum memory_question kind, struct slice text)
{
	struct memory_run *run = call->run;
	struct memory_continuation *script = run->scope->script;

	if (script == NULL)
		return call->memory.host->fail(&call->memory,
			"it may ask in load_variables and reflect only");
	if (++run->questions > QUESTIONS_MAX)
		return call->memory.host->fail(&call->memory,
			"it asks more than %d questions", QUESTIONS_MAX);
	script->ask.kind = kind;
	text_slice(&script->asked, text);
	return memory_again(call);
}

int memory_no_upstream(struct memory_call *call, enum memory_question kind)
{
	error_describe(call->run->error, ERROR_NOT_CONFIGURED,
		"the memory class \"%s\" needs a language model: give "
		"--llm-url and --llm-%smodel",
		call->class->name, kind == MEMORY_EMBED ? "embedding-" : "");
	return memory_failed(call);
}

int memory_host_ask(struct memory *memory, enum memory_question kind,
	struct slice text, struct slice *answer)
{
	struct memory_call *call = memory_call(memory);
	struct text *decoded;

	if (!memory->host->answers(memory, kind))
		return memory_no_upstream(call, kind);
	if (!slice_is_utf8(text))
		return memory->host->fail(memory, "what it asks is not UTF-8");
	if (!llm_replay_use_answer(call->run, text, answer))
		return llm_replay_question(call, kind, text);
	if (kind == MEMORY_EMBED)
		return MEMORY_DONE;
	decoded = memory->host->text(memory);
	json_decode(decoded, *answer);
	*answer = text_view(decoded);
	return decoded->failed ? memory_no_room(call) : MEMORY_DONE;
}
