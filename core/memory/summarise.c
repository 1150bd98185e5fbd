/* SPDX-License-Identifier: MIT */
/* summarise.c - a summary is made of the last one and new lines. */
#include "core/memory/summarise.h"

#include "core/memory/prompts.h"
#include "schema/json/value.h"
#include "schema/json/write.h"
#include "schema/text.h"

static struct slice summarise_template_of(struct memory *memory)
{
	const struct memory_setting own =
		memory->host->setting(memory, "summary_prompt");

	return own.given ? own.text : slice_of(memory_summary_prompt);
}

int memory_summarise_check(struct memory *memory)
{
	const struct memory_value values[] = {
		{ .name = "summary" },
		{ .name = "new_lines" },
		{ .name = NULL },
	};

	return memory->host->fill(memory, memory->host->text(memory),
		summarise_template_of(memory), values);
}

int memory_summarise(
	struct memory *memory, const struct memory_state *before, int64_t upto)
{
	const struct memory_host *host = memory->host;
	struct text *lines = host->text(memory);
	struct text *prompt = host->text(memory);
	struct memory_value values[] = {
		{ .name = "summary", .value = before->bytes },
		{ .name = "new_lines" },
		{ .name = NULL },
	};
	struct memory_state after = { .seq = upto };
	int result;

	if (host->lines(memory, before->seq, upto + 1, lines))
		return MEMORY_FAILED;
	values[1].value = host->view(lines);
	if (host->fill(memory, prompt, summarise_template_of(memory), values))
		return MEMORY_FAILED;
	result = host->ask(
		memory, MEMORY_COMPLETE, host->view(prompt), &after.bytes);
	if (result != MEMORY_DONE)
		return result;
	/* It would stand for all that it is of. */
	if (after.bytes.length == 0)
		return host->fail(memory, "the summary is empty");
	return host->keep(memory, &after);
}

int memory_summary_show(struct memory *memory)
{
	struct text *members = memory->host->text(memory);
	struct memory_state state;

	if (memory->host->state(memory, &state))
		return MEMORY_FAILED;
	json_member_string(members, "text", state.bytes);
	return memory->host->show(memory, text_view(members));
}

int memory_summary_correct(struct memory *memory)
{
	const struct memory_host *host = memory->host;
	struct text *text = host->text(memory);
	struct memory_state state;
	struct slice value;

	if (host->correction(memory, "text", &value, &state))
		return MEMORY_FAILED;
	if (value.length == 0)
		return MEMORY_DONE;
	if (json_kind(value) != JSON_KIND_STRING || !json_decode(text, value) ||
		text->length == 0)
		return host->refuse(memory,
			"text must be a string with something in it, not %.*s",
			SLICE_SHORT(value));
	state.bytes = text_view(text);
	return host->keep(memory, &state);
}
