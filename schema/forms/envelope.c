/* SPDX-License-Identifier: MIT */
/* envelope.c - the messages of one request. */
#include "schema/forms/parse.h"

#include <stdio.h>

#include "schema/error.h"
#include "schema/json/value.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static int envelope_read_messages(
	struct message_list *list, struct slice value, struct error *error)
{
	char path[sizeof("messages[]") + 20];
	struct json_walk walk;
	struct slice message;
	size_t i;

	if (json_kind(value) != JSON_KIND_ARRAY)
		return error_set(
			error, ERROR_INVALID, "messages must be an array");
	walk = json_walk(value);
	for (i = 0; json_next_element(&walk, &message); i++) {
		snprintf(path, sizeof(path), "messages[%zu]", i);
		if (message_parse(list, message, path, error))
			return -1;
	}
	return 0;
}

static int envelope_read_metadata(
	struct message_list *list, struct slice value, struct error *error)
{
	list->metadata = value;
	if (json_kind(value) == JSON_KIND_OBJECT)
		return 0;
	return error_set(error, ERROR_INVALID, "metadata must be an object");
}

/* Members of requests to a model, and of lines to fine-tune one. */
static const char *envelope_cure(struct slice name)
{
	static const struct slice options[] = { { "tools", 5 },
		{ "functions", 9 }, { "model", 5 }, { "stream", 6 },
		{ "temperature", 11 }, { "max_tokens", 10 }, { "weight", 6 },
		{ "parallel_tool_calls", 19 } };
	static const struct slice profile[] = { { "owner", 5 }, { "memory", 6 },
		{ "ttl_seconds", 11 }, { "retain_retired", 14 } };

	if (json_string_is(name, SLICE("system")))
		return "; send it as the first message, {\"role\":\"system\","
		       "\"content\":…}";
	if (json_string_among(name, options, COUNT(options)) < COUNT(options))
		return "; it is for a model: leave it out, or import lines "
		       "that have it with from=openai";
	if (json_string_among(name, profile, COUNT(profile)) < COUNT(profile))
		return "; PUT or PATCH /sessions/{id} sets it";
	return "; what is your own goes into \"metadata\", which the session "
	       "keeps";
}

/* The members of our own answers; one without `read` is ignored. */
static const struct {
	const char *name;
	int (*read)(struct message_list *list, struct slice value,
		struct error *error);
} envelope[] = {
	{ "messages", envelope_read_messages },
	{ "metadata", envelope_read_metadata },
	{ "session", NULL },
	{ "after", NULL },
	{ "version", NULL },
	{ "has_more", NULL },
	{ "next_after", NULL },
	{ "next_before", NULL },
	{ "first_seq", NULL },
	{ "tokens", NULL },
	{ "omitted", NULL },
};

static int envelope_read_member(struct message_list *list, struct slice name,
	struct slice value, struct error *error)
{
	struct slice inner = json_inner(name);
	size_t i;

	for (i = 0; i < sizeof(envelope) / sizeof(*envelope); i++) {
		if (json_string_is(name, slice_of(envelope[i].name)))
			return envelope[i].read
				       ? envelope[i].read(list, value, error)
				       : 0;
	}
	return error_set(error, ERROR_INVALID,
		"unknown member \"%.*s\" beside \"messages\"%s",
		SLICE_SHORT(inner), envelope_cure(name));
}

static bool envelope_is_envelope(struct slice body)
{
	struct slice value;

	return json_kind(body) == JSON_KIND_OBJECT &&
	       json_find(body, "messages", &value) &&
	       !json_find(body, "data", &value) &&
	       !json_find(body, "role", &value) &&
	       !json_find(body, "type", &value);
}

int message_list_parse(
	struct message_list *list, struct slice body, struct error *error)
{
	struct json_walk walk;
	struct slice name, value;

	if (json_kind(body) == JSON_KIND_ARRAY)
		return envelope_read_messages(list, body, error);
	if (!envelope_is_envelope(body))
		return message_parse(list, body, "message", error);
	walk = json_walk(body);
	while (json_next_member(&walk, &name, &value)) {
		if (envelope_read_member(list, name, value, error))
			return -1;
	}
	return 0;
}
