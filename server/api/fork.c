/* SPDX-License-Identifier: MIT */
/* fork.c - a session that begins with what another one has. */
#include <stdlib.h>
#include <string.h>

#include "core/history/answer_items.h"
#include "core/store/store.h"
#include "schema/json/value.h"
#include "server/api/handlers.h"
#include "server/api/input.h"

#define NAME_MAX_BYTES 255

struct fork {
	struct input input;
	struct text name;
	int64_t upto; /* -1: all */
};

static int fork_read_name(
	struct fork *fork, struct slice value, struct error *error)
{
	struct slice name;

	if (json_kind(value) != JSON_KIND_STRING)
		return error_set(error, ERROR_INVALID, "id must be a string");
	if (!json_decode(&fork->name, value))
		return error_set(error, ERROR_INVALID,
			"id holds half a character, which UTF-8 cannot");
	if (fork->name.failed)
		return error_out_of_memory(error);
	name = text_view(&fork->name);
	if (name.length == 0 || name.length > NAME_MAX_BYTES ||
		slice_is(name, ".") || slice_is(name, "..") ||
		memchr(name.data, '\0', name.length) != NULL)
		return error_set(error, ERROR_INVALID,
			"id must have 1 to %d bytes, none of them U+0000, and "
			"be neither . nor ..",
			NAME_MAX_BYTES);
	return 0;
}

static int fork_read(struct fork *fork, struct slice body, struct error *error)
{
	struct slice name, value;
	struct json_walk walk;

	if (json_kind(body) != JSON_KIND_OBJECT)
		return error_set(error, ERROR_INVALID,
			"the body must be an object with id and upto");
	walk = json_walk(body);
	while (json_next_member(&walk, &name, &value)) {
		if (json_string_is(name, SLICE("id"))) {
			if (fork_read_name(fork, value, error))
				return -1;
		} else if (!json_string_is(name, SLICE("upto"))) {
			return error_set(error, ERROR_INVALID,
				"unknown member %.*s; there are id, the new "
				"session's name, and upto",
				SLICE_SHORT(name));
		} else if (!json_int64(value, &fork->upto) || fork->upto < 0) {
			return error_set(error, ERROR_INVALID,
				"upto must be a seq, or 0 for none");
		}
	}
	return 0;
}

static void fork_free(struct input *input)
{
	text_clear(&((struct fork *)(void *)input)->name);
	free(input);
}

/* A session that the client does not name gets a name. */
static int fork_make_name(struct fork *fork, struct error *error)
{
	char made[SESSION_NAME_MADE];

	if (session_make_name(made, error))
		return -1;
	text_append(&fork->name, made, sizeof(made));
	return 0;
}

int api_session_parse_fork(struct request *request, struct error *error)
{
	struct fork *fork = input_new(request, sizeof(*fork), fork_free, error);

	if (fork == NULL)
		return -1;
	fork->upto = -1;
	if (request->body.length > 0 && fork_read(fork, request->body, error))
		return -1;
	if (fork->name.length == 0 && fork_make_name(fork, error))
		return -1;
	fork->input.size += fork->name.capacity;
	return fork->name.failed ? error_out_of_memory(error) : 0;
}

/*
 * Checks that the name is free: 412 if not, as for any write that only creates.
 */
static int fork_check_name(struct store *store, const struct request *request,
	struct slice name, struct reply *reply, struct error *error)
{
	struct session there;

	if (store_session_take(store,
		    (struct session_ref){ request->tenant, name }, request->now,
		    &there, error))
		return -1;
	if (there.id == 0)
		return 0;
	reply_etag(reply, &there);
	return error_set(error, ERROR_VERSION,
		"session \"%.*s\" is there already; its version is %lld",
		SLICE_SHORT(name), (long long)session_version(&there));
}

/* A fork has all items of an answer, or none of them. */
static int fork_check_upto(struct store *store, const struct session *parent,
	int64_t upto, struct error *error)
{
	int64_t first, last;

	if (upto > parent->last_seq)
		return error_set(error, ERROR_INVALID,
			"upto=%lld is beyond the last seq, which is %lld",
			(long long)upto, (long long)parent->last_seq);
	if (upto < 1 || upto == parent->last_seq)
		return 0;
	if (history_answer_last(store, parent, upto, &last, error))
		return -1;
	if (last == upto)
		return 0;
	if (history_answer_first(store, parent, upto, &first, error))
		return -1;
	return error_set(error, ERROR_INVALID,
		"upto=%lld is inside of an answer, whose items are those from "
		"%lld to %lld; upto=%lld has it, upto=%lld ends before it",
		(long long)upto, (long long)first, (long long)last,
		(long long)last, (long long)first - 1);
}

static int fork_make(struct store *store, const struct request *request,
	const struct fork *fork, struct reply *reply, struct error *error)
{
	struct slice name = text_view(&fork->name);
	struct session parent, session;
	int64_t upto = fork->upto;

	if (request_need(store, request, &parent, error) ||
		fork_check_name(store, request, name, reply, error) ||
		fork_check_upto(store, &parent, upto, error))
		return -1;
	if (upto < 0)
		upto = parent.last_seq;
	if (store_session_fork(store, &parent,
		    &(struct session_fork){
			    { request->tenant, name }, upto, request->now },
		    &session, error))
		return -1;
	reply->status = 201;
	return reply_session(store, &session, name, reply, error);
}

int api_session_fork(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	const struct fork *fork = request_input(request);

	if (fork_make(store, request, fork, reply, error))
		return -1;
	text_string(&reply->location, "/sessions/");
	target_write_name(&reply->location, text_view(&fork->name));
	return 0;
}
