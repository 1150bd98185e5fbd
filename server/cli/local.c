/* SPDX-License-Identifier: MIT */
/* local.c - requests of a command that the store itself answers. */
#include "server/cli/local.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/store/store.h"
#include "schema/error.h"
#include "schema/json/scan.h"
#include "server/api/route.h"
#include "server/api/source.h"
#include "server/cli/ask.h"
#include "server/cli/command.h"
#include "server/cli/local_write.h"
#include "server/cli/memories.h"
#include "server/config/config.h"

#define LOOKS_PER_SECOND 4 /* for what a server stores meanwhile */
#define TRIES		 20

struct local {
	struct store_options options;
	struct store *store; /* NULL: not open */
	struct command_memories memories;
	struct slice tenant;
};

static int local_open_store(struct local *local, struct error *error)
{
	if (local->store)
		return 0;
	return store_open(&local->store, &local->options, STORE_READ, error);
}

int local_open(
	struct local **out, const struct config *config, struct error *error)
{
	struct local *local = calloc(1, sizeof(*local));

	if (!local)
		return error_out_of_memory(error);
	local->options = command_store(config);
	local->tenant = slice_of(config->tenant ? config->tenant : "");
	if (!slice_is_utf8(local->tenant)
			? error_set(
				  error, ERROR_INVALID, "--tenant is not UTF-8")
			: command_memories_open(
				  &local->memories, config, error) ||
				  local_open_store(local, error)) {
		local_close(local);
		return -1;
	}
	*out = local;
	return 0;
}

void local_close(struct local *local)
{
	if (!local)
		return;
	store_close(local->store);
	command_memories_close(&local->memories);
	free(local);
}

/* --- a request -------------------------------------------------------------
 */

struct local_request {
	struct request request;
	char *decoded; /* the parts of the target */
	struct json_scratch scratch;
};

static int local_read_target(
	struct local_request *asked, const struct ask *ask, struct error *error)
{
	const struct slice target = text_view(&ask->target);
	const char *mark = memchr(target.data, '?', target.length);
	const size_t length =
		mark ? (size_t)(mark - target.data) : target.length;
	struct request *request = &asked->request;
	const char *allow;

	asked->decoded = malloc(target.length + 1);
	if (!asked->decoded)
		return error_out_of_memory(error);
	request->method = api_method(slice_of(ask->method));
	request->segment_count = target_path(
		(struct slice){ target.data, length }, asked->decoded,
		request->segments, API_SEGMENTS_MAX, error);
	if (request->segment_count < 0 || api_route(request, &allow, error))
		return -1;
	if (!mark)
		return 0;
	request->parameter_count = target_query(
		(struct slice){ mark + 1, target.length - length - 1 },
		asked->decoded + length, request->parameters,
		API_PARAMETERS_MAX, error);
	return request->parameter_count < 0 ? -1 : 0;
}

static int local_read_body(
	struct local_request *asked, const struct ask *ask, struct error *error)
{
	struct request *request = &asked->request;
	size_t length = ask->body.length;

	text_slice(&request->buffer, ask->body);
	if (request->buffer.failed)
		return error_out_of_memory(error);
	if (length > 0 && api_scan(request, request->buffer.data, &length,
				  &asked->scratch, error))
		return -1;
	request->body = (struct slice){ request->buffer.data, length };
	return api_check(request, error);
}

static int local_read(const struct local *local, struct local_request *asked,
	const struct ask *ask, struct error *error)
{
	asked->request.tenant = local->tenant;
	asked->request.memories = &local->memories.memories;
	if (ask->target.failed)
		return error_out_of_memory(error);
	return local_read_target(asked, ask, error) ||
			       local_read_body(asked, ask, error)
		       ? -1
		       : 0;
}

static void local_forget(struct local_request *asked)
{
	request_clear(&asked->request);
	json_scratch_clear(&asked->scratch);
	free(asked->decoded);
}

/* --- its runs --------------------------------------------------------------
 */

static int local_run(struct local *local, struct request *request,
	struct reply *reply, struct error *error)
{
	int result;

	if (store_begin(local->store, error))
		return -1;
	reply_clear(reply);
	request->now = store_now(local->store);
	result = api_handle(local->store, request, reply, error);
	store_rollback(local->store);
	return result;
}

/* A read may be cut short, or lose its connection. */
static int local_run_read(struct local *local, struct request *request,
	struct reply *reply, struct error *error)
{
	for (int i = 0; i < TRIES; i++) {
		int result;

		*error = (struct error){ 0 };
		result = local_run(local, request, reply, error);
		if (result && store_retries(local->store))
			continue;
		if (result || reply->next != NEXT_READER)
			return result;
		request->next = NEXT_READER;
	}
	return -1;
}

static int local_run_write(struct local *local, struct request *request,
	struct reply *reply, struct error *error)
{
	store_close(local->store);
	local->store = NULL;
	return local_write(&local->options, request, reply, error);
}

static int local_run_request(struct local *local, struct request *request,
	struct reply *reply, struct error *error)
{
	if (request->route->lane == LANE_WRITE
			? local_run_write(local, request, reply, error)
			: local_open_store(local, error) ||
				  local_run_read(local, request, reply, error))
		return -1;
	if (reply->next == NEXT_NONE)
		return 0;
	return error_set(error, ERROR_NOT_CONFIGURED,
		"this takes a server: run it, and say --url");
}

/* --- its answer ------------------------------------------------------------
 */

static void local_sleep(void)
{
	const struct timespec pause = { .tv_nsec =
						1000000000 / LOOKS_PER_SECOND };

	nanosleep(&pause, NULL);
}

static enum source_state local_next(struct local *local, struct source *source,
	struct text *out, struct error *error)
{
	enum source_state state;

	out->length = 0;
	if (store_begin(local->store, error))
		return SOURCE_FAILED;
	state = source->next(
		source, local->store, store_now(local->store), out, error);
	store_rollback(local->store);
	if (out->failed) {
		error_describe(error, ERROR_UNAVAILABLE, "out of memory");
		return SOURCE_FAILED;
	}
	return state;
}

static int local_hand_on_source(struct local *local, struct source *source,
	client_take *take, void *context, struct error *error)
{
	enum source_state state = SOURCE_MORE;
	struct text bit = { 0 };
	int result = 0;

	while (result == 0 && state != SOURCE_END) {
		state = local_next(local, source, &bit, error);
		if (state == SOURCE_FAILED)
			break;
		if (bit.length > 0)
			result = take(context, text_view(&bit), error);
		else if (state == SOURCE_WAIT)
			local_sleep();
	}
	text_clear(&bit);
	return error->code != ERROR_NONE ? -1 : 0;
}

int local_follow(struct local *local, const struct ask *ask, client_take *take,
	void *context, struct error *error)
{
	struct local_request asked = { .decoded = NULL };
	struct reply reply = { 0 };
	int result = local_read(local, &asked, ask, error);

	if (result == 0)
		result =
			local_run_request(local, &asked.request, &reply, error);
	if (result == 0 && reply.source)
		result = local_hand_on_source(
			local, reply.source, take, context, error);
	else if (result == 0)
		take(context, text_view(&reply.body), error);
	reply_clear(&reply);
	local_forget(&asked);
	return result || error->code != ERROR_NONE ? -1 : 0;
}

static int local_take_all(
	void *context, struct slice bytes, struct error *error)
{
	struct text *answer = context;

	text_slice(answer, bytes);
	return answer->failed ? error_out_of_memory(error) : 0;
}

int local_send(struct local *local, const struct ask *ask, struct text *answer,
	struct error *error)
{
	return local_follow(local, ask, local_take_all, answer, error);
}
