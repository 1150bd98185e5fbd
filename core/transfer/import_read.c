/* SPDX-License-Identifier: MIT */
/*
 * import_read.c - all lines of an import, read before the first is stored.
 *
 * A line is refused here for what it says, and for what those before it say;
 * whether it can be stored is seen in import.c.
 */
#include <stdlib.h>
#include <string.h>

#include "core/transfer/from.h"
#include "core/transfer/import_line.h"
#include "schema/array.h"
#include "schema/error.h"
#include "schema/forms/parse.h"
#include "schema/json/value.h"

/* An input while it is read. */
struct import_read_state {
	struct import_input *input;
	const struct import_source *source;
	const struct session_line *session; /* whose lines follow; NULL: none */
	int64_t sessions;		    /* and lists */
	bool named;			    /* the source's name is used up */
};

static int import_read_count(
	struct import_read_state *state, struct error *error)
{
	if (state->sessions++ < IMPORT_LINES_MOST)
		return 0;
	return error_set(error, ERROR_TOO_LARGE,
		"more than %d sessions in one request", IMPORT_LINES_MOST);
}

static int import_read_session(struct import_read_state *state,
	struct import_entry *entry, struct slice line, struct error *error)
{
	entry->is.session = calloc(1, sizeof(*entry->is.session));
	if (!entry->is.session)
		return error_out_of_memory(error);
	return session_line_read(entry->is.session, line, entry->kind,
		state->source->memories, error);
}

static int import_read_begun(struct import_read_state *state,
	struct import_entry *entry, struct slice line, struct error *error)
{
	if (import_read_count(state, error) ||
		import_read_session(state, entry, line, error))
		return -1;
	state->session = entry->is.session;
	return 0;
}

static int import_read_dropped(struct import_read_state *state,
	struct import_entry *entry, struct slice line, struct error *error)
{
	const struct session_line *begun = state->session;
	struct slice name;

	if (import_read_session(state, entry, line, error))
		return -1;
	state->session = NULL;
	name = text_view(&entry->is.session->name);
	if (begun && slice_equal(name, text_view(&begun->name)))
		return 0;
	return error_set(error, ERROR_INVALID,
		"session \"%.*s\" is dropped, but was not begun",
		SLICE_SHORT(name));
}

static int import_read_lost(struct import_read_state *state,
	struct import_entry *entry, struct slice line, struct error *error)
{
	struct slice value;

	if (state->session && json_find(line, "lost", &value) &&
		json_int64(value, &entry->is.lost) && entry->is.lost >= 0)
		return 0;
	return error_set(error, ERROR_INVALID,
		"lost must be a number of messages of the session before it");
}

/* It names what an export left out. */
static int import_read_damaged(struct import_read_state *state,
	struct import_entry *entry, struct slice line, struct error *error)
{
	(void)entry;
	(void)line;
	(void)error;
	state->session = NULL;
	return 0;
}

static int import_read_message(struct import_read_state *state,
	struct import_entry *entry, struct slice line, struct error *error)
{
	if (!state->session)
		return error_set(error, ERROR_INVALID,
			"a message, but no session before it");
	return message_line_read(
		&entry->is.message, &state->input->messages, line, error);
}

/* --- lists of messages ------------------------------------------------ */

static int import_read_given_name(
	struct import_read_state *state, struct text *name, struct error *error)
{
	const struct slice given = state->source->name;

	if (given.length == 0 || state->named)
		return error_set(error, ERROR_INVALID,
			"the messages name no session; say "
			"{\"session\":NAME,\"messages\":[...]}%s",
			state->named
				? ""
				: ", or session=NAME (--session NAME) once");
	state->named = true;
	text_slice(name, given);
	return name->failed ? error_out_of_memory(error)
			    : session_name_check(given, error);
}

static int import_read_name(struct import_read_state *state, struct text *name,
	struct slice line, struct error *error)
{
	struct slice value;

	return json_kind(line) == JSON_KIND_OBJECT &&
			       json_find(line, "session", &value)
		       ? session_name_read(name, value, error)
		       : import_read_given_name(state, name, error);
}

static int import_read_after(
	struct slice line, int64_t *after, struct error *error)
{
	struct slice value;

	return json_kind(line) == JSON_KIND_OBJECT &&
			       json_find(line, "after", &value)
		       ? line_number_read("after", value, after, error)
		       : 0;
}

static int import_read_list(struct import_read_state *state,
	struct import_entry *entry, struct slice line, struct error *error)
{
	struct message_list *messages = &state->input->messages;
	struct list_line *list = &entry->is.list;

	state->session = NULL;
	list->index = messages->count;
	messages->metadata = (struct slice){ NULL, 0 };
	if (import_read_count(state, error) ||
		import_read_name(state, &list->name, line, error) ||
		import_read_after(line, &list->after, error) ||
		message_list_parse(messages, line, error))
		return -1;
	list->count = messages->count - list->index;
	list->metadata = messages->metadata;
	return 0;
}

/* --- all of it -------------------------------------------------------- */

static struct import_entry *import_read_add(struct import_input *input)
{
	struct import_entry *entry = array_room(
		input->entries, &input->capacity, input->count, sizeof(*entry));

	if (!entry)
		return NULL;
	input->entries = entry;
	entry = &input->entries[input->count];
	memset(entry, 0, sizeof(*entry));
	return entry;
}

static int import_read_line(struct import_read_state *state, struct slice line,
	int64_t number, struct error *error)
{
	static int (*const readers[])(struct import_read_state * state,
		struct import_entry * entry, struct slice line,
		struct error * error) = {
		[LINE_SESSION] = import_read_begun,
		[LINE_DROPPED] = import_read_dropped,
		[LINE_LOST] = import_read_lost,
		[LINE_DAMAGED] = import_read_damaged,
		[LINE_MESSAGE] = import_read_message,
		[LINE_CONVERSATION] = import_read_list,
	};
	struct import_entry *entry = import_read_add(state->input);
	enum line_kind kind;

	if (!entry)
		return error_out_of_memory(error);
	if (line_kind(line, &kind, error))
		return -1;
	entry->line = number;
	entry->kind = kind;
	state->input->count++;
	return readers[kind](state, entry, line, error);
}

/* --- other products' ---------------------------------------------------- */

/* Room for a line that is made; it stays where it is. */
static struct text *import_read_make(struct import_input *input)
{
	struct text *made = array_room(input->made, &input->made_capacity,
		input->made_count, sizeof(*made));

	if (!made)
		return NULL;
	input->made = made;
	made += input->made_count++;
	*made = (struct text){ 0 };
	return made;
}

static int import_read_conversation(struct import_read_state *state,
	struct slice conversation, int64_t number, struct error *error)
{
	const struct import_source *source = state->source;
	const struct from_place place = {
		.number = (int64_t)state->input->made_count + 1,
		.session = source->name,
	};
	struct text *made = import_read_make(state->input);

	if (!made)
		return error_out_of_memory(error);
	return from_write(made, source->from, conversation, &place, error) ||
			       import_read_line(
				       state, text_view(made), number, error)
		       ? -1
		       : 0;
}

/* Says which conversation of several on a line it is, from 1. */
static int import_read_refused(struct import_read_state *state,
	const struct error *why, struct error *error)
{
	*error = *why;
	if (why->code == ERROR_INVALID || why->code == ERROR_TOO_LARGE)
		error_describe(error, why->code, "conversation %zu: %s",
			state->input->made_count, why->message);
	return -1;
}

static int import_read_conversations(struct import_read_state *state,
	struct slice line, int64_t number, struct error *error)
{
	struct json_walk walk = json_walk(line);
	struct slice conversation;
	struct error why = { 0 };

	if (json_kind(line) != JSON_KIND_ARRAY)
		return import_read_conversation(state, line, number, error);
	while (json_next_element(&walk, &conversation))
		if (import_read_conversation(state, conversation, number, &why))
			return import_read_refused(state, &why, error);
	return 0;
}

int import_read(struct import_input *out, const struct import_source *source,
	struct error *error)
{
	struct import_read_state state = { .input = out, .source = source };
	struct slice lines = source->lines;
	int (*const read)(struct import_read_state * state, struct slice line,
		int64_t number, struct error * error) =
		source->from ? import_read_conversations : import_read_line;

	*out = (struct import_input){ 0 };
	for (int64_t number = source->line; lines.length > 0; number++) {
		const char *end = memchr(lines.data, '\n', lines.length);
		const struct slice line = { lines.data,
			end ? (size_t)(end - lines.data) : lines.length };
		struct error why = { 0 };

		if (line.length > 0 && read(&state, line, number, &why))
			return import_refuse(number, &why, error);
		lines.data += line.length + (end != NULL);
		lines.length -= line.length + (end != NULL);
	}
	return 0;
}

int import_refuse(int64_t line, const struct error *why, struct error *error)
{
	if (why->code != ERROR_INVALID && why->code != ERROR_KEY_REUSED &&
		why->code != ERROR_TOO_LARGE)
		*error = *why;
	else
		error_describe(error, why->code, "line %lld: %s",
			(long long)line, why->message);
	return -1;
}

static size_t import_read_session_size(const struct session_line *line)
{
	return sizeof(*line) + line->name.capacity +
	       line->draft.owner.capacity + line->draft.memory.capacity +
	       line->draft.metadata.capacity;
}

size_t import_size(const struct import_input *input)
{
	size_t size = input->capacity * sizeof(*input->entries) +
		      input->made_capacity * sizeof(*input->made);

	for (size_t i = 0; i < input->made_count; i++)
		size += input->made[i].capacity;
	for (size_t i = 0; i < input->count; i++) {
		const struct import_entry *entry = &input->entries[i];

		if (entry->kind == LINE_CONVERSATION)
			size += entry->is.list.name.capacity;
		else if (entry->kind == LINE_SESSION ||
			 entry->kind == LINE_DROPPED)
			size += import_read_session_size(entry->is.session);
	}
	return size;
}

static void import_read_clear(struct import_entry *entry)
{
	switch (entry->kind) {
	case LINE_SESSION:
	case LINE_DROPPED:
		if (entry->is.session)
			session_line_clear(entry->is.session);
		free(entry->is.session);
		return;
	case LINE_CONVERSATION:
		text_clear(&entry->is.list.name);
		return;
	case LINE_LOST:
	case LINE_DAMAGED:
	case LINE_MESSAGE:
		return;
	}
}

void import_input_clear(struct import_input *input)
{
	for (size_t i = 0; i < input->count; i++)
		import_read_clear(&input->entries[i]);
	for (size_t i = 0; i < input->made_count; i++)
		text_clear(&input->made[i]);
	free(input->entries);
	free(input->made);
	message_list_clear(&input->messages);
	*input = (struct import_input){ 0 };
}
