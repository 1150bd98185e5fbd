/* SPDX-License-Identifier: MIT */
/*
 * class_summary_buffer.c - LangChain's ConversationSummaryBufferMemory: the
 * newest messages that fit into max_token_limit, after a summary of those
 * before.
 *
 * LangChain removes what it has summarised from a list in memory, from its
 * second time on only from a copy of it, so that the same messages are
 * summarised again and again, the summary among them.  Here each message is
 * summarised once, and none is removed.  As in Python the summary itself does
 * not count.  Messages over the limit that are not summarised yet, be it that
 * no model answers, are not shown: a prompt has room for so much.
 */
#include "core/memory/summarise.h"

/* The oldest messages, which do not fit. */
struct summary_buffer_pruned {
	int64_t excess; /* tokens that are still too many */
	int64_t budget; /* for what is summarised at once */
	int64_t upto;
};

/* A result goes with its call. */
static bool summary_buffer_is_result(const struct memory_message *message)
{
	return message->type[0] == 't' || message->type[0] == 'f';
}

/* The tokens there are, or more than can be too many for what is pruned. */
struct summary_buffer_count {
	int64_t limit;
	int64_t tokens;
	int64_t most; /* those of them that one summary may take */
};

static int summary_buffer_add_tokens(
	void *context, const struct memory_message *message)
{
	struct summary_buffer_count *count = context;
	const bool fits = count->most <= count->limit ||
			  summary_buffer_is_result(message);

	if (fits && count->most == count->tokens)
		count->most += message->tokens;
	count->tokens += message->tokens;
	return count->tokens - count->most > count->limit;
}

static int summary_buffer_prune(
	void *context, const struct memory_message *message)
{
	struct summary_buffer_pruned *pruned = context;
	const bool enough = pruned->excess <= 0 || pruned->budget < 0;

	if (pruned->upto != 0 && enough && !summary_buffer_is_result(message))
		return 1;
	pruned->excess -= message->tokens;
	pruned->budget -= message->tokens;
	pruned->upto = message->seq;
	return 0;
}

static int summary_buffer_reflect(struct memory *memory)
{
	const struct memory_host *host = memory->host;
	const int64_t limit = host->setting(memory, "max_token_limit").number;
	struct summary_buffer_pruned pruned = { .budget = limit };
	struct summary_buffer_count count = { .limit = limit };
	struct memory_state state;

	if (host->state(memory, &state) ||
		host->each(memory, state.seq, 0, summary_buffer_add_tokens,
			&count))
		return MEMORY_FAILED;
	pruned.excess = count.tokens - limit;
	if (pruned.excess <= 0)
		return MEMORY_DONE;
	if (host->each(memory, state.seq, 0, summary_buffer_prune, &pruned))
		return MEMORY_FAILED;
	return pruned.upto == 0 ? MEMORY_DONE
				: memory_summarise(memory, &state, pruned.upto);
}

static int summary_buffer_load_variables(struct memory *memory)
{
	const struct memory_host *host = memory->host;
	struct memory_range range = MEMORY_ALL;
	struct memory_state state;

	if (host->state(memory, &state) ||
		host->variable(
			memory, host->setting(memory, "memory_key").text))
		return MEMORY_FAILED;
	range.after = state.seq;
	range.max_tokens = host->setting(memory, "max_token_limit").number;
	if (state.bytes.length > 0)
		range.front = state.bytes;
	return host->history(memory, &range);
}

const struct memory_class memory_summary_buffer = {
	.interface = MEMORY_INTERFACE,
	.name = "summary_buffer",
	.options = "max_token_limit",
	.needs = MEMORY_COMPLETE,
	.check = memory_summarise_check,
	.load_variables = summary_buffer_load_variables,
	.reflect = summary_buffer_reflect,
	.show = memory_summary_show,
	.correct = memory_summary_correct,
};
