/* SPDX-License-Identifier: MIT */
/* settings.c - the options of a memory, from one table. */
#include "schema/memory/settings.h"

#include "schema/error.h"
#include "schema/forms/string_format.h"
#include "schema/json/value.h"

enum settings_kind {
	KIND_TEXT,
	KIND_STRINGS, /* a text, the name of a string format */
	KIND_COUNT,
	KIND_FLAG,
	KIND_ARRAY, /* JSON */
	KIND_OBJECT,
};

/* `offset` is where the value is, `present` where it says: it was given. */
static const struct settings_row {
	const char *name;
	enum settings_kind kind;
	size_t offset;
	size_t present; /* 0: nowhere */
	const char *text;
	int64_t count;
} table[] = {
#define AT(member) .offset = offsetof(struct settings, member)
#define GIVEN(member) \
	AT(member), .present = offsetof(struct settings, has_##member)
	{ "class", KIND_TEXT, AT(class), .text = "buffer" },
	{ "k", KIND_COUNT, GIVEN(k), .count = 5 },
	{ "max_token_limit", KIND_COUNT, AT(max_token_limit), .count = 2000 },
	{ "tokenizer", KIND_TEXT, AT(tokenizer), .text = "approx" },
	{ "memory_key", KIND_TEXT, GIVEN(memory_key), .text = "history" },
	{ "input_key", KIND_TEXT, GIVEN(input_key) },
	{ "output_key", KIND_TEXT, GIVEN(output_key) },
	{ "return_messages", KIND_FLAG, AT(return_messages) },
	{ "return_docs", KIND_FLAG, AT(return_docs) },
	{ "human_prefix", KIND_TEXT, AT(human_prefix), .text = "Human" },
	{ "ai_prefix", KIND_TEXT, AT(ai_prefix), .text = "AI" },
	{ "string_format", KIND_STRINGS, AT(string_format),
		.text = "langchain-js-0.3" },
	{ "chat_history_key", KIND_TEXT, GIVEN(chat_history_key) },
	{ "entities_key", KIND_TEXT, AT(entities_key), .text = "entities" },
	{ "summary_prompt", KIND_TEXT, GIVEN(summary_prompt) },
	{ "entity_extraction_prompt", KIND_TEXT,
		GIVEN(entity_extraction_prompt) },
	{ "entity_summarization_prompt", KIND_TEXT,
		GIVEN(entity_summarization_prompt) },
	{ "prompt", KIND_TEXT, GIVEN(prompt) },
	{ "prompt_template", KIND_TEXT, GIVEN(prompt_template) },
	{ "system", KIND_TEXT, GIVEN(system) },
	{ "send", KIND_TEXT, AT(send) },
	{ "memories", KIND_ARRAY, AT(memories) },
	{ "metadata", KIND_OBJECT, AT(metadata) },
	{ "options", KIND_OBJECT, AT(options) },
#undef GIVEN
#undef AT
};
#define ROWS (sizeof(table) / sizeof(*table))

static void *settings_at(struct settings *settings, size_t offset)
{
	return (char *)settings + offset;
}

static int settings_assign(struct settings *settings,
	const struct settings_row *setting, const struct setting_value *value,
	struct error *error)
{
	struct text *text;

	if (setting->present)
		*(bool *)settings_at(settings, setting->present) = value->given;
	switch (setting->kind) {
	case KIND_COUNT:
		*(int64_t *)settings_at(settings, setting->offset) =
			value->count;
		return 0;
	case KIND_FLAG:
		*(bool *)settings_at(settings, setting->offset) = value->flag;
		return 0;
	case KIND_TEXT:
	case KIND_STRINGS:
	case KIND_ARRAY:
	case KIND_OBJECT:
		break;
	}
	text = settings_at(settings, setting->offset);
	text->length = 0;
	text_slice(text, value->text);
	return text->failed ? error_out_of_memory(error) : 0;
}

static int settings_assign_default(struct settings *settings,
	const struct settings_row *setting, struct error *error)
{
	const struct setting_value value = {
		.text = slice_of(setting->text ? setting->text : ""),
		.count = setting->count,
	};

	return settings_assign(settings, setting, &value, error);
}

int settings_default(struct settings *settings, struct error *error)
{
	size_t i;

	for (i = 0; i < ROWS; i++) {
		if (settings_assign_default(settings, &table[i], error))
			return -1;
	}
	return 0;
}

/*
 * Words the refusal of a value, which stands between the quotes; `path` is
 * "memory." or, for the query, "".
 */
static int settings_refuse(const char *path, const struct settings_row *setting,
	struct slice value, struct error *error)
{
	const char *quote = *path ? "" : "\"";
	static const char *const wanted[] = {
		[KIND_TEXT] = "a string, without half a surrogate pair",
		[KIND_STRINGS] = "",
		[KIND_COUNT] = "a whole number, 0 or more",
		[KIND_FLAG] = "true or false",
		[KIND_ARRAY] = "an array",
		[KIND_OBJECT] = "an object",
	};
	struct text names = { 0 };

	if (setting->kind == KIND_STRINGS)
		string_format_names(&names);
	error_describe(error, ERROR_INVALID,
		"%s%s must be %s%.*s, not %s%.*s%s", path, setting->name,
		wanted[setting->kind], SLICE_SHORT(text_view(&names)), quote,
		SLICE_SHORT(value), quote);
	text_clear(&names);
	return -1;
}

/* The row of the name; `is` compares it, decoded or as a JSON string. */
static const struct settings_row *settings_find_row(
	struct slice name, bool (*is)(struct slice, struct slice))
{
	size_t i;

	for (i = 0; i < ROWS; i++) {
		if (is(name, slice_of(table[i].name)))
			return &table[i];
	}
	return NULL;
}

/* Reads a JSON value; false if it is not of the row's kind. */
static bool settings_read_json(const struct settings_row *setting,
	struct slice json, struct text *decoded, struct setting_value *value)
{
	enum json_kind kind = json_kind(json);

	value->given = true;
	value->text = json;
	switch (setting->kind) {
	case KIND_COUNT:
		return kind == JSON_KIND_NUMBER &&
		       json_int64(json, &value->count) && value->count >= 0;
	case KIND_FLAG:
		value->flag = kind == JSON_KIND_TRUE;
		return value->flag || kind == JSON_KIND_FALSE;
	case KIND_ARRAY:
		return kind == JSON_KIND_ARRAY;
	case KIND_OBJECT:
		return kind == JSON_KIND_OBJECT;
	case KIND_TEXT:
	case KIND_STRINGS:
		break;
	}
	if (kind != JSON_KIND_STRING || !json_decode(decoded, json))
		return false;
	value->text = text_view(decoded);
	return setting->kind == KIND_TEXT ||
	       string_format_named(value->text) != NULL;
}

static int settings_apply_json(struct settings *settings,
	const struct settings_row *setting, struct slice json,
	struct error *error)
{
	struct text decoded = { 0 };
	struct setting_value value = { 0 };
	bool valid;
	int rc;

	if (json_kind(json) == JSON_KIND_NULL)
		return settings_assign_default(settings, setting, error);
	valid = settings_read_json(setting, json, &decoded, &value);
	if (decoded.failed)
		rc = error_out_of_memory(error);
	else if (!valid)
		rc = settings_refuse("memory.", setting, json, error);
	else
		rc = settings_assign(settings, setting, &value, error);
	text_clear(&decoded);
	return rc;
}

int settings_from_json(
	struct settings *settings, struct slice object, struct error *error)
{
	struct json_walk walk;
	struct slice name, value;

	if (json_kind(object) != JSON_KIND_OBJECT)
		return error_set(
			error, ERROR_INVALID, "memory must be an object");
	walk = json_walk(object);
	while (json_next_member(&walk, &name, &value)) {
		const struct settings_row *setting =
			settings_find_row(name, json_string_is);

		if (!setting)
			return error_set(error, ERROR_INVALID,
				"unknown member memory.%.*s",
				SLICE_SHORT(json_inner(name)));
		if (settings_apply_json(settings, setting, value, error))
			return -1;
	}
	return 0;
}

/* Reads digits, and nothing else; false if it is not that or too much. */
static bool settings_read_count(struct slice text, int64_t *count)
{
	return text.length > 0 && text.data[0] != '-' &&
	       json_int64(text, count);
}

static bool settings_read_query(const struct settings_row *setting,
	struct slice text, struct setting_value *value)
{
	value->given = true;
	value->text = text;
	switch (setting->kind) {
	case KIND_COUNT:
		return settings_read_count(text, &value->count);
	case KIND_FLAG:
		return slice_flag(text, &value->flag);
	case KIND_ARRAY:
	case KIND_OBJECT:
		return false;
	case KIND_STRINGS:
		return string_format_named(text) != NULL;
	case KIND_TEXT:
		break;
	}
	return true;
}

int settings_from_query(struct settings *settings, struct slice name,
	struct slice value, struct error *error)
{
	const struct settings_row *setting =
		settings_find_row(name, slice_equal);
	struct setting_value read = { 0 };

	if (!setting)
		return 0;
	if (!settings_read_query(setting, value, &read))
		return settings_refuse("", setting, value, error);
	return settings_assign(settings, setting, &read, error) ? -1 : 1;
}

bool settings_find(const struct settings *settings, const char *name,
	struct setting_value *out)
{
	const struct settings_row *setting =
		settings_find_row(slice_of(name), slice_equal);
	const char *base = (const char *)settings;

	*out = (struct setting_value){ .given = true };
	if (!setting)
		return false;
	if (setting->present)
		out->given = *(const bool *)(base + setting->present);
	if (setting->kind == KIND_COUNT)
		out->count = *(const int64_t *)(base + setting->offset);
	else if (setting->kind == KIND_FLAG)
		out->flag = *(const bool *)(base + setting->offset);
	else
		out->text = text_view(
			(const struct text *)(base + setting->offset));
	return true;
}

bool settings_is_standard(const struct settings *settings, const char *name)
{
	const struct settings_row *setting =
		settings_find_row(slice_of(name), slice_equal);
	struct setting_value value;

	return setting && settings_find(settings, name, &value) &&
	       value.count == setting->count;
}

void settings_clear(struct settings *settings)
{
	size_t i;

	for (i = 0; i < ROWS; i++) {
		if (table[i].kind != KIND_COUNT && table[i].kind != KIND_FLAG)
			text_clear(settings_at(settings, table[i].offset));
	}
	*settings = (struct settings){ 0 };
}
