/* SPDX-License-Identifier: MIT */
/* import_line.c - what export.h writes, read line by line. */
#include "core/transfer/import_line.h"

#include <stddef.h>
#include <string.h>

#include "core/memory/registry.h"
#include "core/store/mark.h"
#include "schema/error.h"
#include "schema/forms/parse.h"
#include "schema/json/value.h"

#define NAME_MOST  255
#define COUNT_MOST INT64_C(999999999999999999)

/* --- members ---------------------------------------------------------- */

enum import_line_member_kind {
	MEMBER_COUNT, /* int64_t */
	MEMBER_TIME,  /* int64_t */
	MEMBER_BOOL,
	MEMBER_VALUE, /* struct slice, to be read later */
};

struct import_line_member {
	const char *name;
	enum import_line_member_kind kind;
	size_t offset;
	bool optional;
};

int line_number_read(const char *member, struct slice value, int64_t *out,
	struct error *error)
{
	if (json_int64(value, out) && *out >= 0 && *out <= COUNT_MOST)
		return 0;
	return error_set(error, ERROR_INVALID,
		"%s must be a whole number from 0, not %.*s", member,
		SLICE_SHORT(value));
}

static int import_line_read_value(const struct import_line_member *member,
	void *out, struct slice value, struct error *error)
{
	void *target = (char *)out + member->offset;
	int64_t *number = target;

	switch (member->kind) {
	case MEMBER_COUNT:
		return line_number_read(member->name, value, number, error);
	case MEMBER_TIME:
		if (json_kind(value) == JSON_KIND_STRING &&
			slice_time(json_inner(value), number))
			return 0;
		return error_set(error, ERROR_INVALID,
			"%s must be a time as in \"2026-01-31T09:30:00.000Z\","
			" from the year 1970 to 9999, not %.*s",
			member->name, SLICE_SHORT(value));
	case MEMBER_BOOL:
		*(bool *)target = json_kind(value) == JSON_KIND_TRUE;
		if (*(bool *)target || json_kind(value) == JSON_KIND_FALSE)
			return 0;
		return error_set(error, ERROR_INVALID,
			"%s must be true or false, not %.*s", member->name,
			SLICE_SHORT(value));
	case MEMBER_VALUE:
		*(struct slice *)target = value;
		break;
	}
	return 0;
}

/* An object while it is read into a struct. */
struct import_line_reading {
	const struct import_line_member *members; /* the last has no name */
	void *out;
	unsigned seen; /* a bit for each member */
};

/* 1: it is one of these. */
static int import_line_read_member(struct import_line_reading *reading,
	struct slice name, struct slice value, struct error *error)
{
	const struct import_line_member *members = reading->members;

	for (unsigned i = 0; members[i].name != NULL; i++) {
		if (!json_string_is(name, slice_of(members[i].name)))
			continue;
		reading->seen |= 1u << i;
		return import_line_read_value(
			       &members[i], reading->out, value, error)
			       ? -1
			       : 1;
	}
	return 0;
}

static int import_line_check_seen(
	const struct import_line_reading *reading, struct error *error)
{
	const struct import_line_member *members = reading->members;

	for (unsigned i = 0; members[i].name != NULL; i++)
		if (!members[i].optional && !(reading->seen >> i & 1))
			return error_set(error, ERROR_INVALID, "%s is missing",
				members[i].name);
	return 0;
}

static int import_line_refuse_member(struct slice name, struct error *error)
{
	return error_set(
		error, ERROR_INVALID, "unknown member %.*s", SLICE_SHORT(name));
}

/* --- what a line is --------------------------------------------------- */

int line_kind(struct slice line, enum line_kind *kind, struct error *error)
{
	static const struct {
		const char *member;
		enum line_kind kind;
	} kinds[] = {
		{ "seq", LINE_MESSAGE },
		{ "messages", LINE_CONVERSATION },
		{ "dropped", LINE_DROPPED },
		{ "lost", LINE_LOST },
		{ "damaged", LINE_DAMAGED },
		{ "mark", LINE_SESSION },
	};
	const enum json_kind value = json_kind(line);
	struct slice ignored;

	*kind = LINE_CONVERSATION;
	if (value == JSON_KIND_ARRAY)
		return 0;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (value == JSON_KIND_OBJECT &&
			json_find(line, kinds[i].member, &ignored)) {
			*kind = kinds[i].kind;
			return 0;
		}
	return error_set(error, ERROR_INVALID,
		"neither a session (with \"mark\") nor a message of one (with "
		"\"seq\") nor a list of messages; from=messages takes a message "
		"a line, from=auto (--from auto) reads files of other "
		"products");
}

/* --- sessions --------------------------------------------------------- */

int session_name_check(struct slice name, struct error *error)
{
	if (name.length > 0 && name.length <= NAME_MOST &&
		!slice_is(name, ".") && !slice_is(name, "..") &&
		memchr(name.data, '\0', name.length) == NULL &&
		slice_is_utf8(name))
		return 0;
	return error_set(error, ERROR_INVALID,
		"session must be a name of 1 to %d bytes of UTF-8, none of "
		"them U+0000, neither . nor .., not \"%.*s\"",
		NAME_MOST, SLICE_SHORT(name));
}

/* Half a character is none of UTF-8. */
int session_name_read(struct text *out, struct slice value, struct error *error)
{
	if (json_kind(value) != JSON_KIND_STRING || !json_decode(out, value))
		return error_set(error, ERROR_INVALID,
			"session must be a string of UTF-8, not %.*s",
			SLICE_SHORT(value));
	return out->failed ? error_out_of_memory(error)
			   : session_name_check(text_view(out), error);
}

static int import_line_read_mark(
	struct session_line *line, struct slice value, struct error *error)
{
	struct slice mark = SLICE("");

	if (json_kind(value) == JSON_KIND_STRING)
		mark = json_inner(value);
	if (!mark_valid(mark))
		return error_set(error, ERROR_INVALID,
			"mark must be %d of the letters of a mark, not %.*s",
			MARK_LENGTH, SLICE_SHORT(value));
	memcpy(line->mark, mark.data, MARK_LENGTH);
	return 0;
}

/* A session as its line has it, before its texts are read. */
struct import_line_raw_session {
	struct session_line *line;
	struct slice name;
	struct slice mark;
	struct slice dropped;
	int64_t version;
	int64_t last_seq;
	int64_t count;
	int64_t created_at;
	int64_t updated_at;
};

#define RAW(member) offsetof(struct import_line_raw_session, member)

static const struct import_line_member session_members[] = {
	{ "session", MEMBER_VALUE, RAW(name), false },
	{ "mark", MEMBER_VALUE, RAW(mark), false },
	{ "version", MEMBER_COUNT, RAW(version), false },
	{ "last_seq", MEMBER_COUNT, RAW(last_seq), false },
	{ "message_count", MEMBER_COUNT, RAW(count), false },
	{ "created_at", MEMBER_TIME, RAW(created_at), false },
	{ "updated_at", MEMBER_TIME, RAW(updated_at), false },
	{ NULL, MEMBER_VALUE, 0, false },
};

static const struct import_line_member dropped_members[] = {
	{ "session", MEMBER_VALUE, RAW(name), false },
	{ "mark", MEMBER_VALUE, RAW(mark), false },
	{ "dropped", MEMBER_VALUE, RAW(dropped), false },
	{ NULL, MEMBER_VALUE, 0, false },
};

static int import_line_read_session(struct import_line_raw_session *raw,
	struct slice line, enum line_kind kind, struct error *error)
{
	const struct import_line_member *members =
		kind == LINE_DROPPED ? dropped_members : session_members;
	struct json_walk walk = json_walk(line);
	struct slice name, value;
	struct import_line_reading reading = { .members = members, .out = raw };

	while (json_next_member(&walk, &name, &value)) {
		int taken =
			import_line_read_member(&reading, name, value, error);

		if (taken == 0 && kind == LINE_SESSION)
			taken = profile_apply(
				&raw->line->draft, name, value, error);
		if (taken <= 0)
			return taken < 0
				       ? -1
				       : import_line_refuse_member(name, error);
	}
	return import_line_check_seen(&reading, error);
}

static int import_line_check_session(const struct session_line *line,
	const struct memories *memories, struct error *error)
{
	/* A class that was chosen elsewhere may find its model here later. */
	struct memories answered = *memories;

	answered.model = answered.embedding_model = "";
	if (line->version == 0 || line->last_seq > line->version)
		return error_set(error, ERROR_INVALID,
			"version must be at least last_seq, and 1");
	if (line->count > line->last_seq)
		return error_set(error, ERROR_INVALID,
			"message_count must be at most last_seq");
	return profile_check(&answered, &line->draft.profile, error);
}

int session_line_read(struct session_line *out, struct slice line,
	enum line_kind kind, const struct memories *memories,
	struct error *error)
{
	struct import_line_raw_session raw = { .line = out };

	*out = (struct session_line){ .mark = "" };
	profile_start(&out->draft);
	if (import_line_read_session(&raw, line, kind, error) ||
		session_name_read(&out->name, raw.name, error) ||
		import_line_read_mark(out, raw.mark, error))
		return -1;
	if (kind == LINE_DROPPED)
		return 0;
	out->version = raw.version;
	out->last_seq = raw.last_seq;
	out->count = raw.count;
	out->created_at = raw.created_at;
	out->updated_at = raw.updated_at;
	return import_line_check_session(out, memories, error);
}

void session_line_clear(struct session_line *line)
{
	text_clear(&line->name);
	profile_clear(&line->draft);
}

/* --- messages --------------------------------------------------------- */

struct import_line_raw_message {
	int64_t seq;
	int64_t created_at;
	int64_t updated_at;
	int64_t archived;
	struct slice id;
	struct slice client_created_at;
	bool answer;
	struct slice message;
};

#undef RAW
#define RAW(member) offsetof(struct import_line_raw_message, member)

static const struct import_line_member message_members[] = {
	{ "seq", MEMBER_COUNT, RAW(seq), false },
	{ "created_at", MEMBER_TIME, RAW(created_at), false },
	{ "message", MEMBER_VALUE, RAW(message), false },
	{ "id", MEMBER_VALUE, RAW(id), true },
	{ "updated_at", MEMBER_TIME, RAW(updated_at), true },
	{ "client_created_at", MEMBER_VALUE, RAW(client_created_at), true },
	{ "answer", MEMBER_BOOL, RAW(answer), true },
	{ "archived", MEMBER_COUNT, RAW(archived), true },
	{ NULL, MEMBER_VALUE, 0, false },
};

static int import_line_read_id(struct message_list *list,
	struct message *message, struct slice value, struct error *error)
{
	bool whole = false;

	if (value.length == 0)
		return 0;
	if (json_kind(value) == JSON_KIND_STRING &&
		message_list_decode(list, value, &message->id, &whole, error))
		return -1;
	if (whole && message_id_valid(message->id))
		return 0;
	return error_set(error, ERROR_INVALID,
		"id must be a string of 1 to 128 bytes of UTF-8, not only "
		"digits, without U+0000, not %.*s",
		SLICE_SHORT(value));
}

static int import_line_read_texts(struct message_list *list,
	const struct import_line_raw_message *raw, struct error *error)
{
	struct message *message;

	if (raw->client_created_at.length > 0 &&
		!message_time_valid(raw->client_created_at))
		return error_set(error, ERROR_INVALID,
			"client_created_at must be an RFC 3339 time, not %.*s",
			SLICE_SHORT(raw->client_created_at));
	if (message_parse(list, raw->message, "message", error))
		return -1;
	message = &list->items[list->count - 1];
	message->client_created_at = raw->client_created_at;
	message->answer = raw->answer;
	message->id = (struct slice){ NULL, 0 };
	return import_line_read_id(list, message, raw->id, error);
}

int message_line_read(struct message_line *out, struct message_list *list,
	struct slice line, struct error *error)
{
	struct json_walk walk = json_walk(line);
	struct import_line_raw_message raw = { 0 };
	struct slice name, value;
	struct import_line_reading reading = { .members = message_members,
		.out = &raw };

	while (json_next_member(&walk, &name, &value)) {
		int taken =
			import_line_read_member(&reading, name, value, error);

		if (taken <= 0)
			return taken < 0
				       ? -1
				       : import_line_refuse_member(name, error);
	}
	if (import_line_check_seen(&reading, error))
		return -1;
	if (raw.seq == 0)
		return error_set(error, ERROR_INVALID, "seq must be from 1");
	*out = (struct message_line){ list->count, raw.seq, raw.created_at,
		raw.updated_at, raw.archived };
	return import_line_read_texts(list, &raw, error);
}
