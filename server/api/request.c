/* SPDX-License-Identifier: MIT */
/* request.c - what handlers read of a request; a request that lives on. */
#include "server/api/request.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "schema/error.h"
#include "schema/json/value.h"
#include "server/api/input.h"

/* The bytes that are written in about a millisecond. */
#define READ_BYTES ((size_t)256 << 10)

bool request_is_openai(const struct request *request)
{
	return request->segment_count > 0 &&
	       slice_is(request->segments[0], "v1");
}

bool request_is_mcp(const struct request *request)
{
	return request->segment_count == 1 &&
	       slice_is(request->segments[0], "mcp");
}

bool request_makes_room(const struct request *request)
{
	return request->method == METHOD_DELETE;
}

struct slice request_session(const struct request *request)
{
	if (request->segment_count > 1 &&
		slice_is(request->segments[0], "sessions"))
		return request->segments[1];
	if (request->segment_count > 2 && request_is_openai(request) &&
		slice_is(request->segments[1], "conversations"))
		return request->segments[2];
	return request->session;
}

bool request_parameter(
	const struct request *request, const char *name, struct slice *value)
{
	for (int i = 0; i < request->parameter_count; i++) {
		if (!slice_is(request->parameters[i].name, name))
			continue;
		*value = request->parameters[i].value;
		return true;
	}
	return false;
}

/* Clients send an empty value for what they have none of. */
static int request_refuse_empty(const char *name, struct error *error)
{
	return error_set(error, ERROR_INVALID,
		"%s is empty; give it a value or leave it out", name);
}

int request_integer(const struct request *request, struct integer_range range,
	int64_t *out, struct error *error)
{
	struct slice value;
	int64_t number;

	assert(range.least <= range.most);
	if (!request_parameter(request, range.name, &value))
		return 0;
	if (value.length == 0)
		return request_refuse_empty(range.name, error);
	if (!json_int64(value, &number) || number < range.least ||
		number > range.most)
		return error_set(error, ERROR_INVALID,
			"%s must be a whole number from %lld to %lld, not "
			"\"%.*s\"",
			range.name, (long long)range.least,
			(long long)range.most, SLICE_SHORT(value));
	*out = number;
	return 0;
}

int request_flag(const struct request *request, const char *name, bool *out,
	struct error *error)
{
	struct slice value;

	if (!request_parameter(request, name, &value) || slice_flag(value, out))
		return 0;
	if (value.length == 0)
		return request_refuse_empty(name, error);
	return error_set(error, ERROR_INVALID,
		"%s must be true or false, not \"%.*s\"", name,
		SLICE_SHORT(value));
}

size_t request_bytes(const struct request *request, size_t most)
{
	return request->next == NEXT_NONE && most > READ_BYTES ? READ_BYTES
							       : most;
}

void request_clear(struct request *request)
{
	text_clear(&request->buffer);
	input_free(request->input);
	request->body = (struct slice){ 0 };
	request->input = NULL;
}

/* --- copies ----------------------------------------------------------- */

#define REQUEST_ONE(name) +1
#define SLICES_MAX                                          \
	((REQUEST_SLICES(REQUEST_ONE)) + API_SEGMENTS_MAX + \
		2 * API_PARAMETERS_MAX)

/* Fills `all` with the slices that a request borrows, and counts them. */
static size_t request_find_slices(struct request *request, struct slice **all)
{
	size_t count = 0;

#define REQUEST_ADD(name) all[count++] = &request->name;
	REQUEST_SLICES(REQUEST_ADD)
#undef REQUEST_ADD
	for (int i = 0; i < request->segment_count; i++)
		all[count++] = &request->segments[i];
	for (int i = 0; i < request->parameter_count; i++) {
		all[count++] = &request->parameters[i].name;
		all[count++] = &request->parameters[i].value;
	}
	return count;
}

/* The size of the copy alone: the struct and the text behind it. */
static size_t request_copy_size(const struct request *request)
{
	struct request copy = *request;
	struct slice *slices[SLICES_MAX];
	const size_t count = request_find_slices(&copy, slices);
	size_t size = sizeof(copy);

	for (size_t i = 0; i < count; i++)
		size += slices[i]->length;
	return size;
}

size_t request_size(const struct request *request)
{
	return request_copy_size(request) + request->buffer.length +
	       input_size(request->input);
}

struct request *request_copy(const struct request *request)
{
	struct request *copy = calloc(1, request_copy_size(request));
	struct slice *slices[SLICES_MAX];
	size_t count;
	char *at;

	if (!copy)
		return NULL;
	*copy = *request;
	copy->buffer = (struct text){ 0 };
	at = (char *)(copy + 1);
	count = request_find_slices(copy, slices);
	for (size_t i = 0; i < count; i++) {
		if (!slices[i]->data)
			continue; /* not sent, which is not empty */
		memcpy(at, slices[i]->data, slices[i]->length);
		slices[i]->data = at;
		at += slices[i]->length;
	}
	return copy;
}

void request_take_body(struct request *copy, struct request *original)
{
	assert(copy->buffer.data == NULL && copy->input == original->input);
	copy->buffer = original->buffer;
	original->buffer = (struct text){ 0 };
	original->body = (struct slice){ 0 };
	original->input = NULL;
}
