/* SPDX-License-Identifier: MIT */
/* memory.c - BaseMemory: the table of classes, load and save. */
#include "core/memory.h"

#include "schema/error.h"
#include "schema/format.h"
#include "schema/json_value.h"

/* A new class is a file and a row here. */
#define CLASSES(X)       \
	X(memory_buffer) \
	X(memory_window)

#define DECLARE(class) extern const struct memory_class class;
CLASSES(DECLARE)
#undef DECLARE

#define ROW(class) &class,
static const struct memory_class *const classes[] = { CLASSES(ROW) };
#undef ROW

#define CLASS_COUNT (sizeof(classes) / sizeof(*classes))

static const struct memory_class *find_class(
	const struct settings *settings, struct error *error)
{
	struct slice name = text_view(&settings->class);
	struct text known = { 0 };

	for (size_t i = 0; i < CLASS_COUNT; i++)
		if (slice_is(name, classes[i]->name))
			return classes[i];
	for (size_t i = 0; i < CLASS_COUNT; i++)
		text_format(&known, "%s\"%s\"", i > 0 ? ", " : "",
			classes[i]->name);
	error_describe(error, ERROR_INVALID,
		"class \"%.*s\" is unknown; there are %.*s", SLICE_SHORT(name),
		SLICE_SHORT(known));
	text_clear(&known);
	return NULL;
}

int memory_check(const struct settings *settings, struct error *error)
{
	return find_class(settings, error) != NULL ? 0 : -1;
}

int memory_load(const struct memory_scope *scope, const struct session *session,
	struct text *out, struct error *error)
{
	const struct memory_class *class = find_class(scope->settings, error);

	if (class == NULL)
		return -1;
	text_append(out, "{", 1);
	text_json(out, text_view(&scope->settings->memory_key));
	text_append(out, ":", 1);
	if (class->load(scope, session, out, error))
		return -1;
	text_append(out, "}", 1);
	return out->failed ? error_out_of_memory(error) : 0;
}

static void write_line(struct text *out, const struct session *session,
	const struct message_row *row, const void *context)
{
	(void)session;
	format_text(out, &row->message, context, FORMAT_JSON);
}

static void write_stored(struct text *out, const struct session *session,
	const struct message_row *row, const void *context)
{
	(void)session;
	(void)context;
	text_append(out, "{", 1);
	format_langchain(out, &row->message, false);
	text_append(out, "}", 1);
}

/* The nearer of two window starts; a negative count is no window. */
static int64_t nearer(int64_t a, int64_t b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

int memory_load_last(const struct memory_scope *scope,
	const struct session *session, int64_t newest, struct text *out,
	struct error *error)
{
	struct window window = scope->window;
	const struct settings *settings = scope->settings;
	const bool list = settings->return_messages;
	const struct format_prefixes prefixes = {
		.human = text_view(&settings->human_prefix),
		.ai = text_view(&settings->ai_prefix),
	};
	struct history_page page = {
		.query = { .limit = INT64_MAX },
		.max_bytes = scope->max_bytes,
		.separator = list ? SLICE(",") : SLICE("\\n"),
		.write = list ? write_stored : write_line,
		.context = &prefixes,
	};
	const size_t start = out->length;
	int result;

	window.last = nearer(newest, window.last);
	text_string(out, list ? "[" : "\"");
	if (window_is_set(&window)) {
		page.figures = scope->figures;
		result = window_write(
			scope->store, session, &window, &page, out, error);
	} else {
		result =
			history_write(scope->store, session, &page, out, error);
	}
	if (result)
		return -1;
	text_string(out, list ? "]" : "\"");
	if (page.more || out->length - start > scope->max_bytes)
		return error_set(error, ERROR_TOO_LARGE,
			"the memory is larger than %zu MiB; ask for less with "
			"last, turns or max_tokens",
			MEMORY_LOAD_MAX >> 20);
	return 0;
}

/* LangChain's getInputValue and getOutputValue differ in little but words. */
struct side {
	const char *word;
	enum message_type type;
	const struct text *key; /* NULL: the only member */
	/* What LangChain 0.3 adds to the fields of such a message, in order. */
	const char *defaults[5][2];
};

static bool pick(const struct side *side, struct slice values,
	struct slice *name, struct slice *value)
{
	struct json_walk walk = json_walk(values);

	if (side->key == NULL)
		return json_count(values) == 1 &&
		       json_next_member(&walk, name, value);
	while (json_next_member(&walk, name, value))
		if (json_string_is(*name, text_view(side->key)))
			return true;
	return false;
}

/* An object is taken as message fields; they need a content. */
static bool is_usable(struct slice value)
{
	struct slice content = value;

	if (json_kind(value) == JSON_KIND_OBJECT) {
		if (!json_find(value, "content", &content))
			return false;
		if (json_kind(content) == JSON_KIND_ARRAY)
			return true;
	}
	return json_kind(content) == JSON_KIND_STRING;
}

static int choose(const struct side *side, struct slice values,
	struct slice *value, struct error *error)
{
	struct slice name;

	if (json_kind(values) != JSON_KIND_OBJECT)
		return error_set(error, ERROR_INVALID,
			"%ss must be an object, not %.*s", side->word,
			SLICE_SHORT(values));
	if (!pick(side, values, &name, value))
		return error_set(error, ERROR_INVALID,
			"%s values have %zu keys, you must specify an %s key "
			"or pass only 1 key as %s",
			side->word, json_count(values), side->word, side->word);
	if (side->type == MESSAGE_HUMAN && slice_is(*value, "\"\""))
		return error_set(error, ERROR_INVALID, "the %s %.*s is empty",
			side->word, SLICE_SHORT(name));
	if (!is_usable(*value))
		return error_set(error, ERROR_INVALID,
			"the %s %.*s must be a string, or an object whose "
			"content is a string or an array",
			side->word, SLICE_SHORT(name));
	return 0;
}

/* What JavaScript replaces by a default: null, false, 0, "". */
static bool is_falsy(struct slice value)
{
	return slice_is(value, "null") || slice_is(value, "false") ||
	       slice_is(value, "0") || slice_is(value, "\"\"");
}

/* The default of a field given as null and the like, or NULL: as it is. */
static const char *replacement(
	const struct side *side, struct slice name, struct slice value)
{
	for (size_t i = 0; side->defaults[i][0] != NULL; i++)
		if (is_falsy(value) &&
			json_string_is(name, slice_of(side->defaults[i][0])))
			return side->defaults[i][1];
	return NULL;
}

static void write_fields(
	struct text *out, const struct side *side, struct slice fields)
{
	struct json_walk walk = json_walk(fields);
	struct slice name, value;

	for (const char *comma = ""; json_next_member(&walk, &name, &value);
		comma = ",") {
		const char *instead = replacement(side, name, value);

		text_string(out, comma);
		text_slice(out, name);
		text_append(out, ":", 1);
		text_slice(out, instead ? slice_of(instead) : value);
	}
}

/*
 * The stored form of a value: {"content":VALUE} or the fields given, then the
 * defaults that are missing.
 */
static void write_data(
	struct text *out, const struct side *side, struct slice value)
{
	const bool fields = json_kind(value) == JSON_KIND_OBJECT;
	struct slice given;

	text_append(out, "{", 1);
	if (fields) {
		write_fields(out, side, value);
	} else {
		text_string(out, "\"content\":");
		text_slice(out, value);
	}
	for (size_t i = 0; side->defaults[i][0] != NULL; i++)
		if (!fields || !json_find(value, side->defaults[i][0], &given))
			text_format(out, ",\"%s\":%s", side->defaults[i][0],
				side->defaults[i][1]);
	text_append(out, "}", 1);
}

static int add_side(struct message_list *list, const struct side *side,
	struct slice values, struct text *data, struct error *error)
{
	struct slice value;

	if (choose(side, values, &value, error))
		return -1;
	write_data(data, side, value);
	if (data->failed)
		return error_out_of_memory(error);
	return message_list_add(list, side->type, text_view(data), error);
}

int memory_save(const struct memory_scope *scope, struct slice inputs,
	struct slice outputs, struct session *session,
	struct appended appended[2], struct error *error)
{
	const struct settings *settings = scope->settings;
	const struct side human = {
		"input",
		MESSAGE_HUMAN,
		settings->has_input_key ? &settings->input_key : NULL,
		{ { "additional_kwargs", "{}" },
			{ "response_metadata", "{}" } },
	};
	const struct side ai = {
		"output",
		MESSAGE_AI,
		settings->has_output_key ? &settings->output_key : NULL,
		{ { "tool_calls", "[]" }, { "invalid_tool_calls", "[]" },
			{ "additional_kwargs", "{}" },
			{ "response_metadata", "{}" } },
	};
	struct message_list list = { 0 };
	struct text data[2] = { { 0 } };
	int result = -1;

	if (memory_check(settings, error) == 0 &&
		add_side(&list, &human, inputs, &data[0], error) == 0 &&
		add_side(&list, &ai, outputs, &data[1], error) == 0)
		result =
			history_append(scope->store, scope->tenant, scope->name,
				&list, scope->now, session, appended, error);
	message_list_clear(&list);
	text_clear(&data[0]);
	text_clear(&data[1]);
	return result;
}
