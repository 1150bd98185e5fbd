/* SPDX-License-Identifier: MIT */
/*
 * class_entity.c - LangChain's EntityMemory: what is known of the names.
 *
 * LangChain updates, when it saves, the entities that its last load found;
 * here each turn is gone through with the names of its own question.
 */
#include "core/memory/entities.h"
#include "core/memory/prompts.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

#define TURNS_MOST 4 /* that a load goes through; the rest is behind */

/* --- what the model is asked --------------------------------------------- */

/* The lines of the newest k turns below `before`. */
static int entity_recent_lines(
	struct memory *memory, int64_t before, struct slice *lines)
{
	const struct memory_host *host = memory->host;
	const int64_t k = host->setting(memory, "k").number;
	struct text *out = host->text(memory);
	int64_t after;

	if (host->back(memory, before, k < INT64_MAX / 4 ? 2 * k : INT64_MAX,
		    &after) ||
		host->lines(memory, after, before, out))
		return MEMORY_FAILED;
	*lines = host->view(out);
	return MEMORY_DONE;
}

/* Fills the session's own template, if it has one. */
static int entity_fill(struct memory *memory, const char *setting,
	const char *template, const struct memory_value *values,
	struct text *prompt)
{
	const struct memory_host *host = memory->host;
	const struct memory_setting own = host->setting(memory, setting);

	return host->fill(memory, prompt,
		own.given ? own.text : slice_of(template), values);
}

static int entity_fill_extraction(struct memory *memory, struct slice lines,
	struct slice said, struct text *prompt)
{
	const struct memory_value values[] = {
		{ "history", lines },
		{ "input", said },
		{ .name = NULL },
	};

	return entity_fill(memory, "entity_extraction_prompt",
		memory_extraction_prompt, values, prompt);
}

/* A turn: what was said, and the lines up to its end. */
struct entity_turn {
	int64_t first; /* the human message; 0: there is none */
	int64_t last;
	struct text *said;
	struct slice lines;
};

static int entity_fill_summarization(struct memory *memory,
	const struct entity_turn *turn, struct slice name, struct slice summary,
	struct text *prompt)
{
	const struct memory_value values[] = {
		{ "entity", name },
		{ "summary", summary },
		{ "history", turn->lines },
		{ "input", memory->host->view(turn->said) },
		{ .name = NULL },
	};

	return entity_fill(memory, "entity_summarization_prompt",
		memory_summarization_prompt, values, prompt);
}

static int entity_ask(
	struct memory *memory, struct text *prompt, struct slice *answer)
{
	int result = memory->host->ask(
		memory, MEMORY_COMPLETE, memory->host->view(prompt), answer);

	if (result == MEMORY_DONE)
		*answer = entities_trim(*answer);
	return result;
}

/* The names in what was said after these lines, as a list. */
static int entity_extract(struct memory *memory, struct slice lines,
	struct slice said, struct slice *names)
{
	struct text *prompt = memory->host->text(memory);
	int result;

	if (entity_fill_extraction(memory, lines, said, prompt))
		return MEMORY_FAILED;
	result = entity_ask(memory, prompt, names);
	if (result == MEMORY_DONE)
		*names = slice_is(*names, "NONE")
				 ? SLICE("")
				 : entities_first_names(*names);
	return result;
}

static int entity_check(struct memory *memory)
{
	const struct memory_host *host = memory->host;
	const struct entity_turn none = { .said = host->text(memory) };
	struct text *ignored = host->text(memory);

	return entity_fill_extraction(memory, SLICE(""), SLICE(""), ignored) ||
			       entity_fill_summarization(memory, &none,
				       SLICE(""), SLICE(""), ignored)
		       ? MEMORY_FAILED
		       : MEMORY_DONE;
}

/* --- behind each turn ---------------------------------------------------- */

struct entity_search {
	struct memory *memory;
	struct entity_turn *turn;
};

static int entity_find_turn(void *context, const struct memory_message *message)
{
	const struct entity_search *search = context;
	struct entity_turn *turn = search->turn;

	if (message->type[0] != 'h') {
		turn->last = message->seq;
		return 0;
	}
	if (turn->first != 0)
		return 1;
	turn->first = message->seq;
	search->memory->host->content(search->memory, message, turn->said);
	return 0;
}

/* Goes through the names; *entities becomes what is known then. */
static int entity_learn(struct memory *memory, const struct entity_turn *turn,
	struct slice names, struct slice *entities)
{
	struct slice name, answer;

	while (entities_next_name(&names, &name)) {
		struct text *prompt = memory->host->text(memory);
		int result;

		if (entity_fill_summarization(memory, turn, name,
			    entities_look_up(memory, *entities, name), prompt))
			return MEMORY_FAILED;
		result = entity_ask(memory, prompt, &answer);
		if (result != MEMORY_DONE)
			return result;
		if (answer.length > 0 && !slice_is(answer, "UNCHANGED"))
			*entities =
				entities_with(memory, *entities, name, answer);
	}
	return MEMORY_DONE;
}

/* The state with one turn more; it stays as it is where there is none. */
static int entity_add_turn(struct memory *memory, struct memory_state *state)
{
	const struct memory_host *host = memory->host;
	struct entity_turn turn = { .said = host->text(memory) };
	struct entity_search search = { memory, &turn };
	struct slice before, names;
	int result;

	if (host->each(memory, state->seq, 0, entity_find_turn, &search))
		return MEMORY_FAILED;
	/* A question waits for its answer. */
	if (turn.first == 0 || turn.last < turn.first)
		return MEMORY_DONE;
	if (entity_recent_lines(memory, turn.first, &before) ||
		entity_recent_lines(memory, turn.last + 1, &turn.lines))
		return MEMORY_FAILED;
	result = entity_extract(memory, before, host->view(turn.said), &names);
	if (result == MEMORY_DONE)
		result = entity_learn(memory, &turn, names, &state->bytes);
	if (result == MEMORY_DONE)
		state->seq = turn.last;
	return result;
}

static int entity_reflect(struct memory *memory)
{
	struct memory_state state;
	int64_t seq;
	int result;

	if (memory->host->state(memory, &state))
		return MEMORY_FAILED;
	seq = state.seq;
	result = entity_add_turn(memory, &state);
	if (result != MEMORY_DONE || state.seq == seq)
		return result;
	return memory->host->keep(memory, &state);
}

/*
 * A turn that was saved just now is known, though it is not kept yet: the
 * background asks the same again, and keeps the answer.
 */
static int entity_catch_up(struct memory *memory, struct memory_state *state)
{
	int64_t seq;
	int result;

	for (int i = 0; i < TURNS_MOST; i++) {
		seq = state->seq;
		result = entity_add_turn(memory, state);
		if (result != MEMORY_DONE || state->seq == seq)
			return result;
	}
	return MEMORY_DONE;
}

/* --- what is shown ------------------------------------------------------- */

static struct slice entity_history_key(struct memory *memory)
{
	const struct memory_host *host = memory->host;
	const struct memory_setting own =
		host->setting(memory, "chat_history_key");

	return own.given ? own.text : host->setting(memory, "memory_key").text;
}

static struct slice entity_entities_key(struct memory *memory)
{
	return memory->host->setting(memory, "entities_key").text;
}

static int entity_names(struct memory *memory)
{
	return memory->host->variable(memory, entity_history_key(memory)) ||
			       memory->host->variable(
				       memory, entity_entities_key(memory))
		       ? MEMORY_FAILED
		       : MEMORY_DONE;
}

/* LangChain's getPromptInputKey: the one value that is no variable. */
static int entity_prompt_input(struct memory *memory, struct slice *said)
{
	const struct memory_host *host = memory->host;
	const struct slice inputs = host->inputs(memory);
	struct slice name, value, found = { 0 };
	struct text *names = host->text(memory);
	struct json_walk walk;
	int count = 0;

	if (host->setting(memory, "input_key").given)
		return host->input(memory, said);
	if (inputs.length > 0) {
		walk = json_walk(inputs);
		while (json_next_member(&walk, &name, &value)) {
			if (json_string_is(name, entity_history_key(memory)) ||
				json_string_is(
					name, entity_entities_key(memory)) ||
				json_string_is(name, SLICE("stop")))
				continue;
			found = value;
			text_format(names, "%s%.*s", count > 0 ? ", " : "",
				SLICE_SHORT(json_inner(name)));
			count++;
		}
	}
	if (count == 0)
		return host->refuse(memory,
			"One input key expected, but got 0; POST the input as "
			"the body, as {\"input\":\"Hi!\"}");
	if (count != 1)
		return host->refuse(memory,
			"One input key expected, but got %d; there are: %.*s; "
			"say which as input_key in the query or in the "
			"session's memory",
			count, SLICE_SHORT(text_view(names)));
	*said = found;
	return MEMORY_DONE;
}

/* {"name":"summary",…} of these names. */
static int entity_show(
	struct memory *memory, struct slice entities, struct slice list)
{
	const struct memory_host *host = memory->host;
	struct slice shown = SLICE("{}"), name;

	while (entities_next_name(&list, &name))
		shown = entities_with(memory, shown, name,
			entities_look_up(memory, entities, name));
	return host->json(memory, shown);
}

static int entity_load_variables(struct memory *memory)
{
	const struct memory_host *host = memory->host;
	const int64_t k = host->setting(memory, "k").number;
	struct memory_range range = MEMORY_ALL;
	struct slice said = { 0 }, lines, found;
	struct memory_state state;
	int result;

	if (entity_prompt_input(memory, &said) || host->state(memory, &state) ||
		entity_recent_lines(memory, 0, &lines))
		return MEMORY_FAILED;
	result = entity_extract(
		memory, lines, host->value_text(memory, said), &found);
	if (result == MEMORY_DONE)
		result = entity_catch_up(memory, &state);
	if (result != MEMORY_DONE)
		return result;
	range.last = k < INT64_MAX / 4 ? 2 * k : -1;
	if (host->variable(memory, entity_history_key(memory)) ||
		host->history(memory, &range) ||
		host->variable(memory, entity_entities_key(memory)))
		return MEMORY_FAILED;
	return entity_show(memory, state.bytes, found);
}

/* --- what is kept ------------------------------------------------------- */

static int entity_show_kept(struct memory *memory)
{
	struct text *members = memory->host->text(memory);
	struct memory_state state;

	if (memory->host->state(memory, &state))
		return MEMORY_FAILED;
	json_member(members, "entities",
		state.bytes.length > 0 ? state.bytes : SLICE("{}"));
	return memory->host->show(memory, text_view(members));
}

static int entity_correct(struct memory *memory)
{
	const struct memory_host *host = memory->host;
	struct slice entities, name, summary;
	struct memory_state state;
	struct json_walk walk;

	if (host->correction(memory, "entities", &entities, &state))
		return MEMORY_FAILED;
	if (entities.length == 0)
		return MEMORY_DONE;
	if (json_kind(entities) != JSON_KIND_OBJECT)
		return host->refuse(memory,
			"entities must be an object, not %.*s",
			SLICE_SHORT(entities));
	walk = json_walk(entities);
	while (json_next_member(&walk, &name, &summary))
		if (json_kind(summary) != JSON_KIND_STRING)
			return host->refuse(memory,
				"what is known of %.*s must be a string, not "
				"%.*s",
				SLICE_SHORT(name), SLICE_SHORT(summary));
	state.bytes = entities;
	return host->keep(memory, &state);
}

const struct memory_class memory_entity = {
	.interface = MEMORY_INTERFACE,
	.name = "entity",
	.options = "k",
	.needs = MEMORY_COMPLETE,
	.k = 3,
	.check = entity_check,
	.names = entity_names,
	.load_variables = entity_load_variables,
	.reflect = entity_reflect,
	.show = entity_show_kept,
	.correct = entity_correct,
};
