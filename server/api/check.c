/* SPDX-License-Identifier: MIT */
/*
 * check.c - what is done with every request, before its handler and around it.
 */
#include "server/api/route.h"

#include <assert.h>
#include <string.h>

#include "schema/error.h"
#include "server/api/conditions.h"
#include "server/api/handlers.h"

/* Is the word in a list of words between spaces? */
static bool check_has_word(const char *words, struct slice word)
{
	const char *at = words;

	if (words == NULL || word.length == 0 ||
		memchr(word.data, ' ', word.length) != NULL)
		return false;
	while ((at = memmem(at, strlen(at), word.data, word.length)) != NULL) {
		if (at[-1] == ' ' && at[word.length] == ' ')
			return true;
		at++;
	}
	return false;
}

/* The name up to its key, of a name like `metadata.KEY`. */
static struct slice check_family(struct slice name)
{
	const char *dot =
		name.length ? memchr(name.data, '.', name.length) : NULL;

	if (dot != NULL)
		name.length = (size_t)(dot + 1 - name.data);
	return name;
}

/* These are lists, an element each. */
static bool check_may_recur(struct slice name)
{
	return slice_is(name, "include") || slice_is(name, "include[]");
}

/* All that the route takes, with commas. */
static void check_list(struct text *out, const char *words)
{
	while (words && *(words += strspn(words, " "))) {
		const size_t length = strcspn(words, " ");

		if (out->length > 0)
			text_string(out, ", ");
		text_append(out, words, length);
		if (words[length - 1] == '.')
			text_string(out, "KEY");
		words += length;
	}
}

static int check_refuse_parameter(
	const struct request *request, struct slice name, struct error *error)
{
	struct text names = { 0 };

	check_list(&names, request->route->parameters);
	error_describe(error, ERROR_INVALID,
		"unknown query parameter \"%.*s\"; this route takes %.*s",
		SLICE_SHORT(name), names.length ? (int)names.length : 4,
		names.length ? names.data : "none");
	text_clear(&names);
	return -1;
}

static int check_parameter(
	const struct request *request, int at, struct error *error)
{
	const struct target_parameter *parameter = &request->parameters[at];

	if (!check_has_word(
		    request->route->parameters, check_family(parameter->name)))
		return check_refuse_parameter(request, parameter->name, error);
	if (!parameter->has_value)
		return error_set(error, ERROR_INVALID, "%.*s has no value",
			SLICE_SHORT(parameter->name));
	if (check_may_recur(parameter->name))
		return 0;
	for (int i = 0; i < at; i++)
		if (slice_equal(request->parameters[i].name, parameter->name))
			return error_set(error, ERROR_INVALID,
				"%.*s is given twice",
				SLICE_SHORT(parameter->name));
	return 0;
}

static int check_parameters(const struct request *request, struct error *error)
{
	if (request->route->any_parameter)
		return 0;
	for (int i = 0; i < request->parameter_count; i++)
		if (check_parameter(request, i, error))
			return -1;
	return 0;
}

static int check_body(const struct request *request, struct error *error)
{
	const enum api_body body = request->route->body;

	if (body == BODY_NONE && request->body.length > 0)
		return error_set(
			error, ERROR_INVALID, "this request takes no body");
	if (body == BODY_REQUIRED && request->body.length == 0)
		return error_set(
			error, ERROR_INVALID, "this request needs a JSON body");
	if (body == BODY_BYTES && request->body.length == 0)
		return error_set(
			error, ERROR_INVALID, "this request needs a body");
	return 0;
}

int api_check(struct request *request, struct error *error)
{
	if (check_parameters(request, error) || check_body(request, error))
		return -1;
	if (request->route->parse && request->route->parse(request, error))
		return -1;
	return conditions_read(request, error);
}

int api_handle(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	api_handler *handle = request->route->handle;

	assert(reply->status == 0 && reply->next == NEXT_NONE);
	if (request->conditions.any ? conditions_handle(store, request, handle,
					      reply, error)
				    : handle(store, request, reply, error))
		return -1;
	assert(reply->status != 0 || reply->next != NEXT_NONE);
	/* Reserves a byte for its end: nothing may fail after the commit. */
	if (reply->location.length > 0)
		text_reserve(&reply->location, 1);
	return reply_is_short(reply) ? error_out_of_memory(error) : 0;
}
