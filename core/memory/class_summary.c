/* SPDX-License-Identifier: MIT */
/*
 * class_summary.c - LangChain's ConversationSummaryMemory: the history as a
 * summary, which grows with each turn.
 *
 * LangChain summarises while it saves and forgets the summary with its
 * object.  Here it is made behind the turn and kept with the session; until
 * it has caught up the messages that it lacks are shown after it.
 */
#include "core/memory/summarise.h"

/* The turns to be summarised next, whole, but not too many at once. */
struct summary_batch {
	int64_t budget; /* tokens */
	int64_t last;	/* message that was looked at */
	int64_t upto;	/* but for a question that nothing follows yet; 0 */
};

static int summary_add_to_batch(
	void *context, const struct memory_message *message)
{
	struct summary_batch *batch = context;
	const bool full = batch->last != 0 && batch->budget < message->tokens;

	batch->budget -= message->tokens;
	/* A question waits for what is said to it. */
	batch->upto =
		full || message->type[0] == 'h' ? batch->last : message->seq;
	batch->last = message->seq;
	return full;
}

static int summary_reflect(struct memory *memory)
{
	const struct memory_host *host = memory->host;
	struct memory_state state;
	struct summary_batch batch = {
		.budget = host->setting(memory, "max_token_limit").number,
	};

	if (host->state(memory, &state) ||
		host->each(memory, state.seq, 0, summary_add_to_batch, &batch))
		return MEMORY_FAILED;
	if (batch.upto == 0)
		return MEMORY_DONE;
	return memory_summarise(memory, &state, batch.upto);
}

/* Of nothing there is an empty summary; before the first one there is none. */
static int summary_has(
	struct memory *memory, const struct memory_state *state, bool *has)
{
	const struct memory_host *host = memory->host;
	int64_t newest;

	if (host->back(memory, 0, 1, &newest))
		return MEMORY_FAILED;
	*has = state->seq > 0 || newest == host->last_seq(memory);
	return MEMORY_DONE;
}

static int summary_load_variables(struct memory *memory)
{
	const struct memory_host *host = memory->host;
	struct memory_range range = MEMORY_ALL;
	struct memory_state state;
	bool has;

	if (host->state(memory, &state) || summary_has(memory, &state, &has) ||
		host->variable(
			memory, host->setting(memory, "memory_key").text))
		return MEMORY_FAILED;
	range.after = state.seq;
	range.bare = true;
	if (has)
		range.front = (struct slice){
			state.bytes.length > 0 ? state.bytes.data : "",
			state.bytes.length,
		};
	return host->history(memory, &range);
}

const struct memory_class memory_summary = {
	.interface = MEMORY_INTERFACE,
	.name = "summary",
	.options = "max_token_limit",
	.needs = MEMORY_COMPLETE,
	.check = memory_summarise_check,
	.load_variables = summary_load_variables,
	.reflect = summary_reflect,
	.show = memory_summary_show,
	.correct = memory_summary_correct,
};
