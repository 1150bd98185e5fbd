/* SPDX-License-Identifier: MIT */
/* client.c - whom a command asks: a server, or the store itself. */
#include "server/cli/client.h"

#include <stdlib.h>

#include "schema/error.h"
#include "schema/json/scan.h"
#include "schema/json/value.h"
#include "server/auth/secret.h"
#include "server/cli/ask.h"
#include "server/cli/local.h"
#include "server/config/config.h"
#include "server/upstream/fetch.h"

struct client {
	struct fetch *fetch; /* one of these two */
	struct local *local;
};

static int client_open_server(
	struct client *client, const struct config *config, struct error *error)
{
	char *key = NULL;
	const char *sent;
	int result;

	if (config->tenant)
		return error_set(error, ERROR_INVALID,
			"--tenant: a server knows it by the API key");
	if (config->key_file &&
		secret_read(&key, config->key_file, &secret_api_key, error))
		return -1;
	sent = key ? key : config->key;
	result = secret_check_header(sent, &secret_api_key, error);
	if (result == 0)
		result = fetch_start(&client->fetch, config->url, sent, error);
	secret_free(key);
	return result;
}

int client_open(
	struct client **out, const struct config *config, struct error *error)
{
	struct client *client = calloc(1, sizeof(*client));

	*out = NULL;
	if (!client)
		return error_out_of_memory(error);
	if (config->url ? client_open_server(client, config, error)
			: local_open(&client->local, config, error)) {
		client_close(client);
		return -1;
	}
	*out = client;
	return 0;
}

void client_close(struct client *client)
{
	if (!client)
		return;
	fetch_stop(client->fetch);
	local_close(client->local);
	free(client);
}

/* --- answers of a server ---------------------------------------------------
 */

/* False: it is no JSON. */
static bool client_compact(struct text *answer)
{
	static const struct json_limits limits = { .depth = JSON_DEPTH_MAX,
		.values = SIZE_MAX };
	struct json_scratch scratch = { 0 };
	struct error ignored = { 0 };
	bool spaced = false;
	const bool valid = json_scan(text_view(answer), &limits, &scratch,
				   &spaced, &ignored) == 0;

	json_scratch_clear(&scratch);
	if (valid && spaced)
		answer->length = json_compact(answer->data, answer->length);
	return valid;
}

static enum error_code client_code(struct slice error)
{
	struct slice name;

	if (json_find_kind(error, "code", JSON_KIND_STRING, &name))
		for (int code = ERROR_INVALID; code <= ERROR_QUOTA; code++)
			if (json_string_is(name,
				    slice_of(
					    error_name((enum error_code)code))))
				return (enum error_code)code;
	return ERROR_UNAVAILABLE;
}

/* Of another program there are no words. */
static int client_refuse(int status, struct text *body, struct error *error)
{
	enum error_code code = ERROR_UNAVAILABLE;
	struct text words = { 0 };
	struct slice object, message;

	if (client_compact(body) && json_find_kind(text_view(body), "error",
					    JSON_KIND_OBJECT, &object)) {
		code = client_code(object);
		if (json_find_kind(
			    object, "message", JSON_KIND_STRING, &message))
			json_decode(&words, message);
	}
	error_describe(error, code, "the server answered %d%s%.*s", status,
		words.length > 0 ? ": " : "", (int)words.length,
		words.length > 0 ? words.data : "");
	text_clear(&words);
	return -1;
}

static int client_fetch(struct client *client, const struct ask *ask,
	struct fetch_answer *answer, struct error *error)
{
	struct text target = { 0 };
	int result;

	text_append(&target, ask->target.data, ask->target.length);
	text_byte(&target, '\0');
	if (target.failed || ask->target.failed) {
		text_clear(&target);
		return error_out_of_memory(error);
	}
	result = fetch_send(client->fetch,
		&(struct fetch_request){
			.method = ask->method,
			.target = target.data,
			.type = ask->type,
			.header = ask->header,
			.body = ask->body,
			.endless = answer->take != NULL,
		},
		answer, error);
	text_clear(&target);
	if (result == 0 && answer->status / 100 != 2)
		return client_refuse(answer->status, &answer->body, error);
	return result;
}

/* --- both ------------------------------------------------------------------
 */

/* Another program may listen where a chatmem is looked for. */
static int client_check(const struct ask *ask, struct slice answer, bool json,
	struct error *error)
{
	struct slice value;

	if (!ask->member || (json && json_kind(answer) == JSON_KIND_OBJECT &&
				    json_find(answer, ask->member, &value)))
		return 0;
	return error_set(error, ERROR_UNAVAILABLE,
		"the answer has no \"%s\": is that a chatmem?", ask->member);
}

int client_send(struct client *client, const struct ask *ask,
	struct text *answer, struct error *error)
{
	struct fetch_answer fetched = { 0 };
	bool json;
	int result;

	if (client->local)
		return local_send(client->local, ask, answer, error);
	result = client_fetch(client, ask, &fetched, error);
	if (result == 0) {
		json = client_compact(&fetched.body);
		result = client_check(
			ask, text_view(&fetched.body), json, error);
	}
	if (result == 0) {
		text_slice(answer, text_view(&fetched.body));
		result = answer->failed ? error_out_of_memory(error) : 0;
	}
	text_clear(&fetched.body);
	return result;
}

struct client_hand_on {
	client_take *take;
	void *context;
	struct error *error;
};

static int client_hand_on_bytes(void *context, struct slice bytes)
{
	const struct client_hand_on *hand_on = context;

	return hand_on->take(hand_on->context, bytes, hand_on->error);
}

int client_follow(struct client *client, const struct ask *ask,
	client_take *take, void *context, struct error *error)
{
	struct client_hand_on hand_on = { take, context, error };
	struct fetch_answer answer = {
		.take = client_hand_on_bytes,
		.context = &hand_on,
	};
	int result;

	if (client->local)
		return local_follow(client->local, ask, take, context, error);
	result = client_fetch(client, ask, &answer, error);
	text_clear(&answer.body);
	return error->code != ERROR_NONE ? -1 : result;
}

int client_need_session(
	struct client *client, const char *name, struct error *error)
{
	struct ask ask = { .method = "GET", .member = "version" };
	struct text answer = { 0 };
	int result;

	ask_path(&ask, "/sessions/");
	ask_name(&ask, name);
	result = client_send(client, &ask, &answer, error);
	ask_clear(&ask);
	text_clear(&answer);
	return result;
}
