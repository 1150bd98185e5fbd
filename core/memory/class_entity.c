/* SPDX-License-Identifier: MIT */
/*
 * class_entity.c - LangChain's EntityMemory: what is known of the names.
 *
 * LangChain updates, when it saves, the entities that its last load found;
 * here each turn is gone through with the names of its own question.
 */
#include "core/memory/memory.h"
#include "core/memory/prompts.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

#define UNKNOWN	   SLICE("No current information known.")
#define NAMES_MOST 50 /* of an answer, which may be anything */

static bool entity_is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct slice entity_trim(struct slice text)
{
	while (text.length > 0 && entity_is_space(text.data[0])) {
		text.data++;
		text.length--;
	}
	while (text.length > 0 && entity_is_space(text.data[text.length - 1]))
		text.length--;
	return text;
}

/* Takes the next name off a list with commas between. */
static bool entity_next_name(struct slice *list, struct slice *name)
{
	while (list->length > 0) {
		size_t end = 0;

		while (end < list->length && list->data[end] != ',')
			end++;
		*name = entity_trim((struct slice){ list->data, end });
		end += end < list->length;
		list->data += end;
		list->length -= end;
		if (name->length > 0)
			return true;
	}
	return false;
}

static struct slice entity_first_names(struct slice list)
{
	struct slice rest = list, name;

	for (int i = 0; i < NAMES_MOST && entity_next_name(&rest, &name); i++)
		;
	list.length -= rest.length;
	return list;
}

/* The entities are {"name":"summary",…}, or nothing yet. */
static bool entity_find(
	struct slice entities, struct slice wanted, struct slice *summary)
{
	struct json_walk walk;
	struct slice name;

	if (entities.length == 0)
		return false;
	walk = json_walk(entities);
	while (json_next_member(&walk, &name, summary))
		if (json_string_is(name, wanted))
			return true;
	return false;
}

static struct slice entity_look_up(
	struct memory *memory, struct slice entities, struct slice name)
{
	struct slice summary;

	return entity_find(entities, name, &summary)
		       ? memory->host->value_text(memory, summary)
		       : UNKNOWN;
}

/* The entities with one more, or with a newer summary of one; UTF-8. */
static struct slice entity_with(struct memory *memory, struct slice entities,
	struct slice name, struct slice summary)
{
	struct text *out = memory->host->text(memory);
	struct slice member, value;
	struct json_walk walk;

	json_begin_object(out);
	if (entities.length > 0) {
		walk = json_walk(entities);
		while (json_next_member(&walk, &member, &value))
			if (!json_string_is(member, name))
				json_member_json(out, member, value);
	}
	json_name_utf8(out, name);
	json_put_string(out, summary);
	json_end_object(out);
	return text_view(out);
}

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
		*answer = entity_trim(*answer);
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
		*names = slice_is(*names, "NONE") ? SLICE("")
						  : entity_first_names(*names);
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

	while (entity_next_name(&names, &name)) {
		struct text *prompt = memory->host->text(memory);
		int result;

		if (entity_fill_summarization(memory, turn, name,
			    entity_look_up(memory, *entities, name), prompt))
			return MEMORY_FAILED;
		result = entity_ask(memory, prompt, &answer);
		if (result != MEMORY_DONE)
			return result;
		if (answer.length > 0 && !slice_is(answer, "UNCHANGED"))
			*entities =
				entity_with(memory, *entities, name, answer);
	}
	return MEMORY_DONE;
}

static int entity_reflect(struct memory *memory)
{
	const struct memory_host *host = memory->host;
	struct entity_turn turn = { .said = host->text(memory) };
	struct entity_search search = { memory, &turn };
	struct memory_state state;
	struct slice before, names;
	int result;

	if (host->state(memory, &state) ||
		host->each(memory, state.seq, 0, entity_find_turn, &search))
		return MEMORY_FAILED;
	/* A question waits for its answer. */
	if (turn.first == 0 || turn.last < turn.first)
		return MEMORY_DONE;
	if (entity_recent_lines(memory, turn.first, &before) ||
		entity_recent_lines(memory, turn.last + 1, &turn.lines))
		return MEMORY_FAILED;
	result = entity_extract(memory, before, host->view(turn.said), &names);
	if (result == MEMORY_DONE)
		result = entity_learn(memory, &turn, names, &state.bytes);
	if (result != MEMORY_DONE)
		return result;
	state.seq = turn.last;
	return host->keep(memory, &state);
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

	while (entity_next_name(&list, &name))
		shown = entity_with(memory, shown, name,
			entity_look_up(memory, entities, name));
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
	if (result != MEMORY_DONE)
		return result;
	range.last = k < INT64_MAX / 4 ? 2 * k : -1;
	if (host->variable(memory, entity_history_key(memory)) ||
		host->history(memory, &range) ||
		host->variable(memory, entity_entities_key(memory)))
		return MEMORY_FAILED;
	return entity_show(memory, state.bytes, found);
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
};
