/* SPDX-License-Identifier: MIT */
/* test_request.c - a copy of a request borrows nothing of the original. */
#include "server/api/request.h"

#include "server/api/handlers.h"
#include "server/api/input.h"

#include "tests/unit/unit.h"

#include <stddef.h>
#include <string.h>

/* Text that the original borrows. */
static char text[4096];
static size_t used;

static struct slice next_text(void)
{
	struct slice made = { text + used, 3 };

	memcpy(text + used, "abc", 3);
	text[used] = (char)('a' + used % 26);
	used += 3;
	return made;
}

/*
 * Every byte of it is such that each word, taken for a pointer, is one into
 * the text; then all that is known of a request gets a value of its own.
 */
static void fill(struct request *request)
{
	const uintptr_t pointer = (uintptr_t)text;

	used = 0;
	for (size_t at = 0; at < sizeof(*request); at += sizeof(pointer))
		memcpy((char *)request + at, &pointer, sizeof(pointer));
	request->route = NULL;
	request->method = METHOD_POST;
	request->segment_count = API_SEGMENTS_MAX;
	request->parameter_count = API_PARAMETERS_MAX;
	/* The bytes between its members are no pointers. */
	memset(request->parameters, 0, sizeof(request->parameters));
	memset(&request->conditions, 0, sizeof(request->conditions));
	for (int i = 0; i < API_SEGMENTS_MAX; i++)
		request->segments[i] = next_text();
	for (int i = 0; i < API_PARAMETERS_MAX; i++)
		request->parameters[i] = (struct target_parameter){ next_text(),
			next_text(), true };
#define FILL(name) request->name = next_text();
	REQUEST_SLICES(FILL)
	memset(request->session_buf, 1, sizeof(request->session_buf));
	memset(request->mcp_call, 1, sizeof(request->mcp_call));
	request->conditions = (struct conditions){ .any = true };
	request->next = NEXT_CALL;
	request->answer = NULL;
	request->filter = NULL;
	request->now = 1;
	request->llm_api = NULL;
	request->refused = false;
	request->response_ttl = 1;
	request->page = true;
	request->passed = NULL;
	/* With the bytes between it and the next member. */
	memset((char *)request + offsetof(struct request, allow), 1,
		offsetof(struct request, metrics) -
			offsetof(struct request, allow));
	request->metrics = NULL;
	request->deliveries = NULL;
	request->memories = NULL;
	request->body = (struct slice){ 0 };
	request->buffer = (struct text){ 0 };
	request->input = NULL;
}

START_TEST(a_copy_borrows_nothing_of_the_original)
{
	struct request request, *copy;
	uintptr_t word;

	fill(&request);
	copy = request_copy(&request);
	ck_assert_ptr_nonnull(copy);
	for (size_t at = 0; at < sizeof(*copy); at += sizeof(word)) {
		memcpy(&word, (const char *)copy + at, sizeof(word));
		ck_assert_msg(word < (uintptr_t)text ||
				      word >= (uintptr_t)(text + sizeof(text)),
			"byte %zu of the copy points into the original", at);
	}
#define SAME(name)                                                  \
	ck_assert_msg(slice_equal(copy->name, request.name) &&      \
			      copy->name.data != request.name.data, \
		#name);
	REQUEST_SLICES(SAME)
	SAME(segments[API_SEGMENTS_MAX - 1])
	SAME(parameters[API_PARAMETERS_MAX - 1].name)
	SAME(parameters[API_PARAMETERS_MAX - 1].value)
	ck_assert_uint_eq(request_size(&request), sizeof(request) + used);
	free(copy);
}
END_TEST

START_TEST(what_was_not_sent_is_not_empty_in_a_copy)
{
	const struct request request = { .if_match = { "", 0 } };
	struct request *copy = request_copy(&request);

	ck_assert_ptr_nonnull(copy);
	ck_assert_ptr_nonnull(copy->if_match.data);
	ck_assert_ptr_null(copy->if_none_match.data);
	free(copy);
}
END_TEST

START_TEST(a_copy_takes_the_body_and_the_list_over)
{
	struct request request = { .method = METHOD_POST };
	struct request *copy;
	const char *bytes;

	text_string(&request.buffer, "[\"a\",\"b\\n\"]");
	request.body = text_view(&request.buffer);
	ok(api_messages_parse(&request, &error));
	ck_assert_uint_gt(input_size(request.input), sizeof(struct list_input));
	ck_assert_uint_eq(
		request_size(&request), sizeof(request) + request.body.length +
						input_size(request.input));
	bytes = request.body.data;
	copy = request_copy(&request);
	ck_assert_ptr_nonnull(copy);
	request_take_body(copy, &request);
	request_clear(&request);
	ck_assert_ptr_eq(copy->body.data, bytes);
	ck_assert_uint_eq(request_list(copy)->count, 2);
	ck_assert_ptr_eq(request_list(copy)->items[0].body.data, bytes + 1);
	request_clear(copy);
	ck_assert_ptr_null(copy->input);
	free(copy);
}
END_TEST

UNIT("request", a_copy_borrows_nothing_of_the_original,
	a_copy_takes_the_body_and_the_list_over,
	what_was_not_sent_is_not_empty_in_a_copy)
