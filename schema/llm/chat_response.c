/* SPDX-License-Identifier: MIT */
/* chat_response.c - a chat completion, as the response that it is. */
#include "schema/llm/chat_response.h"

#include "schema/error.h"
#include "schema/json/scan.h"
#include "schema/json/value.h"
#include "schema/json/write.h"
#include "schema/llm/completion.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* --- the response ------------------------------------------------------- */

/* Members that are told as they were asked. */
static const struct {
	const char *name, *otherwise;
} chat_response_echoed[] = {
	{ "instructions", "null" },
	{ "max_output_tokens", "null" },
	{ "metadata", "{}" },
	{ "parallel_tool_calls", "true" },
	{ "reasoning", "{\"effort\":null,\"summary\":null}" },
	{ "temperature", "1" },
	{ "text", "{\"format\":{\"type\":\"text\"}}" },
	{ "tool_choice", "\"auto\"" },
	{ "tools", "[]" },
	{ "top_p", "1" },
	{ "truncation", "\"disabled\"" },
};

static void chat_response_put_echoed(struct text *out, struct slice request)
{
	for (size_t i = 0; i < COUNT(chat_response_echoed); i++) {
		struct slice value;

		if (!json_find(request, chat_response_echoed[i].name, &value) ||
			json_kind(value) == JSON_KIND_NULL)
			value = slice_of(chat_response_echoed[i].otherwise);
		json_member(out, chat_response_echoed[i].name, value);
	}
}

static int64_t chat_response_tokens(
	struct slice usage, const char *within, const char *name)
{
	struct slice value;
	int64_t number = 0;

	if (within != NULL &&
		!json_find_kind(usage, within, JSON_KIND_OBJECT, &usage))
		return 0;
	if (!json_find_kind(usage, name, JSON_KIND_NUMBER, &value) ||
		!json_int64(value, &number))
		return 0;
	return number;
}

/* Writes `members` of `theirs`, which have these names in both APIs. */
static void chat_response_put_details(struct text *out, const char *name,
	struct slice usage, const char *theirs, const char *const *members)
{
	json_name(out, name);
	json_begin_object(out);
	for (; *members != NULL; members++)
		json_member_number(out, *members,
			chat_response_tokens(usage, theirs, *members));
	json_end_object(out);
}

/* Some servers leave the sum to whoever reads. */
static int64_t chat_response_total(struct slice usage)
{
	const int64_t total = chat_response_tokens(usage, NULL, "total_tokens");

	return total != 0 ? total
			  : chat_response_tokens(usage, NULL, "prompt_tokens") +
				    chat_response_tokens(
					    usage, NULL, "completion_tokens");
}

static void chat_response_put_usage(struct text *out, struct slice usage)
{
	static const char *const input[] = { "cached_tokens",
		"cache_write_tokens", NULL };
	static const char *const output[] = { "reasoning_tokens", NULL };

	if (usage.length == 0 || json_kind(usage) != JSON_KIND_OBJECT) {
		json_member_null(out, "usage");
		return;
	}
	json_name(out, "usage");
	json_begin_object(out);
	json_member_number(out, "input_tokens",
		chat_response_tokens(usage, NULL, "prompt_tokens"));
	chat_response_put_details(out, "input_tokens_details", usage,
		"prompt_tokens_details", input);
	json_member_number(out, "output_tokens",
		chat_response_tokens(usage, NULL, "completion_tokens"));
	chat_response_put_details(out, "output_tokens_details", usage,
		"completion_tokens_details", output);
	json_member_number(out, "total_tokens", chat_response_total(usage));
	json_end_object(out);
}

const char *chat_response_cause(const struct chat_response *response)
{
	if (slice_is(response->finish, "\"length\""))
		return "max_output_tokens";
	return slice_is(response->finish, "\"content_filter\"")
		       ? "content_filter"
		       : NULL;
}

static void chat_response_put_end(
	struct text *out, const struct chat_response *response)
{
	const char *cause = chat_response_cause(response);

	json_member_string(out, "status",
		slice_of(response->output.length == 0 ? "in_progress"
			 : cause != NULL	      ? "incomplete"
						      : "completed"));
	json_member_null(out, "error");
	if (cause == NULL) {
		json_member_null(out, "incomplete_details");
		return;
	}
	json_name(out, "incomplete_details");
	json_begin_object(out);
	json_member_string(out, "reason", slice_of(cause));
	json_end_object(out);
}

void chat_response_write(struct text *out, const struct chat_response *response)
{
	json_begin_object(out);
	json_member_string(out, "id", SLICE("resp_0"));
	json_member_string(out, "object", SLICE("response"));
	json_member(out, "created_at",
		response->created.length > 0 ? response->created : SLICE("0"));
	chat_response_put_end(out, response);
	json_member(out, "model",
		response->model.length > 0 ? response->model : SLICE("\"\""));
	chat_response_put_echoed(out, response->request);
	json_member(out, "output",
		response->output.length > 0 ? response->output : SLICE("[]"));
	chat_response_put_usage(out, response->usage);
	json_end_object(out);
}

/* --- a whole answer ----------------------------------------------------- */

static void chat_response_note_choice(
	struct chat_response *response, struct slice choice)
{
	struct slice value;

	json_find_kind(
		choice, "finish_reason", JSON_KIND_STRING, &response->finish);
	if (json_find_kind(choice, "logprobs", JSON_KIND_OBJECT, &value))
		json_find_kind(
			value, "content", JSON_KIND_ARRAY, &response->logprobs);
}

void chat_response_note(struct chat_response *response, struct slice answer)
{
	struct slice choices, choice;
	struct json_walk walk;

	json_find_kind(answer, "model", JSON_KIND_STRING, &response->model);
	json_find_kind(answer, "created", JSON_KIND_NUMBER, &response->created);
	json_find_kind(answer, "usage", JSON_KIND_OBJECT, &response->usage);
	if (!json_find_kind(answer, "choices", JSON_KIND_ARRAY, &choices))
		return;
	walk = json_walk(choices);
	if (json_next_element(&walk, &choice))
		chat_response_note_choice(response, choice);
}

int chat_response_end(struct text *out, struct chat_response *response,
	const struct chat_items *items, struct error *error)
{
	struct text output = { 0 };

	chat_items_write(&output, items);
	response->output = text_view(&output);
	if (!output.failed)
		chat_response_write(out, response);
	out->failed |= output.failed;
	text_clear(&output);
	return out->failed ? error_out_of_memory(error) : 0;
}

static int chat_response_make(struct text *out, struct slice answer,
	struct slice request, struct error *error)
{
	struct chat_response response = { .request = request };
	struct chat_items items = { .whole = true };
	struct text message = { 0 };
	int result = completion_read(COMPLETION_CHAT, answer, &message, error);

	chat_response_note(&response, answer);
	items.logprobs = response.logprobs;
	if (result == 0)
		result = chat_items_add(&items, text_view(&message), error);
	if (result == 0)
		result = chat_items_end(
			&items, chat_response_cause(&response) != NULL, error);
	if (result == 0)
		result = chat_response_end(out, &response, &items, error);
	chat_items_clear(&items);
	text_clear(&message);
	return result;
}

int chat_response_read(struct text *out, struct slice answer,
	struct slice request, struct error *error)
{
	static const struct json_limits limits = { .depth = 64,
		.values = 1000000 };
	struct json_scratch scratch = { 0 };
	struct error why = { 0 };
	struct text whole = { 0 };
	int result = json_scan_copy(&whole, answer, &limits, &scratch, &why);

	json_scratch_clear(&scratch);
	if (result == 0)
		result = chat_response_make(
			out, text_view(&whole), request, error);
	else if (why.code == ERROR_UNAVAILABLE)
		result = error_out_of_memory(error);
	else
		error_describe(error, ERROR_UPSTREAM,
			"the upstream answered what is no completion: %.*s",
			SLICE_SHORT(answer));
	text_clear(&whole);
	return result;
}
