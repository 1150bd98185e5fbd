/* SPDX-License-Identifier: MIT */
/*
 * llm_replay.c - classes that ask, by being run again.
 *
 * The first run fixes up to which message the session is looked at.  Each
 * answer is kept with its question, in order.  Where a later run asks
 * something else, because the session was changed, the answers from there on
 * are dropped and asked for anew.  So a result is always made of what is
 * there when it is written.
 */
#include "core/memory/llm_replay.h"

#include <assert.h>

#include "core/memory/class_run.h"
#include "core/memory/continuation.h"
#include "core/memory/host.h"
#include "schema/json/value.h"

#define QUESTIONS_MAX 300 /* of one piece of work */

void llm_replay_clear(struct llm_replay *replay)
{
	text_clear(&replay->next);
	text_clear(&replay->asked);
	*replay = (struct llm_replay){ 0 };
}

/* The fields of its continuation. */
#define SESSION	  "memory.session"   /* what was looked at */
#define UPTO	  "memory.upto"	     /* the seq of its newest message */
#define QUESTIONS "memory.questions" /* in all runs */
#define KIND	  "memory.kind"	     /* of what is asked now; none: nothing */
#define ASKED	  "memory.asked"     /* its text */
#define QUESTION  "memory.question"  /* a text that was asked before, */
#define ANSWER	  "memory.answer"    /* and the answer to it, which follows */

enum memory_question llm_replay_asked(struct slice continuation)
{
	return (enum memory_question)continuation_number(continuation, KIND);
}

static void llm_replay_add_pair(
	struct text *out, struct slice question, struct slice answer)
{
	continuation_put(out, QUESTION, question);
	continuation_put(out, ANSWER, answer);
}

/* The next question with its answer, taken off. */
static bool llm_replay_next_pair(
	struct slice *rest, struct slice *question, struct slice *answer)
{
	struct continuation_field first, second;

	if (!continuation_next(rest, &first) ||
		!continuation_next(rest, &second) ||
		!slice_is(first.name, QUESTION) ||
		!slice_is(second.name, ANSWER))
		return false;
	*question = first.bytes;
	*answer = second.bytes;
	return true;
}

/* The answers that the runs before had, and the one to what the last asked. */
static void llm_replay_gather_answers(
	const struct llm_replay *replay, struct text *answers)
{
	struct slice rest = replay->continuation;
	struct continuation_field field;

	while (continuation_next(&rest, &field))
		if (slice_is(field.name, QUESTION) ||
			slice_is(field.name, ANSWER))
			continuation_put(answers,
				slice_is(field.name, ANSWER) ? ANSWER
							     : QUESTION,
				field.bytes);
	if (replay->answer.length > 0)
		llm_replay_add_pair(answers,
			continuation_find(replay->continuation, ASKED),
			replay->answer);
}

int llm_replay_begin(struct memory_run *run)
{
	const struct llm_replay *replay = run->scope->replay;
	const struct session *session = run->session;
	struct slice continuation;
	int64_t upto;

	run->upto = session->as_of ? INT64_MAX - 1 : session->last_seq;
	if (run->scope->before > 0 && run->upto >= run->scope->before)
		run->upto = run->scope->before - 1;
	if (replay == NULL || replay->continuation.length == 0)
		return 0;
	continuation = replay->continuation;
	run->questions = continuation_number(continuation, QUESTIONS);
	if (continuation_number(continuation, SESSION) != session->id)
		return 0;
	upto = continuation_number(continuation, UPTO);
	if (upto < run->upto)
		run->upto = upto;
	llm_replay_gather_answers(replay, run->answers);
	return run->answers->failed ? error_out_of_memory(run->error) : 0;
}

/* Writes the answers that were used, and the question of now. */
int llm_replay_end(struct memory_run *run)
{
	struct llm_replay *replay = run->scope->replay;
	struct text *next = &replay->next;

	assert(next->length == 0);
	continuation_put_number(next, SESSION, run->session->id);
	continuation_put_number(next, UPTO, run->upto);
	continuation_put_number(next, QUESTIONS, run->questions);
	text_append(next, run->answers->data, run->used);
	if (replay->ask.kind != 0) {
		continuation_put_number(next, KIND, (int64_t)replay->ask.kind);
		continuation_put(next, ASKED, text_view(&replay->asked));
		replay->ask.text = text_view(&replay->asked);
	}
	return next->failed || replay->asked.failed
		       ? error_out_of_memory(run->error)
		       : 0;
}

/* The next answer, if it is to this text. */
static bool llm_replay_use_answer(
	struct memory_run *run, struct slice text, struct slice *answer)
{
	struct slice rest = text_view(run->answers), question;

	if (rest.length == 0)
		return false;
	rest.data += run->used;
	rest.length -= run->used;
	if (!llm_replay_next_pair(&rest, &question, answer) ||
		!slice_equal(question, text))
		return false;
	run->used = run->answers->length - rest.length;
	return true;
}

static int llm_replay_question(
	struct class_run *self, enum memory_question kind, struct slice text)
{
	struct memory_run *run = self->run;
	struct llm_replay *replay = run->scope->replay;

	if (replay == NULL)
		return self->memory.host->fail(&self->memory,
			"it may ask in load_variables and reflect only");
	if (++run->questions > QUESTIONS_MAX)
		return self->memory.host->fail(&self->memory,
			"it asks more than %d questions", QUESTIONS_MAX);
	replay->ask.kind = kind;
	text_slice(&replay->asked, text);
	return class_run_again(self);
}

int memory_host_ask(struct memory *memory, enum memory_question kind,
	struct slice text, struct slice *answer)
{
	struct class_run *self = class_run_of(memory);
	struct text *decoded;

	if (!memory->host->answers(memory, kind))
		return class_run_no_upstream(self, kind);
	if (!slice_is_utf8(text))
		return memory->host->fail(memory, "what it asks is not UTF-8");
	if (!llm_replay_use_answer(self->run, text, answer))
		return llm_replay_question(self, kind, text);
	if (kind == MEMORY_EMBED)
		return MEMORY_DONE;
	decoded = memory->host->text(memory);
	json_decode(decoded, *answer);
	*answer = text_view(decoded);
	return decoded->failed ? class_run_out_of_memory(self) : MEMORY_DONE;
}
