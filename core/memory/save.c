/* SPDX-License-Identifier: MIT */
/*
 * save.c - saveContext: which values are input and output, and what
 * becomes of them.
 */
#include "core/history/history.h"
#include "core/memory/class_run.h"
#include "core/memory/host.h"
#include "schema/forms/parse.h"
#include "schema/json/scan.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

#define SAVE_AROUND 128 /* bytes, or so, of what is written around a value */

/* LangChain's getInputValue and getOutputValue differ in little but words. */
struct save_side {
	const char *word;
	enum message_type type;
	struct slice values;
	const struct text *key; /* NULL: the only member */
	/* LangChain 0.3 adds these to the fields of such a message, in order.
	 */
	const char *defaults[5][2];
};

static bool save_pick(
	const struct save_side *side, struct slice *name, struct slice *value)
{
	struct json_walk walk = json_walk(side->values);

	if (side->key == NULL)
		return json_count(side->values) == 1 &&
		       json_next_member(&walk, name, value);
	while (json_next_member(&walk, name, value))
		if (json_string_is(*name, text_view(side->key)))
			return true;
	return false;
}

/* Is it a message, as they come in without a turn? */
static bool save_is_message(struct slice value)
{
	static const char *const names[] = { "data", "lc", "role", "parts" };
	struct slice member;

	if (json_kind(value) != JSON_KIND_OBJECT)
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (json_find(value, names[i], &member))
			return true;
	return json_find_kind(value, "type", JSON_KIND_STRING, &member) &&
	       message_type_of(json_inner(member)) != 0;
}

/* Another object is taken as message fields; they need a content. */
static bool save_is_usable(struct slice value)
{
	struct slice content = value;

	if (json_kind(value) == JSON_KIND_OBJECT &&
		!json_find(value, "content", &content))
		return save_is_message(value);
	return json_kind(content) == JSON_KIND_STRING ||
	       json_kind(content) == JSON_KIND_ARRAY || save_is_message(value);
}

/* LangChain's words, and how to heed them. */
static int save_refuse_keys(const struct save_side *side, struct error *error)
{
	struct json_walk walk = json_walk(side->values);
	const size_t count = json_count(side->values);
	struct slice name, value, first = { 0 };
	struct text words = { 0 };

	text_format(&words,
		"%s values have %zu keys, you must specify an %s key or pass "
		"only 1 key as %s; ",
		side->word, count, side->word, side->word);
	if (side->key != NULL)
		text_format(&words, "there is no \"%.*s\", ",
			SLICE_SHORT(text_view(side->key)));
	text_string(&words, count > 0 ? "there are: " : "there are none");
	for (size_t i = 0; json_next_member(&walk, &name, &value); i++) {
		name = json_inner(name);
		first = i == 0 ? name : first;
		text_format(
			&words, "%s%.*s", i > 0 ? ", " : "", SLICE_SHORT(name));
	}
	if (count > 0)
		text_format(&words,
			"; say %s_key=%.*s in the query or in the session's "
			"memory",
			side->word, SLICE_SHORT(first));
	error_describe(
		error, ERROR_INVALID, "%.*s", (int)words.length, words.data);
	text_clear(&words);
	return -1;
}

static int save_choose(
	const struct save_side *side, struct slice *value, struct error *error)
{
	const struct slice values = side->values;
	struct slice name;

	if (values.length == 0)
		return error_set(error, ERROR_INVALID,
			"the %s values are missing; POST them as the body, as "
			"{\"%s\":\"Hi!\"}",
			side->word, side->word);
	if (json_kind(values) != JSON_KIND_OBJECT)
		return error_set(error, ERROR_INVALID,
			"%ss must be an object, not %.*s", side->word,
			SLICE_SHORT(values));
	if (!save_pick(side, &name, value))
		return save_refuse_keys(side, error);
	if (side->type == MESSAGE_HUMAN && slice_is(*value, "\"\""))
		return error_set(error, ERROR_INVALID, "the %s %.*s is empty",
			side->word, SLICE_SHORT(name));
	if (!save_is_usable(*value))
		return error_set(error, ERROR_INVALID,
			"the %s %.*s must be a string, an array of parts, a "
			"message, or an object whose content is a string or an "
			"array",
			side->word, SLICE_SHORT(name));
	return 0;
}

/* JavaScript replaces null, false, 0 and "" by a default. */
static bool save_is_falsy(struct slice value)
{
	return slice_is(value, "null") || slice_is(value, "false") ||
	       slice_is(value, "0") || slice_is(value, "\"\"");
}

/* The default of a field given as null and the like, or NULL: as it is. */
static const char *save_replacement(
	const struct save_side *side, struct slice name, struct slice value)
{
	for (size_t i = 0; side->defaults[i][0] != NULL; i++)
		if (save_is_falsy(value) &&
			json_string_is(name, slice_of(side->defaults[i][0])))
			return side->defaults[i][1];
	return NULL;
}

static void save_write_fields(
	struct text *out, const struct save_side *side, struct slice fields)
{
	struct json_walk walk = json_walk(fields);
	struct slice name, value;

	while (json_next_member(&walk, &name, &value)) {
		const char *instead = save_replacement(side, name, value);

		json_member_json(
			out, name, instead ? slice_of(instead) : value);
	}
}

/*
 * The stored form of a value: {"content":VALUE} or the fields given, then the
 * defaults that are missing.
 */
static void save_write_data(
	struct text *out, const struct save_side *side, struct slice value)
{
	const bool fields = json_kind(value) == JSON_KIND_OBJECT;
	struct slice given;

	text_reserve(out, value.length + SAVE_AROUND);
	json_begin_object(out);
	if (fields)
		save_write_fields(out, side, value);
	else
		json_member(out, "content", value);
	for (size_t i = 0; side->defaults[i][0] != NULL; i++)
		if (!fields || !json_find(value, side->defaults[i][0], &given))
			json_member(out, side->defaults[i][0],
				slice_of(side->defaults[i][1]));
	json_end_object(out);
}

static struct save_side save_input_side(
	const struct settings *settings, struct slice inputs)
{
	return (struct save_side){
		"input",
		MESSAGE_HUMAN,
		inputs,
		settings->has_input_key ? &settings->input_key : NULL,
		{ { "additional_kwargs", "{}" },
			{ "response_metadata", "{}" } },
	};
}

static struct save_side save_output_side(const struct class_run *self)
{
	const struct settings *settings = self->settings;

	return (struct save_side){
		"output",
		MESSAGE_AI,
		self->run->scope->outputs,
		settings->has_output_key ? &settings->output_key : NULL,
		{ { "tool_calls", "[]" }, { "invalid_tool_calls", "[]" },
			{ "additional_kwargs", "{}" },
			{ "response_metadata", "{}" } },
	};
}

int memory_host_input(struct memory *memory, struct slice *value)
{
	struct class_run *self = class_run_of(memory);
	const struct save_side side =
		save_input_side(self->settings, self->run->scope->inputs);

	return save_choose(&side, value, self->run->error)
		       ? class_run_failed(self)
		       : MEMORY_DONE;
}

int memory_input(const struct memory_scope *scope, struct slice *value,
	struct error *error)
{
	const struct save_side side =
		save_input_side(scope->settings, scope->inputs);

	return save_choose(&side, value, error);
}

int memory_host_output(struct memory *memory, struct slice *value)
{
	struct class_run *self = class_run_of(memory);
	const struct save_side side = save_output_side(self);

	return save_choose(&side, value, self->run->error)
		       ? class_run_failed(self)
		       : MEMORY_DONE;
}

/* --- what is added ------------------------------------------------------ */

static void save_mark_answers(
	const struct class_run *self, struct message_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		list->items[i].answer = self->run->scope->answer &&
					list->items[i].type == MESSAGE_AI;
}

static int save_add_list(struct class_run *self, struct message_list *list)
{
	struct memory_run *run = self->run;
	struct memory_added *added = run->added;
	struct history_edit edit;
	int result;

	if (added == NULL)
		return self->memory.host->fail(
			&self->memory, "it may add in save_context only");
	if (list->count > MEMORY_ADDED_MAX - added->count)
		return self->memory.host->fail(&self->memory,
			"it adds more than %d messages", MEMORY_ADDED_MAX);
	save_mark_answers(self, list);
	edit = (struct history_edit){
		.ref = run->scope->ref,
		.now = run->scope->now,
		.appended = added->items + added->count,
	};
	result = history_append(run->scope->store, &edit, list, run->error);
	*run->session = edit.session;
	if (result)
		return class_run_failed(self);
	added->count += list->count;
	return MEMORY_DONE;
}

/* An id is content here: a turn is not repeated by it. */
static int save_list_message(struct class_run *self, struct message_list *list,
	const struct save_side *side, struct slice value)
{
	if (message_parse(list, value, side->word, self->run->error))
		return class_run_failed(self);
	list->items[list->count - 1].id = (struct slice){ 0 };
	return 0;
}

static int save_list_side(struct class_run *self, struct message_list *list,
	const struct save_side *side, struct text *data)
{
	struct slice value = { 0 };

	if (save_choose(side, &value, self->run->error))
		return class_run_failed(self);
	if (save_is_message(value))
		return save_list_message(self, list, side, value);
	save_write_data(data, side, value);
	if (data->failed)
		return class_run_out_of_memory(self);
	if (message_list_add(
		    list, side->type, text_view(data), self->run->error))
		return class_run_failed(self);
	return 0;
}

int memory_host_add_turn(struct memory *memory)
{
	struct class_run *self = class_run_of(memory);
	const struct save_side human =
		save_input_side(self->settings, self->run->scope->inputs);
	const struct save_side ai = save_output_side(self);
	struct text data[2] = { { 0 } };
	struct message_list list = { 0 };
	int result = MEMORY_FAILED;

	if (save_list_side(self, &list, &human, &data[0]) == 0 &&
		save_list_side(self, &list, &ai, &data[1]) == 0)
		result = save_add_list(self, &list);
	message_list_clear(&list);
	text_clear(&data[0]);
	text_clear(&data[1]);
	return result;
}

/* The stored form, valid and compact, or a failure. */
static int save_write_message(struct class_run *self, const char *type,
	struct slice data, struct text *out)
{
	static const struct json_limits limits = {
		.depth = 64,
		.values = 1000000,
	};
	struct json_scratch scratch = { 0 };
	bool spaced;
	int result =
		json_scan(data, &limits, &scratch, &spaced, self->run->error);

	json_scratch_clear(&scratch);
	if (result)
		return class_run_failed(self);
	json_begin_object(out);
	json_member_string(out, "type", slice_of(type));
	json_member(out, "data", data);
	json_end_object(out);
	if (out->failed)
		return class_run_out_of_memory(self);
	out->length = json_compact(out->data, out->length);
	return 0;
}

int memory_host_add(struct memory *memory, const char *type, struct slice data)
{
	struct class_run *self = class_run_of(memory);
	struct message_list list = { 0 };
	struct text out = { 0 };
	int result = save_write_message(self, type, data, &out);

	if (result == 0 && message_parse(&list, text_view(&out), "message",
				   self->run->error))
		result = class_run_failed(self);
	if (result == 0)
		result = save_add_list(self, &list);
	message_list_clear(&list);
	text_clear(&out);
	return result;
}
